"""A plain text: a parameter's text in a query that is valid by a simple schema, as a regular expression.

No expression matches `&`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

ANY_TEXT: Final = rb"[!-$'-~]*+(?:%[2-7][0-9A-Fa-f][!-$'-~]*+)*"
"""Any text in ASCII. A text with other octets may not be UTF-8."""
SOME_TEXT: Final = rb"[^&]*+"
"""A text that its reader must judge."""
NO_TEXT: Final = b"(?!)"
_MOST_DIGITS: Final = 17
_MOST_WORDS: Final = 32


def one_of(words: Iterable[bytes]) -> bytes:
    """Return a regular expression for the words, or an empty one if there are more than 32: then a set is faster."""
    found = sorted(word for word in words if b"&" not in word)
    if not found:
        return NO_TEXT
    return b"|".join(map(re.escape, found)) if len(found) <= _MOST_WORDS else b""


def integer_between(least: int, most: int) -> bytes:
    """Return a regular expression for the integers from `least` to `most` with at most 17 digits, as JSON writes them."""
    parts = [*_naturals(max(least, 0), most), *("-" + part for part in _naturals(max(-most, 1), -least))]
    return "|".join(parts).encode() or NO_TEXT


def _naturals(least: int, most: int) -> Iterable[str]:
    if least <= 0 <= most:
        yield "0"
    whole: list[int] = []
    for width in range(1, _MOST_DIGITS + 1):
        first, last = max(least, 10 ** (width - 1)), min(most, 10**width - 1)
        if last - first + 1 == 9 * 10 ** (width - 1):
            whole.append(width)
        elif first <= last:
            yield _of_one_width(str(first), str(last))
    if whole:
        yield f"[1-9][0-9]{{{whole[0] - 1},{whole[-1] - 1}}}+"


def _of_one_width(least: str, most: str) -> str:
    """Return a regular expression for the numbers between two numbers of the same width."""
    rest = len(least) - 1
    zeros, nines = "0" * rest, "9" * rest
    if least[1:] == zeros and most[1:] == nines:
        return f"[{least[0]}-{most[0]}][0-9]{{{rest}}}"
    if least[0] == most[0]:
        return least[0] + _of_one_width(least[1:], most[1:])
    parts = [least[0] + _of_one_width(least[1:], nines), most[0] + _of_one_width(zeros, most[1:])]
    between = int(least[0]) + 1, int(most[0]) - 1
    if between[0] <= between[1]:
        parts.append(f"[{between[0]}-{between[1]}][0-9]{{{rest}}}")
    return f"(?:{'|'.join(parts)})"
