"""A path template of the document, parsed: segments that are literals, parameters, or patterns of both.

Segments are compared as *symbols*: strings with one character for each character on the wire. An escape is one symbol, too:
U+0100 plus its octet, so `%c3` equals `%C3`. RFC 3986 6.2.2.2 says that unreserved characters should not be escaped. Such an
escape is U+0200 plus its octet and equals no literal, because an origin that matches before it decodes would see another
path than the gate.
"""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from plugin_gateway.gate.alias import fold

WORD_CHARACTERS = rb"A-Za-z0-9\-_~!$&'()*+,=:@"
"""For a class in a bytes regex: the characters that a segment may hold unescaped (RFC 3986, 3.3), except `.` and `;`."""

PATH_CHARACTERS = WORD_CHARACTERS + rb"."

_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
# `?`, `#` and `/` inside braces belong to the parameter's name.
_PARTS = re.compile(r"((?:\{[^{}]*\}|[^?#])*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_SEGMENT = re.compile(r"(?:^|/)((?:[^/{]+|\{[^{}]*\}|\{)*)")
_SEGMENT_TOKEN = re.compile(r"(?P<parameter>\{[^{}]*\})|%(?P<escape>[0-9A-Fa-f]{2})|(?P<text>[^{%]+|.)", re.DOTALL)
_RAW = re.compile(rf"[;{PATH_CHARACTERS.decode()}]+")
_STAND_IN = "\x00"
"""One character that is in no literal, to stand for a parameter."""
_UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]")


class Pattern(Struct, frozen=True):
    """Literals with parameters between them, each of a minimum length. Matching is linear in the length of the segment."""

    prefix: str
    inner: tuple[tuple[int, str], ...]
    """The literals in the middle, each with the minimum number of characters before it."""
    tail: int | None
    """The minimum number of characters before the suffix; 0 means exactly none, None means any number."""
    suffix: str

    def matches(self, text: str) -> bool:
        # Taking the leftmost match of each literal is enough: only the end is anchored, and it is checked last.
        if not text.startswith(self.prefix) or not text.endswith(self.suffix):
            return False
        at = len(self.prefix)
        for gap, literal in self.inner:
            found = text.find(literal, at + gap)
            if found < 0:
                return False
            at = found + len(literal)
        room = len(text) - len(self.suffix) - at
        return room == 0 if self.tail == 0 else room >= (self.tail or 0)


class Segment(Struct, frozen=True):
    """One segment of a template. `parts` are symbols, or None for a parameter."""

    parts: tuple[str | None, ...]
    names: tuple[str, ...] = ()

    @property
    def literal(self) -> str | None:
        """The segment's symbols, or None if it has a parameter."""
        if not self.parts:
            return ""
        return self.parts[0] if len(self.parts) == 1 else None

    @property
    def is_parameter(self) -> bool:
        return self.parts == (None,)

    @property
    def unnamed(self) -> Segment:
        """The segment without the names of its parameters, which do not matter on the wire."""
        return Segment(self.parts)

    @property
    def pattern(self) -> Pattern:
        return _pattern(self.parts)

    def folded(self) -> tuple[Pattern, ...]:
        """Two patterns for folded readings (`gate.alias`): the segment, and the segment with a suffix after a separator.

        Here a parameter may be empty, like the `*` of a glob (Caddy's `path /items/*:export`).
        """
        parts = tuple(part and fold_symbols(part) for part in self.parts)
        *front, last = parts
        more = (*parts, ".", None) if last is None else (*front, last + ".", None)
        return _pattern(parts, least=0), _pattern(more, least=0)

    def covers(self, other: Segment) -> bool:
        """Whether this segment matches every text that `other` matches."""
        return self.pattern.matches("".join(part or _STAND_IN for part in other.parts))

    def meets(self, other: Segment) -> bool:
        """Whether a text may match both segments. Of two patterns, only the beginnings and the ends are compared."""
        if self.literal is not None or other.literal is not None:
            return self.covers(other) or other.covers(self)
        ours, theirs = self.pattern, other.pattern
        begins_alike = ours.prefix.startswith(theirs.prefix) or theirs.prefix.startswith(ours.prefix)
        return begins_alike and (ours.suffix.endswith(theirs.suffix) or theirs.suffix.endswith(ours.suffix))


class PathTemplate(Struct, frozen=True):
    """A path template: its text, its segments from the first `/` on, and the query and fragment that some documents append.

    A call must have an appended `?name=value` in its query. A fragment is never sent; documents use it to distinguish
    operations on one path (`gate.variant`).
    """

    text: str
    segments: tuple[Segment, ...]
    query: tuple[bytes, ...] = ()
    fragment: tuple[bytes, ...] = ()
    """Its parts between `&`, such as `Action=ListQueues`."""

    @property
    def is_concrete(self) -> bool:
        return not any(segment.names for segment in self.segments)

    @property
    def shape(self) -> tuple[tuple[str | None, ...], ...]:
        """A value that is equal for templates that no server can tell apart: parameter names are not on the wire."""
        return tuple(segment.parts for segment in self.segments)

    @property
    def trimmed(self) -> tuple[Segment, ...]:
        """The segments, without the empty one after a trailing slash."""
        return self.segments[:-1] if len(self.segments) > 1 and self.segments[-1].literal == "" else self.segments


@lru_cache(maxsize=4096)
def parse_template(text: str) -> PathTemplate:
    """Parse a key of `paths`. Never fails: unmatched braces are literal."""
    found = _PARTS.match(text)
    path, query, fragment = (found[1], found[2] or "", found[3] or "") if found else (text, "", "")
    segments = map(_parse_segment, _SEGMENT.findall(path.removeprefix("/")))
    pairs, parts = (tuple(part.encode() for part in each.split("&") if part) for each in (query, fragment))
    return PathTemplate(text, tuple(segments), pairs, parts)


@lru_cache(maxsize=4096)  # the paths of a document have few segments, each many times
def _parse_segment(text: str) -> Segment:
    parts: list[str | None] = []
    names: list[str] = []
    for token in _SEGMENT_TOKEN.finditer(text):
        if token["parameter"]:
            parts.append(None)
            names.append(token["parameter"][1:-1])
        else:
            symbols = _octet_symbol(int(token["escape"], 16)) if token["escape"] else _text_symbols(token["text"])
            if parts and parts[-1] is not None:
                parts[-1] += symbols
            else:
                parts.append(symbols)
    return Segment(tuple(parts), tuple(names))


def symbols_of(segment: bytes) -> str:
    """Convert a segment of a request to symbols. It must consist of path characters and whole escapes."""
    return _ESCAPE.sub(_request_symbol, segment.decode())


def fold_symbols(symbols: str) -> str:
    """Decode the symbols of a literal, and fold the text."""
    octets = b"".join(bytes((ord(c) & 0xFF,)) for c in symbols)
    return fold(octets.decode(errors="replace"))


def _request_symbol(match: re.Match[str]) -> str:
    octet = int(match[1], 16)
    return chr((0x200 if _UNRESERVED.match(chr(octet)) else 0x100) + octet)


def _octet_symbol(octet: int) -> str:
    return chr(octet) if _UNRESERVED.match(chr(octet)) else chr(0x100 + octet)


def _text_symbols(text: str) -> str:
    if _RAW.fullmatch(text):
        return text
    return "".join(c if _RAW.fullmatch(c) else "".join(map(_octet_symbol, c.encode(errors="replace"))) for c in text)


def _pattern(parts: tuple[str | None, ...], least: int = 1) -> Pattern:
    rest = list(parts)
    prefix = rest.pop(0) if rest and rest[0] is not None else ""
    suffix = rest.pop() if rest and rest[-1] is not None else ""
    inner: list[tuple[int, str]] = []
    gap = 0
    for part in rest:
        if part is None:
            gap += least
        else:
            inner.append((gap, part))
            gap = 0
    tail = None if least == 0 and rest and rest[-1] is None else gap
    return Pattern(prefix or "", tuple(inner), tail, suffix or "")


def sample_path(template: PathTemplate) -> bytes:
    """Return a path that matches the template, with `x` for each parameter."""
    return b"".join(
        b"/" + b"".join(b"x" if part is None else _wire(part) for part in segment.parts)
        for segment in template.segments
    )


def _wire(symbols: str) -> bytes:
    return b"".join(c.encode() if c.isascii() else b"%%%02X" % (ord(c) & 0xFF) for c in symbols)
