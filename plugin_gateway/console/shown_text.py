"""The text of gateway.yaml as the console shows it: its secrets are masked, and the masks do not tell their lengths."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from plugin_gateway.config.places import Places
from plugin_gateway.config.tree import read

if TYPE_CHECKING:
    from pathlib import Path

MASK: Final = "********"


def shown_lines(text: str) -> list[str]:
    """Return the lines of a text, with one and the same mask in place of each secret."""
    root, _ = read(text)
    masked = Places("", text, root).shown_lines()
    return [_even(line, shown) for line, shown in zip(text.splitlines(), masked, strict=True)]


def unified(path: Path, before: str, after: str) -> str:
    """Return the change as a unified diff that `patch` applies, if no secret is near it."""
    lines = difflib.unified_diff(_ended(before), _ended(after), str(path), f"{path} (edited)", lineterm="")
    return "\n".join(lines)


def _ended(text: str) -> list[str]:
    lines = shown_lines(text)
    if lines and not text.endswith(("\n", "\r")):
        lines[-1] += "\n\\ No newline at end of file"
    return lines


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
