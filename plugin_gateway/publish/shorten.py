"""A shortened text: as many whole sentences, else whole words, as a limit allows."""

from __future__ import annotations

import re

_SENTENCE_END = re.compile(r"[.!?](?=\s)")
_ELLIPSIS = "…"


def shorten(text: str, limit: int) -> str:
    """Shorten `text` to at most `limit` characters; unchanged when it fits.

    Ends after a sentence when that keeps at least half of what is allowed, else after a word, else within one; what was
    left out shows as an ellipsis.
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
