"""A request target, parsed: the path as unambiguous segments, and the raw query.

The gate reads only origin-form (RFC 9112, 3.2.1). It neither decodes nor cleans a path, but takes it unchanged or refuses
it. So the matched path is byte for byte the forwarded path.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from plugin_gateway.gate.alias import Unsafe, examine, fold_plain, readings, split_encoded_slashes
from plugin_gateway.gate.illegal import find_illegal
from plugin_gateway.gate.template import PATH_CHARACTERS, WORD_CHARACTERS, symbols_of
from plugin_gateway.refusal import Refusal

MAX_TARGET_BYTES = 8 * 1024
MAX_SEGMENTS = 64
_MAX_PIECES = MAX_SEGMENTS + 1  # the first is empty
_NONE_SLASHED: frozenset[int] = frozenset()

# Matches most real paths: no escapes, no segment that begins with a dot or with `+` (some origins decode it as a blank),
# and no two dots in a row. The possessive quantifiers keep a failing match linear.
_PLAIN = rb"(?!\+)[%b]++(?:\.[%b]++)*+" % (WORD_CHARACTERS, WORD_CHARACTERS)
_PLAIN_SEGMENT = re.compile(_PLAIN)
_PLAIN_PATH = re.compile(rb"(?:/%b)++/?" % _PLAIN)
_LEGAL_PATH = re.compile(rb"(?:/(?:[%b]|%%[0-9A-Fa-f]{2})*+)++" % PATH_CHARACTERS)
_LEGAL_PREFIX = re.compile(rb"(?:[/%b]|%%[0-9A-Fa-f]{2})*+" % PATH_CHARACTERS)
_OWN_HINTS = {
    ord(";"): (
        "a `;`",
        "The gateway does not forward path parameters after `;`; write a literal semicolon as %3B.",
    ),
    ord("\\"): ("a backslash", "Separate segments by `/`."),
}

_TOO_LONG = Refusal(
    status=414,
    code="target-too-long",
    detail=f"The request target is longer than {MAX_TARGET_BYTES} bytes.",
    hint="Put long values into the request body if the operation allows it, or ask for less at once.",
)
_TOO_DEEP = Refusal(
    status=414,
    code="target-too-long",
    detail=f"The path has more than {MAX_SEGMENTS} segments.",
    hint="Use a path with fewer segments.",
)
_NOT_ORIGIN_FORM = Refusal(
    status=400,
    code="malformed-target",
    detail="The request target is not an absolute path.",
    hint="Send a path that begins with `/`, and the host in the Host field.",
)


class Target(NamedTuple):
    """A target whose path is unambiguous.

    `segments` are symbols (`gate.template`); the first segment is empty, so that indexes count slashes. `raw` are the same
    segments as bytes, or None if they have no escapes. `slashed` are the indexes of segments that hold an encoded slash, which
    only a parameter with `slashes: allowed` may.
    """

    path: bytes
    query: bytes
    segments: list[str]
    raw: list[bytes] | None = None
    slashed: frozenset[int] = frozenset()

    def readings(self, index: int) -> tuple[str, ...]:
        """The folded names (`gate.alias`) that an origin may read a segment as."""
        if self.raw is None:
            return (fold_plain(self.segments[index]),)
        return read_safe(self.raw[index])


Parts: TypeAlias = tuple[bytes, bytes, list[str], "list[bytes] | None", frozenset[int]]
"""The fields of a `Target` as a plain tuple: cheaper, and the gate seldom needs the methods."""


def read_target(target: bytes) -> Target | Refusal:
    """Parse the second word of a request line."""
    parts = read_parts(target)
    return parts if isinstance(parts, Refusal) else Target(*parts)


def read_parts(target: bytes) -> Parts | Refusal:
    """Parse the second word of a request line into the fields of a `Target`."""
    path, _, query = target.partition(b"?")
    if len(target) > MAX_TARGET_BYTES:
        return _TOO_LONG
    if not _PLAIN_PATH.fullmatch(path):
        return _read_with_care(path, query)
    segments = path.decode().split("/")
    return (path, query, segments, None, _NONE_SLASHED) if len(segments) <= _MAX_PIECES else _TOO_DEEP


def read_safe(segment: bytes) -> tuple[str, ...]:
    """The readings of a segment that passed `examine`, or of a piece of it."""
    names = readings(segment)
    return () if isinstance(names, Unsafe) else names


def _read_with_care(path: bytes, query: bytes) -> Parts | Refusal:
    if not path.startswith(b"/"):
        return _NOT_ORIGIN_FORM
    if not _LEGAL_PATH.fullmatch(path):
        return _malformed(path)
    raw = path.split(b"/")
    if len(raw) > _MAX_PIECES:
        return _TOO_DEEP
    if b"" in raw[1:-1]:
        return _ambiguous("an empty segment")
    slashed: set[int] = set()
    for index, segment in enumerate(raw[1:], 1):
        if _PLAIN_SEGMENT.fullmatch(segment):
            continue
        pieces = split_encoded_slashes(segment)
        if len(pieces) > 1:
            slashed.add(index)
            if b"" in pieces:
                return _ambiguous("an encoded slash next to an empty segment")
        is_end = index == len(raw) - 1
        for number, piece in enumerate(pieces, 1):
            if piece and (unsafe := examine(piece, is_last=is_end and number == len(pieces))):
                return _ambiguous(unsafe.reason)
    return path, query, [symbols_of(segment) for segment in raw], raw, frozenset(slashed)


def encoded_slash() -> Refusal:
    """The refusal of an encoded slash that the matched parameter does not allow."""
    return _ENCODED_SLASH


def _ambiguous(reason: str) -> Refusal:
    return Refusal(
        status=400,
        code="ambiguous-path",
        detail=f"The path is ambiguous: it contains {reason}.",
        hint="Send the value in its plain form, percent-encoded once.",
    )


_ENCODED_SLASH = _ambiguous("an encoded slash")


def _malformed(path: bytes) -> Refusal:
    what, hint = find_illegal(_LEGAL_PREFIX, path, _OWN_HINTS)
    return Refusal(
        status=400,
        code="malformed-target",
        detail=f"The path contains {what}, which RFC 3986 does not allow there.",
        hint=hint,
    )
