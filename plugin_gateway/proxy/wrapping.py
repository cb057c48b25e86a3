"""A wrapping: an encoding of a whole text that splits the secrets in it.

Text with 16 or 32 bits a character has zeros between the characters. MIME and PEM break base64 into lines of 60 to 76
digits; in a JSON string such a break is an escape. Quoted-printable text (RFC 2045, 6.7) has soft breaks and escapes, and so
has an encoded word of a mail's field (RFC 2047, 4.2).
The unwrapped text is searched like any other text.
"""

from __future__ import annotations

import re
from typing import Final

from plugin_gateway.proxy.sieve import sieve_of
from plugin_gateway.proxy.unescaped import Replaced, Undone, Unescaped

_LEAST_DIGITS: Final = 32
"""The least number of digits in a line of encoded data. Most lines of other texts end in fewer."""
_DIGIT_OCTETS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-\\%&#;"
"""The digits of base64, base64url and hexadecimal, and the octets of their escapes."""
_DIGIT: Final = b"[" + re.escape(_DIGIT_OCTETS) + b"]"
_BREAK: Final = (
    rb"(?:(?:\r|&#13;|&#[xX][dD];|%0[dD]|\\+r|\\+u000[dD])?(?:\n|&#10;|&#[xX][aA];|%0[aA]|\\+n|\\+u000[aA])[ \t]{0,16})"
)
# Each begins with an octet that is rare in texts, so `re` tries it at few places.
_BROKEN_LINES: Final = re.compile(rb"\n(?<=(?:%b|\r)\n)(?<=%b{31}(?:%b|\r)\n)" % (_DIGIT, _DIGIT, _DIGIT))
_BROKEN_ESCAPES: Final = re.compile(rb"\\(?=[rnu])(?<=%b\\)(?<=%b{32}\\)" % (_DIGIT, _DIGIT))
_BROKEN_PERCENT: Final = re.compile(rb"%%(?=0[aAdD])(?<=%b{32}%%)" % _DIGIT)
_ESCAPED_SIEVE: Final = sieve_of((b"\\r", b"\\n", b"\\u000", b"%0a", b"%0A", b"%0d", b"%0D", b"&#1", b"&#x", b"&#X"))
"""Finds the beginnings of escaped line breaks."""
_LEAST_SIEVED_BYTES: Final = 4096
"""`re` searches a shorter text as quickly."""
_BROKEN_ENTITIES: Final = re.compile(rb"&(?=#(?:1[03]|[xX][aAdD]);)(?<=%b{32}&)" % _DIGIT)
_LINES: Final = re.compile(rb"%b*(?:%b%b+)*" % (_DIGIT, _BREAK, _DIGIT))
_BREAKS: Final = re.compile(b"(%b)" % _BREAK)
_QUOTED: Final = re.compile(rb"=(?=[3CDE\r\n\\?])(?:3D|[CDE][0-9A-F]=|\r?\n|(?:\\+r)?\\+n|\?[^?\s]{1,40}\?[qQ]\?)")
_QUOTED_SIEVE: Final = sieve_of((b"=3D", b"=C", b"=D", b"=E", b"=?", b"=\r", b"=\n", b"=\\"))
_QUOTED_ESCAPES: Final = re.compile(rb"(=(?:[2-9A-F][0-9A-F]|\r?\n|(?:\\+r)?\\+n))")
_OPEN_END: Final = re.compile(
    rb"(?P<word>=\?(?:[^?\s]{1,40}\?(?:[qQ]\?)?)?)\Z|(?:%b{32}|=)\r?(?:\n[ \t]{0,16})?\Z" % _DIGIT
)
_OPEN_END_BYTES: Final = 50


def is_quoted(text: bytes) -> bool:
    """Whether a text may be quoted-printable."""
    return 0x3D in text and (_QUOTED_SIEVE is None or _QUOTED_SIEVE.catches(text)) and _QUOTED.search(text) is not None


def is_wrapped(text: bytes) -> bool:
    """Whether a text may be wrapped. This must be fast, because nearly no text is."""
    # Searching for an int in bytes is four times as fast as searching for bytes.
    return (
        0 in text
        or (0x0A in text and _BROKEN_LINES.search(text) is not None)
        or is_quoted(text)
        or ((0x5C in text or 0x25 in text or 0x26 in text) and _has_escaped_breaks(text))
    )


def _has_escaped_breaks(text: bytes) -> bool:
    """Whether a line may end in an escaped break."""
    return (_ESCAPED_SIEVE is None or len(text) < _LEAST_SIEVED_BYTES or _ESCAPED_SIEVE.catches(text)) and (
        (0x5C in text and _BROKEN_ESCAPES.search(text) is not None)
        or (0x25 in text and _BROKEN_PERCENT.search(text) is not None)
        or (0x26 in text and _BROKEN_ENTITIES.search(text) is not None)
    )


def unwrapped(text: bytes, most: int) -> list[tuple[int, Unescaped]]:
    """Return the unwrapped parts of a text, each with its place; no secret takes more than `most` octets."""
    found: list[tuple[int, Unescaped]] = []
    if 0 in text:
        found.append((0, Unescaped([Replaced(text, b"\0", b"")])))
    for pattern in (_BROKEN_LINES, _BROKEN_ESCAPES, _BROKEN_PERCENT, _BROKEN_ENTITIES):
        _add_lines(text, pattern, most, found)
    if is_quoted(text):
        written = _QUOTED_ESCAPES.split(text)
        pieces = written.copy()
        pieces[1::2] = [b"" if each.endswith((b"\n", b"n")) else bytes((int(each[1:], 16),)) for each in written[1::2]]
        found.append((0, Unescaped([Undone(b"".join(pieces), written, pieces)])))
    return found


def open_end(text: bytes, end: int) -> int:
    """Return where the end of a text, up to `end`, opens a word or a line that may go on; `end` if nowhere."""
    first = max(0, end - _OPEN_END_BYTES)
    match = _OPEN_END.search(text[first:end])
    if match is None:
        return end
    return first + match.start() + (0 if match["word"] else len(match[0].rstrip(b"\r\n \t")))


def _add_lines(text: bytes, pattern: re.Pattern[bytes], most: int, found: list[tuple[int, Unescaped]]) -> None:
    done = 0
    while (broken := pattern.search(text, done)) is not None:
        at = broken.start()
        before = text[max(done, at - most) : at]
        first = at - len(before) + len(before.rstrip(_DIGIT_OCTETS + b"\r"))
        # The pattern matches at `first`, if only an empty text.
        done = max(at + 1, next(_LINES.finditer(text, first)).end())
        written = _BREAKS.split(text[first:done])
        pieces = written.copy()
        pieces[1::2] = [b""] * (len(written) // 2)
        found.append((first, Unescaped([Undone(b"".join(pieces), written, pieces)])))
