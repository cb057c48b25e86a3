"""The text of gateway.yaml as the console shows it: its secrets are masked, and the masks do not reveal their lengths.

A secret is also masked where it appears again, as in a comment.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from plugin_gateway.reports import editing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MASK: Final = "********"
_LEAST_LENGTH: Final = 6
"""A shorter secret may be a part of a word."""
_RUN: Final = re.compile(r"\*+")
_NOTHING: Final = r"(?!)"


def shown_lines(text: str, secrets: Iterable[str] = ()) -> list[str]:
    """Return the lines of a text, with the same mask in place of each secret.

    `secrets` are the ones from other sources than the text.
    """
    lines = text.splitlines()
    masked = editing.masked_lines(text)
    known = {*secrets, *(part for line, shown in zip(lines, masked, strict=True) for part in _hidden(line, shown))}
    # The longer ones first: one secret may begin another.
    parts = sorted((part for part in known if len(part) >= _LEAST_LENGTH), key=len, reverse=True)
    again = re.compile("|".join(map(re.escape, parts)) or _NOTHING)
    return [again.sub(MASK, _even(line, shown)) for line, shown in zip(lines, masked, strict=True)]


def unified(path: Path, before: str, after: str, secrets: Iterable[str] = ()) -> str:
    """Return the change as a unified diff."""
    return editing.unified(path, before, after, partial(shown_lines, secrets=tuple(secrets)))


def _hidden(line: str, masked: str) -> list[str]:
    """Return the parts of a line that asterisks hide."""
    return [line[one.start() : one.end()] for one in _RUN.finditer(masked)] if line != masked else []


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
