"""An inspection: searches a request body for the names that it may not have (`gate.body_names`) while it streams up.

Each kind of body passes on the bytes that it has inspected and holds back only the name that it is reading. So no byte
of such a name goes up, and no body is stored. A refused body is cut before the name, and its connection is closed.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final, Protocol, assert_never

from plugin_gateway.gate import media_type
from plugin_gateway.gate.alias import unescape
from plugin_gateway.gate.query import decode_name
from plugin_gateway.proxy.json_keys import JsonKeys
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.gate.body_names import BodyNames
    from plugin_gateway.gate.media_type import InspectedKind

MAX_NAME_BYTES: Final = 1024
"""The bytes of a name that suffice to recognise it, however it is escaped."""
MAX_PART_HEADER_BYTES: Final = 8 * 1024
_FEW_PAIRS: Final = 4
"""Up to this number, checking each name is cheaper than searching all of the data."""

_PART_NAME: Final = re.compile(rb"content-(?:disposition|id)")
_LONGEST_PART_NAME: Final = len(b"content-disposition")
_PART_END: Final = re.compile(rb"\n(?=[^ \t])")
_NAME = rb"""(?<![a-z0-9_\-])name(\*[0-9]*\*?)?\s*=\s*("%b*"?|'[^']*'|[^;\r\n]*)"""
# A backslash escapes the next character (RFC 9110, 5.6.4), or stands for itself (WHATWG HTML, "multipart/form-data").
_NAMES: Final = tuple(
    re.compile(_NAME % text, re.DOTALL | re.IGNORECASE) for text in (rb"""(?:[^"\\]|\\.)""", rb'[^"]')
)
_EXTENDED: Final = re.compile(rb"\A[^']*'[^']*'")


class Inspection(Protocol):
    """Inspects one body."""

    def feed(self, data: bytes, *, is_last: bool) -> bytes | Refusal:
        """Take the next piece; return the bytes that may go up, or a refusal."""


def inspect(kind: InspectedKind, names: BodyNames) -> Inspection:
    """Begin the inspection of a body of the kind that `judge_body` found."""
    match kind:
        case media_type.FORM:
            return FormNames(names)
        case media_type.MULTIPART:
            return PartNames(names)
        case media_type.JSON:
            return JsonKeys(names, is_strict=True)
        case media_type.TEXT:
            return JsonKeys(names, is_strict=False)
        case _:
            assert_never(kind)


class FormNames:
    """The names in an application/x-www-form-urlencoded body.

    Some servers treat `;` as `&`, and cut off a `?` at the beginning.
    """

    __slots__ = ("_held", "_is_in_value", "_names")

    def __init__(self, names: BodyNames) -> None:
        self._names = names
        self._held = b""
        self._is_in_value = False

    def feed(self, data: bytes, *, is_last: bool) -> bytes | Refusal:
        if self._held:
            data, self._held = self._held + data, b""
        # Searching for an int in bytes is four times as fast as searching for bytes.
        pairs = data.replace(b";", b"&").split(b"&") if 0x26 in data or 0x3B in data else [data]
        first = 1 if self._is_in_value else 0
        if len(pairs) == 1 and self._is_in_value:
            return data
        last = pairs[-1]
        if (
            not is_last
            and b"=" not in last
            and len(last) <= MAX_NAME_BYTES
            and self._names.may_become(last.lstrip(b"?").replace(b"+", b" "))
        ):
            self._held = last
            self._is_in_value = False
            pairs.pop()
        else:
            self._is_in_value = True
        may_be_closed = bool(self._names.closed) and self._names.may_be_closed_in(data)
        if may_be_closed or len(pairs) <= _FEW_PAIRS or b"%" in data or b"method" in data.lower():
            for pair in pairs[first:]:
                name = pair[:MAX_NAME_BYTES].partition(b"=")[0]
                # Most names pass here; a long value without `=` must cost no more than a look at its letters.
                if (
                    0x25 not in name
                    and not ((0x6D in name or 0x4D in name) and b"method" in name.lower())
                    and not (may_be_closed and self._names.may_be_closed_in(name))
                ):
                    continue
                if (refusal := self._names.refuse(decode_name(name.lstrip(b"?")))) is not None:
                    return refusal
        return data[: len(data) - len(self._held)]


class PartNames:
    """The part names in a multipart body, wherever a part may begin.

    The boundary is ignored, because parsers disagree on where it stands. So a file is refused too if its text looks
    like the header of a part with such a name.
    """

    __slots__ = ("_held", "_names")

    def __init__(self, names: BodyNames) -> None:
        self._names = names
        self._held = b""

    def feed(self, data: bytes, *, is_last: bool) -> bytes | Refusal:
        data, self._held = self._held + data, b""
        lowered = data.lower()
        at = 0
        kept = 0
        while (found := _PART_NAME.search(lowered, at)) is not None:
            end = _PART_END.search(data, found.end())
            if end is None and not is_last:
                kept = len(data) - found.start()
                if kept > MAX_PART_HEADER_BYTES:
                    return _LONG_PART_HEADER
                break
            at = end.start() if end is not None else len(data)
            refusal = self._judge(data[found.end() : at], is_id=found[0].endswith(b"id"))
            if refusal is not None:
                return refusal
        if not is_last:
            if not kept:
                kept = _overlap(lowered)
            if kept:
                self._held = data[len(data) - kept :]
        return data[: len(data) - kept] if kept else data

    def _judge(self, header: bytes, *, is_id: bool) -> Refusal | None:
        for name in [header.strip(b' \t\r\n:"<>')] if is_id else _part_names(header):
            if b"\x00" in name or b"=?" in name:
                return _UNREADABLE_PART_NAME
            if (refusal := self._names.refuse(name)) is not None:
                return refusal
        return None


def _part_names(header: bytes) -> Iterator[bytes]:
    """Yield each reading of the `name` parameters of a Content-Disposition (RFC 7578, 4.2; RFC 8187) by some parser."""
    for mark, value in chain.from_iterable(pattern.findall(header) for pattern in _NAMES):
        if mark[1:2].isdigit():
            yield b"\x00"  # RFC 2231 continuations are not allowed in forms; joined, they could spell any name
        plain = value.strip(b" \t\"'")
        yield plain
        yield re.sub(rb"\\(.)", rb"\1", plain)
        yield unescape(_EXTENDED.sub(b"", value.strip(b' \t"')))


def _overlap(lowered: bytes) -> int:
    """Return how many bytes at the end may begin one of the searched field names."""
    for size in range(min(_LONGEST_PART_NAME - 1, len(lowered)), 0, -1):
        end = lowered[-size:]
        if b"content-disposition".startswith(end) or b"content-id".startswith(end):
            return size
    return 0


_LONG_PART_HEADER: Final = Refusal(
    status=400,
    code="unreadable-body",
    detail=f"A part of the body has a header of more than {MAX_PART_HEADER_BYTES} bytes.",
    hint="Send a shorter file name.",
)
_UNREADABLE_PART_NAME: Final = Refusal(
    status=400,
    code="unreadable-body",
    detail="A part of the body has a name that servers may read in different ways.",
    hint='Send the name unescaped, in quotes: `name="field"`.',
)
