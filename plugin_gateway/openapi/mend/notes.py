"""Notes: the findings of mending.

A correction or an omission is a warning; a mistake without a certain correction is an error.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.refs import Tokens, to_ref

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Json, JsonObject

_SHOWN_CHARACTERS: Final = 60


class Notes:
    """Collects findings about one document. The tokens of a pointer give the place of each."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def mended(self, place: Tokens, why: str) -> None:
        """Warn that a value was corrected."""
        self.findings.append(_warning(place, why))

    def dropped(self, place: Tokens, why: str, meant: str = "") -> None:
        """Warn that a value was left out. Its author probably meant `meant`."""
        finding = _warning(place, f"{why}: it is left out")
        self.findings.append(replace(finding, hint=f"did you mean `{meant}`?") if meant else finding)

    def drop(self, node: JsonObject, name: str, place: Tokens, why: str, meant: str = "") -> None:
        """Leave out a field and warn."""
        del node[name]
        self.dropped(place, why, meant)

    def need(self, node: JsonObject, tokens: Tokens, name: str, value: Json) -> None:
        """Fill in a required field if it is missing, and warn."""
        if name not in node:
            node[name] = value
            self.mended(tokens, f"{name!r} is missing: {describe_value(value)} is served in its place")

    def refuse(self, place: Tokens, why: str, hint: str = "fix the document, or deny the operation") -> None:
        """Report an error: the author's intent is not certain."""
        finding = Finding(
            rule="document-node",
            message=f"{why} (at {to_ref(place)})",
            hint=hint,
            pointer=place,
        )
        self.findings.append(finding)


def _warning(place: Tokens, why: str) -> Finding:
    return Finding(
        rule="document-mended",
        message=f"{why} (at {to_ref(place)})",
        hint="fix the document",
        severity=Severity.WARNING,
        pointer=place,
    )


def describe_value(value: Json, *, whole: bool = False) -> str:
    """Describe a value for a message, as a document would write it."""
    match value:
        case None:
            return "nothing"
        case dict() if not whole:
            return "a mapping"
        case list() if not whole:
            return "a list"
        case _:
            text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def errors_in(findings: tuple[Finding, ...]) -> Iterator[Finding]:
    """Yield the errors among findings."""
    return (finding for finding in findings if finding.severity is Severity.ERROR)
