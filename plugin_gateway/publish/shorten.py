"""A shortened text: the whole sentences, or else whole words, that fit a limit."""

from __future__ import annotations

import re

_SENTENCE_END = re.compile(r"[.!?](?=\s)")
_ELLIPSIS = "…"


def shorten(text: str, limit: int) -> str:
    """Shorten `text` to at most `limit` characters; unchanged when it fits.

    Cuts after a sentence if that keeps at least half of the limit, else after a word, else inside a word. An ellipsis marks the
    cut.
    """
    if len(text) <= limit:
        return text
    room = text[: limit - len(_ELLIPSIS)]
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, len(room) + 1) if match.end() <= len(room)]
    if ends and ends[-1] * 2 >= limit:
        return room[: ends[-1]] + _ELLIPSIS
    if not text[len(room)].isspace():
        words = re.match(r"(.*\S)\s", room, re.DOTALL)
        room = words[1] if words else room
    return room.rstrip() + _ELLIPSIS
