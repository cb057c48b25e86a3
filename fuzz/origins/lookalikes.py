"""Look-alikes: characters that some runtime's case mapping or normalisation turns into plain letters."""

from __future__ import annotations

import unicodedata
from functools import cache

_BLOCKS = ((0x80, 0x3000), (0xA640, 0xAB70), (0xFB00, 0xFB50), (0xFE20, 0xFE70), (0xFF00, 0xFFF0), (0x1D400, 0x1D800))
_TURKIC = {"\u0130": "i", "\u0131": "i"}
_LONGEST = 3


@cache
def lookalikes(*, by_case: bool) -> dict[str, list[str]]:
    """Map each sequence of one to three plain lower-case characters to its look-alikes, from the Unicode data.

    With `by_case`, only look-alikes by case mapping count; the others also need a normalisation.
    """
    found: dict[str, list[str]] = {}
    for start, end in _BLOCKS:
        for c in map(chr, range(start, end)):
            for plain in _plain_forms(c, by_case=by_case):
                found.setdefault(plain, []).append(c)
    return found


def _plain_forms(c: str, *, by_case: bool) -> set[str]:
    spellings = {c.lower(), c.upper(), c.casefold(), c.title(), c.upper().lower(), c.lower().upper()}
    if not by_case:
        spellings |= {unicodedata.normalize(form, spelling) for form in ("NFKC", "NFKD") for spelling in spellings}
        # Some routers drop combining marks.
        spellings |= {"".join(x for x in spelling if not unicodedata.combining(x)) for spelling in spellings}
    forms = {spelling.lower() for spelling in spellings} | {_TURKIC.get(c, "")}
    return {form for form in forms if 0 < len(form) <= _LONGEST and form.isascii() and form.isprintable()}
