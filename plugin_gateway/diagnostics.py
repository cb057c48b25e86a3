"""A finding: what is wrong in gateway.yaml or the document, where, and how to mend it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from plugin_gateway.discreet import Discreet

if TYPE_CHECKING:
    from collections.abc import Iterable

Pointer: TypeAlias = tuple[str | int, ...]
"""The place of a value in a tree of mappings and lists: keys and indexes from the root."""


class Severity(StrEnum):
    """How serious a finding is: an error stops the start, a warning is only reported, a note needs no action."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Location(Discreet, frozen=True):
    """A place in a file; line and column count from 1, and 0 means the whole file.

    `text` is the line, for a code frame; it does not count when locations are compared. The code that read the file has
    masked every secret in it.
    """

    HIDDEN = ("text",)

    file: str
    line: int = 0
    column: int = 0
    length: int = 1
    text: str = ""

    def __eq__(self, other: object) -> bool:
        return self._place() == other._place() if isinstance(other, Location) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._place())

    def _place(self) -> tuple[str, int, int, int]:
        return self.file, self.line, self.column, self.length

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Finding(Struct, frozen=True, kw_only=True):
    """One mistake. `pointer` is its place in the value, `location` its place in the file.

    `rule` is a stable kebab-case name; `message` never contains a secret; `hint` says how to mend it.
    """

    rule: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    pointer: Pointer | None = None
    location: Location | None = None
    source: str = ""
    """The publisher of the rule, if it is not the gateway's own."""
    on_key: bool = False
    """Whether the mistake is the key at `pointer`, and not its value."""

    def at(self, location: Location) -> Finding:
        return replace(self, location=location)

    def __str__(self) -> str:
        where = f"{self.location}: " if self.location else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}{self.severity}[{self.rule}]: {self.message}{hint}"


def in_file_order(findings: Iterable[Finding]) -> list[Finding]:
    """Sort by file, line and column; findings without a location come first."""

    def place(finding: Finding) -> tuple[str, int, int]:
        where = finding.location
        return (where.file, where.line, where.column) if where else ("", 0, 0)

    return sorted(findings, key=place)


def summary(findings: Iterable[Finding]) -> str:
    """Count them: `5 errors, 1 warning`."""
    severities = [finding.severity for finding in findings]
    counts = [(severities.count(severity), severity) for severity in Severity]
    return ", ".join(f"{count} {severity}{'s' * (count > 1)}" for count, severity in counts if count) or "no findings"
