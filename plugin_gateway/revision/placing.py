"""Placing: finds the line and column of findings about a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from plugin_gateway.diagnostics import Location
from plugin_gateway.openapi.decode.places import locate_all, with_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.diagnostics import Finding


MAX_BYTES_FOR_WARNINGS = 16 * 1024 * 1024
"""Reading a larger text again would delay the start too much for the sake of warnings."""


def place_in_document(findings: Iterable[Finding], name: str) -> list[Finding]:
    """Give each finding its line and column in the document called `name`, or at least that name.

    This reads the text again, once for all findings. Decoding keeps no places, so that a start without mistakes does not pay
    for them. A document that was fetched is not fetched again.
    """
    findings = list(findings)
    try:
        text = Path(name).read_bytes()
    except OSError:
        return [finding if finding.location else finding.at(Location(name)) for finding in findings]
    places = locate_all(
        text, name, (one.pointer for one in findings if one.location is None and one.pointer is not None)
    )
    placed = [
        one if one.location else one.at(Location(name) if one.pointer is None else places[one.pointer])
        for one in findings
    ]
    return with_lines(placed, text, name)


def place_warnings(findings: Iterable[Finding], name: str) -> tuple[Finding, ...]:
    """Place the warnings about the document that have no line yet, unless the document is too large."""
    findings = tuple(findings)
    try:
        size = Path(name).stat().st_size
    except OSError:
        return findings
    unplaced = [
        index
        for index, finding in enumerate(findings)
        if finding.location == Location(name) and finding.pointer is not None
    ]
    if size > MAX_BYTES_FOR_WARNINGS or not unplaced:
        return findings
    placed = place_in_document([replace(findings[index], location=None) for index in unplaced], name)
    by_index = dict(zip(unplaced, placed, strict=True))
    return tuple(by_index.get(index, finding) for index, finding in enumerate(findings))
