"""The keys of a JSON body: reads the keys of the outermost object while it streams, because frameworks use them as parameters.

A body that is not JSON passes, because the origin refuses it. But lenient parsers accept comments, single quotes or bare keys,
and so see strings and depths that a strict one does not. After the first character that JSON does not allow, a refused name at
any place refuses the body.
"""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from plugin_gateway.gate.body_names import BodyNames

MAX_KEY_BYTES: Final = 1024
"""A longer key is not refused, however it is escaped."""
_MAX_BLANKS: Final = 1024
_OVERLAP_BYTES: Final = 256
_WINDOW_BYTES: Final = 64

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_BLANKS: Final = b" \t\r\n"
_SEPARATORS: Final = b"_.-+$ \t"
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_REST_OF_STRING: Final = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_TOKEN: Final = re.compile(rb'("(?:[^"\\]++|\\.)*+")([ \t\r\n]*+)(:?)|[{}\[\]]', re.DOTALL)
_BARE: Final = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-."
"""The octets of JSON outside of strings, besides blanks and punctuation."""
_FOREIGN: Final = re.compile(rb"[^ \t\r\n{}\[\]:,0-9a-zA-Z+\-.]|[0-9a-zA-Z+\-.][ \t\r\n]*+:")
"""Any other octet, or the end of a key without quotes."""
_ASCII_ESCAPE: Final = re.compile(rb"\\u00[0-7]")
_ODD_ESCAPE: Final = re.compile(rb'\\[^"\\/bfnrtu]')
_ESCAPE: Final = re.compile(rb"\\u00([0-7][0-9a-fA-F])|\\x([0-7][0-9a-fA-F])|\\(.)", re.DOTALL)
_HALF_ESCAPE: Final = re.compile(rb"\\(?:u0{0,2}[0-7]?|x[0-7]?)?\Z")
_ANYWHERE: Final = re.compile(
    rb"""(?:^|[^a-z0-9])(_method|\$?(?:x[-_]?)?http[-_]?method(?:[-_]?override)?|(?:x[-_]?)?method[-_]?override|x[-_]?tunneled[-_]?method)(?![a-z0-9])""",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(rb"[A-Za-z0-9_.$\-\x80-\xff]+")


class JsonKeys:
    """An inspection (`proxy.inspection`). If it is not strict, a body counts as JSON only if it begins like an object."""

    __slots__ = (
        "_depth",
        "_held",
        "_is_begun",
        "_is_foreign",
        "_is_in_string",
        "_is_opaque",
        "_is_strict",
        "_names",
    )

    def __init__(self, names: BodyNames, *, is_strict: bool) -> None:
        self._names = names
        self._is_strict = is_strict
        self._held = b""
        self._depth = 0
        self._is_begun = False
        self._is_opaque = False
        """The body is text that no parser takes for JSON."""
        self._is_foreign = False
        self._is_in_string = False
        """Inside a string that is too long to be a key; it is not held."""

    def feed(self, data: bytes, *, is_last: bool) -> bytes | Refusal:
        if self._is_opaque:
            return data
        data, self._held = self._held + data, b""
        at = 0
        if not self._is_begun:
            if is_last and self._is_harmless(data):
                return data
            beginning = data.removeprefix(_BYTE_ORDER_MARK).lstrip(_BLANKS)
            if not beginning and not is_last and len(data) <= _MAX_BLANKS:
                self._held = data
                return b""
            self._is_begun = True
            at = len(data) - len(beginning)
            if not self._is_strict and not beginning.startswith(b"{"):
                self._is_opaque = True
                return data
        if b"\x00" in data:
            return _NOT_UTF8
        if self._is_foreign:
            return self._look_anywhere(data, is_last=is_last)
        if self._is_in_string:
            rest = _REST_OF_STRING.match(data, at)
            at = rest.end() if rest is not None else at
            if data[at : at + 1] != b'"':
                # The string continues in the next piece, or a backslash ends this one.
                self._held = b"" if is_last else data[at:]
                return data[:at] if self._held else data
            at += 1
            self._is_in_string = False
        return self._read(data, at, is_last=is_last)

    def _read(self, data: bytes, at: int, *, is_last: bool) -> bytes | Refusal:
        outside, quote, unclosed = _STRING.sub(b"", data[at:]).partition(b'"')
        end = len(data) - len(quote) - len(unclosed)
        if _FOREIGN.search(outside):
            if not self._is_strict:
                self._is_opaque = True
                return data
            self._is_foreign = True
            return self._look_anywhere(data, is_last=is_last)
        kept = 0 if quote or is_last else _bare_end(data[at:])
        if not self._is_harmless(data):
            found = self._walk(data, at, end, is_last=is_last)
            if isinstance(found, Refusal):
                return found
            kept = max(kept, found)
        else:
            opened = outside.count(b"{") + outside.count(b"[")
            self._depth += opened - outside.count(b"}") - outside.count(b"]")
        if not kept and end < len(data) and not is_last:
            beginning = data[end + 1 :]
            if len(beginning) > MAX_KEY_BYTES or self._depth > 1 or not self._may_become(beginning):
                self._is_in_string = True
                # A backslash at the end is half of an escape.
                rest = _REST_OF_STRING.match(data, end + 1)
                kept = len(data) - rest.end() if rest is not None else 0
            else:
                kept = len(data) - end
        if not kept:
            return data
        self._held = data[len(data) - kept :]
        return data[: len(data) - kept]

    def _walk(self, data: bytes, at: int, end: int, *, is_last: bool) -> int | Refusal:
        """Check each key; return how many bytes at the end to hold, because they may be a key."""
        for token in _TOKEN.finditer(data, at, end):
            string, blanks, colon = token.groups()
            if string is None:
                self._depth += 1 if token[0] in b"{[" else -1
            elif (
                self._depth <= 1 and len(string) <= MAX_KEY_BYTES and (refusal := self._names.refuse(_text_of(string)))
            ):
                if colon:
                    return refusal
                if token.end() == len(data) and not is_last:
                    return len(token[0]) if len(blanks) <= _MAX_BLANKS else refusal
        return 0

    def _is_harmless(self, data: bytes) -> bool:
        names = self._names
        return not (names.closed and names.may_be_closed_in(data)) and _has_no_override(data)

    def _may_become(self, beginning: bytes) -> bool:
        readable = _HALF_ESCAPE.sub(b"", beginning).decode(errors="ignore").encode()
        return self._names.may_become(_ESCAPE.sub(_unescaped, readable))

    def _look_anywhere(self, data: bytes, *, is_last: bool) -> bytes | Refusal:
        plain = _ESCAPE.sub(_unescaped, data)
        words = _WORDS.findall(plain) if self._names.closed else ()
        for name in chain(_ANYWHERE.findall(plain), filter(self._names.may_be_closed_in, words)):
            if (refusal := self._names.refuse(name)) is not None:
                return refusal
        if is_last:
            return data
        self._held = data[-_OVERLAP_BYTES:]
        return data[: len(data) - len(self._held)]


def _bare_end(data: bytes) -> int:
    """Return how many bytes at the end are a word without quotes, which may begin a key."""
    word = data[-MAX_KEY_BYTES:].rstrip(_BLANKS)
    bare = len(word) - len(word.rstrip(_BARE))
    return bare and bare + len(data) - len(data.rstrip(_BLANKS))


def _has_no_override(data: bytes) -> bool:
    """Whether neither a strict nor a lenient parser finds an override in the data. This fast check clears most bodies."""
    if b"\x00" in data or (b"\\" in data and (_ASCII_ESCAPE.search(data) or _ODD_ESCAPE.search(data))):
        return False
    lowered = data.lower()
    at = lowered.find(b"method")
    while at >= 0:
        if _is_suspect(lowered, at):
            return False
        at = lowered.find(b"method", at + 1)
    return True


def _is_suspect(lowered: bytes, at: int) -> bool:
    """Whether the `method` at `at` may end or begin an override."""
    before = lowered[max(0, at - _WINDOW_BYTES) : at]
    name = before.rstrip(_SEPARATORS)
    if name.endswith((b"http", b"x", b"tunneled")):
        return True
    if name[-1:].isalnum():
        return False
    return len(name) < len(before) or lowered[at + 6 : at + 20].lstrip(_SEPARATORS).startswith(b"override")


def _text_of(string: bytes) -> bytes:
    """Return the text of a JSON string."""
    try:
        text: str = json.loads(string.decode(errors="ignore"), strict=False)
        return text.encode(errors="replace")
    except ValueError:
        # Lenient parsers decode `\\x5f` and drop a needless backslash.
        return _ESCAPE.sub(_unescaped, string[1:-1])


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1] or match[2]
    return bytes((int(code, 16),)) if code else match[3]


_NOT_UTF8: Final = Refusal(
    status=400,
    code="unreadable-body",
    detail="The body is JSON and contains a NUL byte.",
    hint="Send JSON in UTF-8 (RFC 8259, 8.1).",
)
