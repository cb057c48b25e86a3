"""A spelling: one of the ways in which an answer may write a secret.

A secret may stand in an answer as it is, in hexadecimal, or in base64 at each of the three alignments that it can have
within something longer. Each octet of those forms may come raw or escaped: as a percent-escape, as an escape of a JSON or
JavaScript string, or as an HTML entity, once or several times over. Templates mix them freely within one value.
"""

from __future__ import annotations

import base64
import re
from html.entities import html5
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ESCAPE_OCTETS: Final = b"%\\&#;"
"""What an escape is made of besides letters and digits."""
MAX_SPELLED_OCTETS: Final = 16
"""No escape of one octet that software writes is longer (`&amp;#x0000041;` has 15)."""

_MAX_NESTING: Final = 8
_INTRODUCERS: Final = b"%\\&"
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
_SHORT_ESCAPES: Final = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_NAMED: Final = {name.removesuffix(";").encode(): text.encode() for name, text in html5.items()}

_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_NESTED_PERCENT: Final = re.compile(rb"%(?:25)+([0-9A-Fa-f]{2})")
_BACKSLASH_REST: Final = (
    rb"(?:u([dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|[0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([\"'\\/bfnrt]))"
)
_BACKSLASH: Final = re.compile(rb"\\" + _BACKSLASH_REST)
_NESTED_BACKSLASH: Final = re.compile(rb"\\{2,%d}" % _MAX_NESTING + _BACKSLASH_REST)
_ENTITY_REST: Final = rb"(?:#0*([0-9]{1,7})|#[xX]0*([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));?"
_ENTITY: Final = re.compile(rb"&" + _ENTITY_REST)
_NESTED_ENTITY: Final = re.compile(rb"&(?:amp;)+" + _ENTITY_REST)


def forms_of(secret: str) -> frozenset[bytes]:
    """The octets of a secret in each form that can be escaped octet by octet."""
    octets = secret.encode()
    forms = {octets, octets.hex().encode(), octets.hex().upper().encode()}
    for shift in range(3):
        # The octets before a secret take part in its first digits, those after it in its last: what is certain is between.
        digits = base64.b64encode(b"\0" * shift + octets)[(0, 2, 3)[shift] : (shift + len(octets)) * 8 // 6]
        forms |= {digits, digits.translate(_URL_SAFE)}
    narrow = secret.encode("latin-1", "ignore")
    if len(narrow) == len(secret):
        forms.add(narrow)
    return frozenset((*forms, octets.replace(b" ", b"+")))


def wide_forms_of(secret: str) -> frozenset[bytes]:
    """The secret in a text of 16 bits a character; where that is written, octets are not escaped."""
    return frozenset({secret.encode("utf-16-le"), secret.encode("utf-16-be")})


def escapes_at(data: bytes, at: int) -> list[tuple[bytes, int]]:
    """Every octet sequence that an escape beginning at `at` can stand for, with the place where that escape ends.

    There may be two: in `%2541` the first three characters are an escape, and so are all five where software escaped twice.
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


_READERS: Final = {b"\\": (_BACKSLASH, _NESTED_BACKSLASH), b"&": (_ENTITY, _NESTED_ENTITY)}


def _from_backslash(match: re.Match[bytes]) -> bytes:
    wide, narrow, short = match.groups()
    if short is not None:
        return _SHORT_ESCAPES.get(short, short)
    if narrow is not None:
        return _character(int(narrow, 16))
    if len(wide) == 4:
        return _character(int(wide, 16))
    high, low = int(wide[:4], 16), int(wide[-4:], 16)
    return _character(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _from_entity(match: re.Match[bytes]) -> bytes:
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        return _NAMED.get(name, b"")
    return _character(int(decimal) if decimal is not None else int(hexadecimal, 16))


def _character(code: int) -> bytes:
    return b"" if code > 0x10FFFF or 0xD800 <= code < 0xE000 else chr(code).encode()


class _Bounded(Protocol):
    """What bounds the pattern `code` of an octet; `written` is the whole escape where its length is fixed."""

    def __call__(self, octet: int, code: bytes, written: bytes = b"", *, ends: bytes = b"") -> bytes: ...


class EscapeFinder:
    """Finds, behind one introducer, the escapes that can be the first one in a spelling of one of some forms.

    What stands before the first escape is not escaped. So an escape of an octet counts only behind an octet that the forms
    have before it, and in front of one that they have after it, or of another escape. Most escapes of an answer fail that
    within the pattern, without any code of ours.
    """

    __slots__ = ("introducer", "pattern")

    def __init__(self, introducer: bytes, forms: Iterable[bytes]) -> None:
        before: dict[int, set[int]] = {}
        after: dict[int, set[int]] = {}
        for form in forms:
            for octet, following in pairwise(form):
                before.setdefault(following, set()).add(octet)
                after.setdefault(octet, set()).add(following)
        anywhere = {form[0] for form in forms}
        at_end = {form[-1] for form in forms}

        def bounded(octet: int, code: bytes, written: bytes = b"", *, ends: bytes = b"") -> bytes:
            behind = b"" if octet in anywhere or not written else b"(?<=%b%b)" % (_one_of(before[octet]), written)
            ahead = b"" if octet in at_end else b"(?=%b)" % _one_of({*after[octet], *_INTRODUCERS})
            return code + behind + ends + ahead

        octets = sorted(frozenset(b"".join(forms)))
        narrow = [octet for octet in octets if octet < 0x80]
        has_wide = octets[-1] >= 0x80
        self.introducer = introducer
        if introducer == b"%":
            pattern = _percent_finder(octets, bounded)
        elif introducer == b"\\":
            pattern = _backslash_finder(narrow, bounded, has_wide=has_wide)
        else:
            pattern = _entity_finder(octets, narrow, bounded, has_wide=has_wide)
        self.pattern = re.compile(pattern)


def _percent_finder(octets: list[int], bounded: _Bounded) -> bytes:
    return rb"%%(?:%b|25(?:25)*(?:%b))" % (
        _by_first_digit(octets, lambda octet, code: bounded(octet, code, b"%" + _escaped_hex(octet))),
        _by_first_digit(octets, bounded),
    )


def _backslash_finder(narrow: list[int], bounded: _Bounded, *, has_wide: bool) -> bytes:
    wide = b"|u[0-9A-Fa-f]{4}" if has_wide else b""
    short = [octet for octet in narrow if octet in b"\"'\\/"]
    once = [
        b"u00(?:%b)"
        % _by_first_digit(narrow, lambda octet, code: bounded(octet, code, rb"\\u00" + _escaped_hex(octet))),
        b"x(?:%b)" % _by_first_digit(narrow, lambda octet, code: bounded(octet, code, rb"\\x" + _escaped_hex(octet))),
        *(bounded(octet, re.escape(bytes((octet,))), rb"\\" + re.escape(bytes((octet,)))) for octet in short),
    ]
    again = b"(?:u00|x)(?:%b)" % _by_first_digit(narrow, bounded)
    again = b"|".join((again, *(bounded(octet, re.escape(bytes((octet,)))) for octet in short)))
    return rb"\\(?:%b%b|\\{1,%d}(?:%b%b))" % (b"|".join(once), wide, _MAX_NESTING - 1, again, wide)


def _entity_finder(octets: list[int], narrow: list[int], bounded: _Bounded, *, has_wide: bool) -> bytes:
    decimal = b"|".join(bounded(octet, b"%d(?![0-9])" % octet, ends=b";?") for octet in narrow)
    hexadecimal = _by_first_digit(narrow, lambda octet, code: bounded(octet, code + b"(?![0-9A-Fa-f])", ends=b";?"))
    if has_wide:
        decimal += b"|[0-9]{3,7}"
        hexadecimal += b"|[0-9A-Fa-f]{2,6}"
    names = [re.escape(name) for name, text in _NAMED.items() if text[0] in octets]
    reference = b"|".join((b"#(?:0*(?:%b)|[xX]0*(?:%b))" % (decimal, hexadecimal), *sorted(names, reverse=True)))
    return b"&(?:%b|amp;(?:amp;)*(?:%b))" % (reference, reference)


def _by_first_digit(octets: list[int], bounded: Callable[[int, bytes], bytes]) -> bytes:
    """Return alternatives for the two hexadecimal digits of each octet, grouped so that few are tried."""
    groups: dict[int, list[bytes]] = {}
    for octet in octets:
        groups.setdefault(octet >> 4, []).append(bounded(octet, _digit(octet & 15)))
    return b"|".join(b"%b(?:%b)" % (_digit(first), b"|".join(rest)) for first, rest in groups.items())


def _escaped_hex(octet: int) -> bytes:
    return _digit(octet >> 4) + _digit(octet & 15)


def _digit(value: int) -> bytes:
    return b"%d" % value if value < 10 else b"[%x%X]" % (value, value)


def _one_of(octets: Iterable[int]) -> bytes:
    return b"[%b]" % b"".join(b"\\x%02x" % octet for octet in sorted(octets))
