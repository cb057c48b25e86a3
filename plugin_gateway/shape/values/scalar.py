"""A scalar: a string, number or boolean of JSON as the text that a URL, a field or a form carries."""

from __future__ import annotations

import re
from typing import Final

UNRESERVED: Final = r"[A-Za-z0-9\-._~]"
"""The characters that no part of a URL escapes (RFC 3986, 2.3)."""

_MOST_INTEGRAL: Final = 1e21
_is_unreserved: Final = re.compile(UNRESERVED + "*+").fullmatch
# A tab and the ends of lines belong to text of several lines. No text needs the other control characters.
_find_control: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]").search
_TRIPLE: Final = re.compile("(%[0-9A-Fa-f]{2})")
# RFC 6570, 3.2.3, except the characters that end a name, a value or a query for some server: `&`, `+`, `;` and `#`.
_KEPT_IN_QUERY: Final = ":/?[]@!$'()*,="
# Likewise, except the characters that end a segment of a path.
_KEPT_IN_PATH: Final = ":@!$&'()*,="


class UnwritableError(ValueError):
    """A value cannot be written in its place. The message completes a sentence that begins with the argument's name."""


def _table(kept: str) -> list[str]:
    is_kept = re.compile(f"{UNRESERVED}|[{re.escape(kept)}]" if kept else UNRESERVED).fullmatch
    return [chr(octet) if octet < 0x80 and is_kept(chr(octet)) else f"%{octet:02X}" for octet in range(256)]


_STRICT: Final = _table("")
_RESERVED_IN_QUERY: Final = _table(_KEPT_IN_QUERY)
_RESERVED_IN_PATH: Final = _table(_KEPT_IN_PATH)


def plain(value: object) -> str:
    """Return the text of a scalar: numbers and booleans as JSON spells them.

    A float without a fraction is written as an integer, as JavaScript does (RFC 8785, 3.2.2.3): models send 3.0 where an API
    wants an integer.

    Raises:
        UnwritableError: the value is no scalar.
    """
    if isinstance(value, str):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        try:
            return str(value)
        except ValueError:  # Python's own limit, which keeps the conversion from taking quadratic time
            raise UnwritableError("has too many digits") from None
    if isinstance(value, float):
        if value - value != 0:
            raise UnwritableError("must be a finite number")
        return str(int(value)) if value == int(value) and abs(value) < _MOST_INTEGRAL else repr(value)
    raise UnwritableError("must be a string, a number or a boolean")


def escape(text: str) -> str:
    """Percent-encode all but unreserved characters.

    Raises:
        UnwritableError: the text has a control character or is not Unicode text.
    """
    return text if _is_unreserved(text) else "".join(map(_STRICT.__getitem__, octets_of(text)))


def escape_but_reserved(text: str) -> str:
    """Percent-encode a value of the query with `allowReserved`: escapes and most reserved characters stay (RFC 6570, 3.2.3).

    Raises:
        UnwritableError: see `escape`.
    """
    return _but_reserved(text, _RESERVED_IN_QUERY)


def escape_but_reserved_in_path(text: str) -> str:
    """Percent-encode a value of the path with `allowReserved`: escapes stay, and reserved characters that end no segment.

    Raises:
        UnwritableError: see `escape`.
    """
    return _but_reserved(text, _RESERVED_IN_PATH)


def _but_reserved(text: str, table: list[str]) -> str:
    if _is_unreserved(text):
        return text
    pieces = _TRIPLE.split(text)
    pieces[::2] = ["".join(map(table.__getitem__, octets_of(piece))) for piece in pieces[::2]]
    return "".join(pieces)


def octets_of(text: str) -> bytes:
    """Encode text for a URL or a form as UTF-8.

    Raises:
        UnwritableError: the text has a control character or half of a surrogate pair.
    """
    if _find_control(text):
        raise UnwritableError("must not contain control characters")
    return utf8(text)


def utf8(text: str) -> bytes:
    """Encode text as UTF-8.

    Raises:
        UnwritableError: the text has half of a surrogate pair.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise UnwritableError("contains half of a surrogate pair, which is not Unicode text") from None


def escape_octets(octets: bytes) -> str:
    """Percent-encode octets that need not be text."""
    return "".join(map(_STRICT.__getitem__, octets))
