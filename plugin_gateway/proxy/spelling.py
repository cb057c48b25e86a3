"""A spelling: one of the ways in which an answer may escape the octets of a secret's form.

Each octet may be raw or escaped: as a percent-escape, as an escape of a JSON or JavaScript string, or as an HTML entity. An
escape may be escaped again. Templates mix all of these within one value.

The work for an escape must not depend on the secrets. Otherwise a caller whose input the upstream repeats many times
could measure which guess is right. So escapes are undone first, and the resulting text is searched for secrets.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html.entities import html5
from typing import TYPE_CHECKING, Final

from plugin_gateway.proxy.sieve import sieve_of
from plugin_gateway.proxy.unescaped import INTRODUCERS, Replaced, Undone, Unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ESCAPE_OCTETS: Final = INTRODUCERS + b"#;"
"""The octets of escapes besides letters and digits."""
MAX_SPELLED_OCTETS: Final = 16
"""The longest escape of one octet that software writes (`&amp;#x0000041;` has 15)."""

_MAX_NESTING: Final = 8
_MOST_REMEMBERED: Final = 1024
_ESCAPED_BY_BACKSLASH: Final = b"\"'\\/"
"""The octets that a backslash may escape as themselves; the other short escapes mean octets that no secret contains."""
_NAMED: Final = {name.encode(): text.encode() for name, text in html5.items()}

_PERCENT: Final = re.compile(rb"%(?:[uU]00)?([0-9A-Fa-f]{2})")
_NESTED_PERCENT: Final = re.compile(rb"%(?:25)+(?:[uU]00)?([0-9A-Fa-f]{2})")
_BACKSLASH_REST: Final = (
    rb"(?:u([dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|[0-9A-Fa-f]{4})"
    rb"|x([0-9A-Fa-f]{2})|([\"'\\/])|(?:[ux]\{0{0,6}|U00)([0-9A-Fa-f]{1,6})(?:\}|(?<=U[0-9A-Fa-f]{8}))|([0-3][0-7]{2}))"
)
_BACKSLASH: Final = re.compile(rb"\\" + _BACKSLASH_REST)
_NESTED_BACKSLASH: Final = re.compile(rb"\\{2,%d}" % _MAX_NESTING + _BACKSLASH_REST)
_ENTITY_REST: Final = rb"(?:#0*([0-9]{1,7});?|#[xX]0*([0-9A-Fa-f]{1,6});?|([A-Za-z][A-Za-z0-9]{1,31};))"
_LOOSE_REST: Final = b"(%b)" % b"|".join(sorted((name for name in _NAMED if not name.endswith(b";")), reverse=True))
"""HTML reads some names without their semicolon, before any character (HTML, 13.2.5.73)."""
_ENTITIES: Final = tuple(
    re.compile(b"&" + nested + rest)
    for rest in (_ENTITY_REST, b"(?:(!)(!)|" + _LOOSE_REST + b")")
    for nested in (b"", b"(?:amp;)+")
)


class _EscapeKind:
    """One kind of escapes. It remembers the meanings of escapes seen before."""

    __slots__ = ("_frequent", "_meanings", "_sieve", "introducer", "pattern")

    def __init__(self, pattern: bytes, beginnings: frozenset[bytes], frequent: Mapping[bytes, bytes]) -> None:
        """Prepare; each escape begins with one of the `beginnings`.

        `frequent` maps escapes that fill some texts to their meanings. They are replaced in a faster way.
        """
        self.introducer = next(iter(beginnings))[0]
        self._sieve = sieve_of(beginnings)
        self._frequent = frequent
        self.pattern = re.compile(b"(%b)" % pattern)
        self._meanings = _Meanings()

    def may_occur(self, text: bytes) -> bool:
        """Whether the text may have an escape of this kind."""
        return self.introducer in text and (self._sieve is None or self._sieve.catches(text))

    def undo(self, text: bytes, steps: list[Undone | Replaced]) -> bytes:
        """Undo the escapes of this kind; return the result, and add the steps to `steps`."""
        if self.introducer not in text:
            return text
        for escape, meaning in self._frequent.items():
            replaced = Replaced(text, escape, meaning)
            if replaced.text != text:
                steps.append(replaced)
                text = replaced.text
                if self.introducer not in text:
                    return text
        written = self.pattern.split(text)
        if len(written) == 1:
            return text
        said = written.copy()
        said[1::2] = map(self._meanings.__getitem__, written[1::2])
        steps.append(Undone(b"".join(said), written, said))
        return steps[-1].text


class _Meanings(dict[bytes, bytes]):
    """The meanings of escapes. An escape that means no character stands for itself."""

    def __missing__(self, escape: bytes) -> bytes:
        meaning = max((octets for octets, end in escapes_at(escape, 0) if end == len(escape)), default=escape)
        if len(self) < _MOST_REMEMBERED and len(escape) <= MAX_SPELLED_OCTETS:
            self[escape] = meaning
        return meaning


class Unescaper:
    """Undoes the escapes of some octets. Escapes of other octets cannot be part of a secret, so they stay."""

    __slots__ = ("_kinds", "_octets", "_rest_of_word")

    def __init__(self, octets: bytes) -> None:
        """Prepare; `octets` include those that occur in escapes."""
        self._octets = octets
        self._kinds = (
            _EscapeKind(
                b"%%(?:[uU]00)?(?:%b)" % _hexadecimal(sorted(octets)), _each(b"%", _first_digits(octets) + b"uU"), {}
            ),
            _EscapeKind(
                rb"\\(?:%b)" % _backslash_rest(octets),
                _backslash_beginnings(octets),
                {rb"\/": b"/"},
            ),
            _EscapeKind(
                b"&(?:%b)" % _entity_rest(octets),
                frozenset({b"&#", *(b"&" + name for name in _names(octets))}),
                {b"&amp;": b"&"},
            ),
        )
        escape = b"|".join(kind.pattern.pattern for kind in self._kinds)
        self._rest_of_word = re.compile(b"(?:%b)[%b]*" % (escape, re.escape(octets)))

    def words(self, text: bytes, most: int) -> Iterator[tuple[int, int]]:
        """Yield each run of the octets that contains an escape. It starts at most `most` octets before its first escape."""
        done = 0
        while (rest := self._rest_of_word.search(text, done)) is not None:
            first = rest.start()
            before = text[max(done, first - most) : first]
            done = rest.end()
            yield first - len(before) + len(before.rstrip(self._octets)), done

    def may_occur(self, text: bytes) -> bool:
        """Whether the text may have an escape. If not, `first` would find none, more slowly."""
        return any(kind.may_occur(text) for kind in self._kinds)

    def first(self, text: bytes) -> int:
        """Return the place of the first escape; -1 if there is none."""
        first = -1
        for kind in self._kinds:
            if kind.introducer in text and (match := kind.pattern.search(text)) is not None:
                at = match.start()
                first = at if first < 0 else min(at, first)
        return first

    def partial_readings(self, text: bytes) -> list[Unescaped]:
        """Return the readings of the text with only one kind of escapes undone, for each kind."""
        readings: list[Unescaped] = []
        for kind in self._kinds:
            steps: list[Undone | Replaced] = []
            kind.undo(text, steps)
            if steps:
                readings.append(Unescaped(steps))
        return readings

    def readings(self, text: bytes) -> list[Unescaped]:
        """Undo the escapes, and repeat for the escapes that this reveals; return the reading after each round."""
        readings: list[Unescaped] = []
        steps: list[Undone | Replaced] = []
        for _ in range(_MAX_NESTING):
            new: list[Undone | Replaced] = []
            before = text
            for kind in self._kinds:
                text = kind.undo(text, new)
            if text == before:
                break
            steps = [*steps, *new]
            readings.append(Unescaped(steps))
            if not any(step.has_introducer for step in new):
                break
        return readings


@lru_cache(maxsize=16)
def unescaper_of(octets: bytes) -> Unescaper:
    """Return the unescaper for some octets. It takes milliseconds to make, and most gateways need only one."""
    return Unescaper(octets)


def escapes_at(data: bytes, at: int) -> list[tuple[bytes, int]]:
    """Return every octet sequence that an escape at `at` may mean, with the end of that escape.

    There may be two: in `%2541` the first three characters are an escape, and so are all five if software escaped
    twice.
    """
    introducer = data[at : at + 1]
    if introducer == b"%":
        return [
            (bytes((int(match[1], 16),)), match.end())
            for pattern in (_PERCENT, _NESTED_PERCENT)
            if (match := pattern.match(data, at))
        ]
    patterns = _READERS.get(introducer)
    if patterns is None:
        return []
    found: list[tuple[bytes, int]] = []
    for pattern in patterns:
        match = pattern.match(data, at)
        if match is not None:
            octets = _from_backslash(match) if introducer == b"\\" else _from_entity(match)
            if octets:
                found.append((octets, match.end()))
    return found


_READERS: Final = {b"\\": (_BACKSLASH, _NESTED_BACKSLASH), b"&": _ENTITIES}


def _from_backslash(match: re.Match[bytes]) -> bytes:
    wide, narrow, short, braced, octal = match.groups()
    if short is not None:
        return short
    if braced is not None:
        return _character(int(braced, 16))
    if octal is not None:
        return bytes((int(octal, 8),))
    if narrow is not None:
        return _character(int(narrow, 16))
    if len(wide) == 4:
        return _character(int(wide, 16))
    high, low = int(wide[:4], 16), int(wide[-4:], 16)
    return _character(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _from_entity(match: re.Match[bytes]) -> bytes | None:
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        return _NAMED.get(name)
    return _character(int(decimal) if decimal is not None else int(hexadecimal, 16))


def _character(code: int) -> bytes:
    return b"" if code > 0x10FFFF or 0xD800 <= code < 0xE000 else chr(code).encode()


def _backslash_beginnings(octets: bytes) -> frozenset[bytes]:
    r"""Return the first octets of each escape.

    `\u00e4` is an escape of these octets only if one of them is not ASCII. Texts in many languages are full of it, so `\u`
    alone is a beginning only in that case.
    """
    wide = {b"\\u"} if any(octet >= 0x80 for octet in octets) else {b"\\u{", *_each(b"\\u00", _first_digits(octets))}
    return _each(b"\\", b"0123Ux" + bytes(octet for octet in _ESCAPED_BY_BACKSLASH if octet in octets)) | wide


def _backslash_rest(octets: bytes) -> bytes:
    narrow = [octet for octet in octets if octet < 0x80]
    short = re.escape(bytes(octet for octet in _ESCAPED_BY_BACKSLASH if octet in octets))
    digits = _hexadecimal(narrow)
    octal = _one_of(b"%03o" % octet for octet in octets)
    rest = b"[%b]|u00(?:%b)|x(?:%b)" % (short, digits, digits)
    rest += rb"|[ux]\{0{0,6}(?:%b)\}|U000000(?:%b)|%b" % (digits, digits, octal)
    if len(narrow) < len(octets):
        pair = rb"[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
        rest += rb"|u(?:%b|[0-9A-Fa-f]{4})|x[0-9A-Fa-f]{2}|[ux]\{[0-9A-Fa-f]{1,6}\}|U00[0-9A-Fa-f]{6}" % pair
    # Most backslashes in JSON precede `n` or a quote; the lookahead rejects those quickly.
    return b"(?=[%buUx0123])(?:%b)" % (short, rest)


def _entity_rest(octets: bytes) -> bytes:
    narrow = [octet for octet in octets if octet < 0x80]
    decimal = b"|".join(b"%d" % octet for octet in narrow)
    hexadecimal = b"|".join(b"%x|%X" % (octet, octet) for octet in narrow)
    if len(narrow) < len(octets):
        decimal += b"|[0-9]{3,7}"
        hexadecimal += b"|[0-9A-Fa-f]{2,6}"
    names = _one_of(_names(octets))
    return b"#(?:0*(?:%b)(?![0-9])|[xX]0*(?:%b)(?![0-9A-Fa-f]));?|%b" % (decimal, hexadecimal, names)


def _names(octets: bytes) -> list[bytes]:
    return [name for name, text in _NAMED.items() if all(octet in octets for octet in text)]


def _each(introducer: bytes, followers: bytes) -> frozenset[bytes]:
    return frozenset(introducer + bytes((follower,)) for follower in followers)


def _first_digits(octets: bytes) -> bytes:
    """Return the first hexadecimal digits of the octets, in both cases."""
    return bytes({digit for octet in octets for digit in b"%x%X" % (octet >> 4, octet >> 4)})


def _hexadecimal(octets: Iterable[int]) -> bytes:
    """Return a pattern for the two digits of each octet, grouped so that few alternatives are tried."""
    groups: dict[int, bytes] = {}
    for octet in octets:
        groups[octet >> 4] = groups.get(octet >> 4, b"") + b"%x" % (octet & 15)
    return b"|".join(b"[%x%X][%b%b]" % (first, first, rest, rest.upper()) for first, rest in groups.items())


def _one_of(names: Iterable[bytes]) -> bytes:
    """Return a pattern for these names, the longest first, grouped by their first letter."""
    groups: dict[bytes, list[bytes]] = {}
    for name in sorted(names, reverse=True):
        groups.setdefault(name[:1], []).append(re.escape(name[1:]))
    return b"|".join(first + b"(?:" + b"|".join(rests) + b")" for first, rests in groups.items())
