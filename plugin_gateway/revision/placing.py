"""Placing: where in a document's text a finding about it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Location
from plugin_gateway.openapi.decode import locate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.diagnostics import Finding


def place_in_document(findings: Iterable[Finding], name: str) -> list[Finding]:
    """Give each finding its line and column in the document called `name`, or at least that name.

    The text is read again, as places are kept nowhere: a start without mistakes need not pay for them. A document that
    was fetched is not fetched again.
    """
    try:
        text = Path(name).read_bytes()
    except OSError:
        text = None
    return [
        finding
        if finding.location
        else finding.at(
            Location(name) if text is None or finding.pointer is None else locate(text, name, finding.pointer)
        )
        for finding in findings
    ]
