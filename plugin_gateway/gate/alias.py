"""An alias: a name that an origin may read a path segment as, after it has decoded and cleaned the segment.

Between the gateway and the code that serves a call there may be proxies, servlet containers and routers. Each normalises
paths differently: some decode twice, some fold case, some cut `;params`, trailing dots or a format suffix. The gate judges
a segment by all of these names at once. Known attacks: `..;/` (Tomcat behind nginx), `%c0%af` (IIS), `%252f` (double
decoding), `export.json` (Rails, Spring suffix patterns), `EXPORT` (IIS).
"""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

from plugin_gateway.gate.folding import best_fits, fold_letters

MAX_DECODINGS = 3

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_ENCODED_SLASH = re.compile(rb"%2[Ff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_ASCII_TRICK = re.compile(r"[\x00-\x1f\x7f/\\]|%u")
_UNICODE_ESCAPE = re.compile(r"%u[0-9A-Fa-f]{4}")
# Besides the slashes, characters that NFKC leaves alone but code pages turn into a slash or a backslash: the yen sign in
# Japanese (932), the won sign in Korean (949), the acute accent in Greek (1253).
_SLASH_LOOKALIKE = re.compile("[/\\\\\xa5\xb4\u20a9\u2044\u2215\u2216\u29f5\u29f8\u29f9\uff0f\uff3c\ufe68]")
_ESCAPE_LOOKALIKE = re.compile("[\u066a\ufe6a\uff05][0-9A-Fa-f\uff10-\uff19\uff21-\uff26\uff41-\uff46]{2}")
_SLASH = re.compile(r"[/\\]")
_CUT = re.compile("[;?#]")
_PATH_END = re.compile("[?#]")
_FORMAT_SUFFIX = re.compile(r"\.(?:json|xml|html?|csv|txt|ya?ml)\Z")

_TRAILING = " ."
# A stem that begins with a letter or a digit is not hollow, so it is not worth a look.
_STEM = re.compile(r"(?![0-9A-Za-z])(.*?[^.])\.", re.DOTALL)

_SEPARATORS = ".;?#:+"
_ASCII_FOLD = {ord(c): c.lower() for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"} | dict.fromkeys(map(ord, _SEPARATORS), ".")


class Unsafe(Struct, frozen=True):
    """An ambiguous segment; `reason` completes the sentence "it contains …"."""

    reason: str


def fold_plain(segment: str) -> str:
    """`fold` for a segment of unescaped ASCII letters, digits and punctuation, for the fast path."""
    return segment.translate(_ASCII_FOLD)


def fold(text: str) -> str:
    """Fold a decoded segment, to compare it with denied names: case, look-alikes, and `.` in place of each separator.

    An origin may cut off `;params`, `.json`, `?`, `#`, `:$DATA` or blanks after a name. Each of them begins with a
    separator, so an alias of `export` is `export` itself or begins with `export.`.
    """
    folded = fold_letters(text).lstrip()
    return "".join("." if c.isspace() or c in _SEPARATORS else c for c in folded)


def is_alias(reading: str, name: str) -> bool:
    """Whether an origin may read `reading` as `name`; both are folded."""
    return reading.startswith(name) and (len(reading) == len(name) or reading[len(name)] == ".")


def readings(segment: bytes) -> tuple[str, ...] | Unsafe:
    """Every text that repeated decoding of a raw segment gives, folded; the first is the segment itself."""
    stages = _decode(segment)
    if isinstance(stages, Unsafe):
        return stages
    fits = [fit for stage in stages if not stage.isascii() for fit in best_fits(stage)]
    return tuple(map(fold, (*stages, *fits)))


def examine(segment: bytes, *, is_last: bool = True) -> Unsafe | None:
    """Say what makes a raw segment ambiguous. The segment must consist of path characters and whole escapes.

    An origin that cuts a decoded path at `?` or `#` also loses the segments after it, so only the last segment may hold them.
    """
    stages = _decode(segment)
    if isinstance(stages, Unsafe):
        return stages
    if not is_last and _PATH_END.search(stages[-1]):
        return Unsafe("an encoded `?` or `#` before its end")
    if _is_hollow(stages[-1]) or any(map(_has_hollow_stem, stages)):
        return Unsafe("a segment that some servers read as empty, `.` or `..`")
    return None


def split_encoded_slashes(segment: bytes) -> list[bytes]:
    """The raw pieces between `%2F`s."""
    return _ENCODED_SLASH.split(segment)


def unescape(octets: bytes) -> bytes:
    """Decode every `%HH` once."""
    return _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), octets)


def _decode(segment: bytes) -> tuple[str, ...] | Unsafe:
    stages: list[str] = []
    octets = segment
    for _ in range(MAX_DECODINGS + 1):
        try:
            text = octets.decode()
        except UnicodeDecodeError:  # such as overlong forms of `.` and `/` (RFC 3629, 10)
            return Unsafe("percent-encoded octets that are not UTF-8")
        if reason := _find_trick(text):
            return Unsafe(reason)
        stages.append(text)
        octets, before = unescape(octets), octets
        if octets == before:
            return tuple(stages)
    return Unsafe("characters that are percent-encoded too many times")


def _find_trick(text: str) -> str:
    if text.isascii() and not _ASCII_TRICK.search(text):
        return ""
    if _CONTROL.search(text):
        return "a control character"
    if _SLASH_LOOKALIKE.search(text) or _SLASH.search(unicodedata.normalize("NFKC", text)):
        return "an encoded slash or backslash, or a character that turns into one"
    if _UNICODE_ESCAPE.search(text):
        return "a %u escape"
    if _ESCAPE_LOOKALIKE.search(text):
        return "a character that turns into a percent sign"
    return ""


def _has_hollow_stem(text: str) -> bool:
    """Whether nothing is left if an origin first cuts off any format suffix and then decodes: `%2e.x`."""
    stem = _STEM.match(text)
    if stem is None:
        return False
    stages = _decode(stem[1].encode())
    return not isinstance(stages, Unsafe) and _is_hollow(stages[-1])


def _is_hollow(text: str) -> bool:
    """Whether the cuts that origins make leave nothing or only dots: `..;x`, `%20`, `..%00`, `.json`, `...`, `%3Fx`."""
    # Some origins decode `+` as a blank in paths, too.
    rest = _CUT.split(fold_letters(text))[0].replace("+", " ").strip()
    while True:
        shorter = _FORMAT_SUFFIX.sub("", rest).rstrip(_TRAILING)
        if shorter == rest:
            return not rest
        rest = shorter
