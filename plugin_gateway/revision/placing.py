"""Placing: finds the line and column of findings about a document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Location
from plugin_gateway.openapi.decode.text import locate, with_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.diagnostics import Finding


MAX_BYTES_FOR_A_WARNING = 16 * 1024 * 1024
"""Reading a larger text again would delay the start too much for the sake of a warning."""
_BYTES_FOR_ALL_WARNINGS = 4 * 1024 * 1024
_LEAST_PLACED = 5
"""Each place costs a pass over the text, so of many warnings only the first get one. The others have a pointer."""


def place_in_document(findings: Iterable[Finding], name: str) -> list[Finding]:
    """Give each finding its line and column in the document called `name`, or at least that name.

    This reads the text again. Decoding keeps no places, so that a start without mistakes does not pay for them. A document
    that was fetched is not fetched again.
    """
    try:
        text = Path(name).read_bytes()
    except OSError:
        return [finding if finding.location else finding.at(Location(name)) for finding in findings]
    places: dict[tuple[str | int, ...], Location] = {}
    placed: list[Finding] = []
    for finding in findings:
        pointer = finding.pointer
        if finding.location:
            placed.append(finding)
        elif pointer is None:
            placed.append(finding.at(Location(name)))
        else:
            if pointer not in places:
                places[pointer] = locate(text, name, pointer)
            placed.append(finding.at(places[pointer]))
    return with_lines(placed, text, name)


def place_warnings(findings: Iterable[Finding], name: str) -> tuple[Finding, ...]:
    """Place the first warnings about the document that have no line yet, unless the document is too large."""
    findings = tuple(findings)
    try:
        size = Path(name).stat().st_size
    except OSError:
        return findings
    if size > MAX_BYTES_FOR_A_WARNING:
        return findings
    most = max(_LEAST_PLACED, _BYTES_FOR_ALL_WARNINGS // max(1, size))
    unplaced = [
        index
        for index, finding in enumerate(findings)
        if finding.location == Location(name) and finding.pointer is not None
    ][:most]
    placed = place_in_document([replace(findings[index], location=None) for index in unplaced], name)
    by_index = dict(zip(unplaced, placed, strict=True))
    return tuple(by_index.get(index, finding) for index, finding in enumerate(findings))
