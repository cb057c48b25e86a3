"""The lookalikes: forms of secrets with `%`, `&` or a backslash, so that part of a form may look like an escape.

Undoing the escapes of a text would change such a form. So each introducer in the text is read in both ways: as itself
and as the beginning of an escape. All readings of all forms advance together, as the bits of one number (Baeza-Yates
and Gonnet, A New Approach to Text Searching, 1992). The work for an octet depends neither on the secrets nor on the
text before it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from plugin_gateway.proxy.spelling import escapes_at
from plugin_gateway.proxy.unescaped import INTRODUCERS

if TYPE_CHECKING:
    from collections.abc import Iterable

_BACKSLASH: Final = 0x5C
_FOLLOWERS: Final = {
    0x25: frozenset(b"0123456789ABCDEFabcdefu"),
    _BACKSLASH: frozenset(b"01234567uUx\"'/\\"),
    0x26: frozenset(b"#ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
}
"""The octets that may follow each introducer in an escape."""


def is_lookalike(form: bytes) -> bool:
    """Whether part of the form may look like an escape."""
    return any(octet in form for octet in INTRODUCERS)


class Lookalikes:
    """A set of lookalikes. Bit `k` in a form's range of the number says that its first `k` octets have been read."""

    __slots__ = ("_begin", "_end", "_follows", "forms", "shortest")

    def __init__(self, forms: Iterable[bytes]) -> None:
        self.forms: tuple[bytes, ...] = tuple(sorted(forms))
        self.shortest = min(map(len, self.forms), default=0)
        """The least number of octets in which any form can be written."""
        self._begin = self._end = 0
        self._follows: list[int] = [0] * 256
        """For each octet, the bits of the prefixes that it may follow."""
        for form in self.forms:
            base = self._end.bit_length()
            self._begin |= 1 << base
            for place, octet in enumerate(form, base):
                self._follows[octet] |= 1 << place
            self._end |= 1 << base + len(form)

    def find(self, text: bytes, first: int, last: int) -> list[tuple[int, int]]:
        """Return the places of forms between two places of a text; overlapping or touching ones are merged."""
        begin, end, follows = self._begin, self._end, self._follows
        seen = bits = 0
        ahead: dict[int, int] = {}
        for at in range(first, last):
            if ahead:
                bits |= ahead.pop(at, 0)
            seen |= bits
            bits |= begin
            octet = text[at]
            if octet in _FOLLOWERS and at + 1 < last and text[at + 1] in _FOLLOWERS[octet]:
                for octets, after in escapes_at(text, at):
                    ahead[after] = ahead.get(after, 0) | self._after(bits, octets)
            bits = (bits & follows[octet]) << 1
        seen |= bits | ahead.get(last, 0)
        return self._places(text, first, last) if seen & end else []

    def _after(self, bits: int, octets: bytes) -> int:
        for octet in octets:
            bits = (bits & self._follows[octet]) << 1
        return bits

    def _places(self, text: bytes, first: int, last: int) -> list[tuple[int, int]]:
        """Read the text again, then backwards from each end of a form, to find the steps that led there."""
        reached: defaultdict[int, int] = defaultdict(int)
        steps: dict[int, list[tuple[bytes, int]]] = {}
        for at in range(first, last):
            bits = reached[at] | self._begin
            ways = [(text[at : at + 1], at + 1), *escapes_at(text, at)]
            steps[at] = [(octets, after) for octets, after in ways if after <= last]
            for octets, after in steps[at]:
                reached[after] |= self._after(bits, octets)
        # A step leads to an end only if the first reading reached it.
        leading: defaultdict[int, int] = defaultdict(lambda: self._end)
        places: list[tuple[int, int]] = []
        for at in range(last - 1, first - 1, -1):
            furthest = 0
            for octets, after in steps[at]:
                bits = leading[after]
                for octet in reversed(octets):
                    bits = (bits >> 1) & self._follows[octet]
                bits &= reached[at] | self._begin
                if bits:
                    leading[at] |= bits
                    furthest = max(furthest, after)
            if furthest:
                while places and places[-1][0] <= furthest:
                    furthest = max(furthest, places.pop()[1])
                places.append((at, furthest))
        return places[::-1]
