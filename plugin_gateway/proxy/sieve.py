"""A sieve: searches a text for many literals in one pass, and says whether it contains one.

It needs ahocorasick-rs (extra `fast`), which compares 16 or 32 octets of the text at once with up to 32 literals. Without
that library there is no sieve, and every text is searched by slower means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

try:
    from ahocorasick_rs import BytesAhoCorasick, MatchKind
except ImportError:
    _IS_INSTALLED = False
else:
    _IS_INSTALLED = True

if TYPE_CHECKING:
    from collections.abc import Iterable

_MANY: Final = tuple(bytes((octet,)) * 16 for octet in b"\x01\x02\x03\x04")
"""Literals that texts do not have. If a few octets begin all literals, the library looks for these octets alone, and takes up
to 80 times as long where they are frequent, as hexadecimal digits are."""
_BATCH: Final = 32 - len(_MANY)
"""With more literals, the library searches octet by octet, 30 times as slowly."""
_FIRST_BYTES: Final = 1024
_STEP_BYTES: Final = 64 * 1024
"""The library lists every literal in a text, so it gets a part of the text at a time. If there are many literals, the
first and short part has one."""


class Sieve:
    """Searches texts for literals. It does not say which literal it found, or where."""

    __slots__ = ("_batches", "_overlap")

    def __init__(self, literals: Iterable[bytes]) -> None:
        ordered = sorted(frozenset(literals))
        self._overlap = max(map(len, ordered)) - 1
        # Only searches for the leftmost literal compare many octets at once.
        self._batches = [
            BytesAhoCorasick([*ordered[first : first + _BATCH], *_MANY], matchkind=MatchKind.LeftmostFirst)
            for first in range(0, len(ordered), _BATCH)
        ]

    def catches(self, text: bytes) -> bool:
        """Whether the text contains any of the literals. It may also catch a text with a long run of one control character."""
        size = len(text)
        for batch in self._batches:
            start, end = 0, _FIRST_BYTES
            while start < size:
                if batch.find_matches_as_indexes(text[start : end + self._overlap]):
                    return True
                start, end = end, end + _STEP_BYTES
        return False


def sieve_of(literals: Iterable[bytes]) -> Sieve | None:
    """Return a sieve for the literals; None without the library."""
    return Sieve(literals) if _IS_INSTALLED else None
