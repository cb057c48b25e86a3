"""The text of gateway.yaml as the console shows it: its secrets are masked, and the masks do not tell their lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.reports import editing

if TYPE_CHECKING:
    from pathlib import Path

MASK: Final = "********"


def shown_lines(text: str) -> list[str]:
    """Return the lines of a text, with one and the same mask in place of each secret."""
    masked = editing.masked_lines(text)
    return [_even(line, shown) for line, shown in zip(text.splitlines(), masked, strict=True)]


def unified(path: Path, before: str, after: str) -> str:
    """Return the change as a unified diff."""
    return editing.unified(path, before, after, shown_lines)


def _even(line: str, masked: str) -> str:
    """Replace each run of asterisks that hides something by a mask of one length."""
    if line == masked:
        return line
    shown, at = "", 0
    while at < len(masked):
        end = at
        while end < len(masked) and masked[end] == "*":
            end += 1
        if end == at:
            shown += masked[at]
            at += 1
        else:
            shown += masked[at:end] if line[at:end] == masked[at:end] else MASK
            at = end
    return shown
