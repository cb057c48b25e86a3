"""A match end: the place behind the match of a pattern that begins at a given place of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, AnyStr

if TYPE_CHECKING:
    import re


def match_end(pattern: re.Pattern[AnyStr], text: AnyStr, at: int) -> int:
    """Return the end of the match that begins at `at`; `at` itself if there is no match."""
    found = pattern.match(text, at)
    return at if found is None else found.end()
