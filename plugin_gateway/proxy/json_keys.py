"""The keys of a JSON body: reads those of the outermost object, which frameworks use as parameters, while it streams.

A body that is not JSON passes, because the origin refuses it. But lenient parsers accept comments, single quotes or
bare keys, and so see strings and depths that a strict one does not. From the first character that JSON does not allow,
an override at any place counts.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.gate.override import may_become_override, override_of, refuse_override
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_KEY_BYTES: Final = 1024
"""A longer key is not an override, however it is escaped."""
_MAX_BLANKS: Final = 1024
_OVERLAP_BYTES: Final = 256
_WINDOW_BYTES: Final = 64

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_BLANKS: Final = b" \t\r\n"
_SEPARATORS: Final = b"_.-+$ \t"
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_REST_OF_STRING: Final = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_TOKEN: Final = re.compile(rb'("(?:[^"\\]++|\\.)*+")([ \t\r\n]*+)(:?)|[{}\[\]]', re.DOTALL)
_FOREIGN: Final = re.compile(rb"[^ \t\r\n{}\[\]:,0-9a-zA-Z+\-.]")
_ASCII_ESCAPE: Final = re.compile(rb"\\u00[0-7]")
_ODD_ESCAPE: Final = re.compile(rb'\\[^"\\/bfnrtu]')
_ESCAPE: Final = re.compile(rb"\\u00([0-7][0-9a-fA-F])|\\x([0-7][0-9a-fA-F])|\\(.)", re.DOTALL)
_HALF_ESCAPE: Final = re.compile(rb"\\(?:u0{0,2}[0-7]?|x[0-7]?)?\Z")
_ANYWHERE: Final = re.compile(
    rb"""(?:^|[^a-z0-9])(?:_method|\$httpmethod|x[-_]?http[-_]?method(?:[-_]?override)?|x[-_]?method[-_]?override)(?![a-z0-9])""",
    re.IGNORECASE,
)


class JsonKeys:
    """An inspection (`proxy.inspection`). If it is not strict, a body counts as JSON only if it begins like an object."""

    __slots__ = (
        "_declared",
        "_depth",
        "_held",
        "_is_begun",
        "_is_foreign",
        "_is_in_string",
        "_is_opaque",
        "_is_strict",
    )

    def __init__(self, declared: Collection[bytes], *, is_strict: bool) -> None:
        self._declared = declared
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
            if is_last and _is_harmless(data):
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
        kept = 0
        if not _is_harmless(data):
            found = self._walk(data, at, end, is_last=is_last)
            if isinstance(found, Refusal):
                return found
            kept = found
        else:
            opened = outside.count(b"{") + outside.count(b"[")
            self._depth += opened - outside.count(b"}") - outside.count(b"]")
        if not kept and end < len(data) and not is_last:
            beginning = data[end + 1 :]
            if len(beginning) > MAX_KEY_BYTES or self._depth > 1 or not _may_become(beginning):
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
            elif self._depth <= 1 and len(string) <= MAX_KEY_BYTES and (name := _override_in(string, self._declared)):
                if colon:
                    return refuse_override(name)
                if token.end() == len(data) and not is_last:
                    return len(token[0]) if len(blanks) <= _MAX_BLANKS else refuse_override(name)
        return 0

    def _look_anywhere(self, data: bytes, *, is_last: bool) -> bytes | Refusal:
        plain = _ESCAPE.sub(_unescaped, data)
        found = _ANYWHERE.search(plain)
        if found is not None:
            name = found[0].lstrip(b" \t\r\n\"'{,")
            if override_of(name) not in self._declared:
                return refuse_override(name)
        if is_last:
            return data
        self._held = data[-_OVERLAP_BYTES:]
        return data[: len(data) - len(self._held)]


def _is_harmless(data: bytes) -> bool:
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
    if name.endswith((b"http", b"x")):
        return True
    if name[-1:].isalnum():
        return False
    return len(name) < len(before) or lowered[at + 6 : at + 20].lstrip(_SEPARATORS).startswith(b"override")


def _may_become(beginning: bytes) -> bool:
    readable = _HALF_ESCAPE.sub(b"", beginning).decode(errors="ignore").encode()
    return may_become_override(_ESCAPE.sub(_unescaped, readable))


def _override_in(string: bytes, declared: Collection[bytes]) -> bytes:
    """Return the name of the override in a JSON string; empty if it is not one, or a declared one."""
    try:
        name = json.loads(string.decode(errors="ignore"), strict=False).encode(errors="replace")
    except ValueError:
        # Lenient parsers decode `\\x5f` and drop a needless backslash.
        name = _ESCAPE.sub(_unescaped, string[1:-1])
    override = override_of(name)
    return name if override and override not in declared else b""


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1] or match[2]
    return bytes((int(code, 16),)) if code else match[3]


_NOT_UTF8: Final = Refusal(
    status=400,
    code="unreadable-body",
    detail="The body is JSON and contains a NUL byte.",
    hint="Send JSON in UTF-8 (RFC 8259, 8.1).",
)
