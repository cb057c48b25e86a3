"""A finding: what is wrong, where, and how to mend it; and how findings are shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters: an error stops the start, a warning is only said."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file; line and column count from 1, 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0
    length: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One mistake. `pointer` says where in the value (keys and indexes from the root), `location` where in the file.

    `rule` is a stable kebab-case name; `message` never contains a secret; `hint` says how to mend it.
    """

    rule: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    pointer: tuple[str | int, ...] | None = None
    location: Location | None = None

    def at(self, location: Location) -> Finding:
        return replace(self, location=location)

    def __str__(self) -> str:
        where = f"{self.location}: " if self.location else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}{self.severity}[{self.rule}]: {self.message}{hint}"
