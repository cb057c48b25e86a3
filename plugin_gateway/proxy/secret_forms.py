"""The forms of a secret: the texts that an answer may contain in its place, before any octet is escaped.

A secret may appear as it is, in hexadecimal, in another character encoding, or in base64 at each of its three alignments
within a longer text.
"""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")


def forms_of(secret: str) -> tuple[bytes, ...]:
    """Return the forms of a secret that can be escaped octet by octet, in a stable order."""
    octets = secret.encode()
    forms = {octets, octets.hex().encode(), octets.hex().upper().encode(), *_base64_forms_of(octets)}
    if not secret.isascii():
        # Many servers decode a field as Latin-1, and some write it back so.
        forms.add(octets.decode("latin-1").encode())
        narrow = secret.encode("latin-1", "ignore")
        if len(narrow) == len(secret):
            forms.add(narrow)
    forms.add(octets.replace(b" ", b"+"))
    in_json = json.dumps(secret)[1:-1]
    # Base64 hides escapes, so include the base64 of commonly escaped forms; a token endpoint is sent the first one.
    for escaped in {
        quote_plus(secret),
        quote(secret, safe=""),
        quote(secret),
        in_json,
        in_json.replace("/", "\\/"),
        escape(secret),
    }:
        forms.update(_base64_forms_of(escaped.encode()))
    return tuple(sorted(forms))


def wide_forms_of(secret: str) -> tuple[bytes, ...]:
    """Return the secret in UTF-16 and UTF-32; software that writes those does not escape octets."""
    return tuple(secret.encode(encoding) for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"))


@lru_cache(maxsize=256)
def all_forms_of(secret: str) -> tuple[bytes, ...]:
    """Return every form of a secret, in a stable order."""
    return (*forms_of(secret), *wide_forms_of(secret))


def _base64_forms_of(octets: bytes) -> Iterator[bytes]:
    for shift in range(3):
        # The octets before and after a secret change its first and last digits; only those between are certain.
        digits = base64.b64encode(b"\0" * shift + octets)[(0, 2, 3)[shift] : (shift + len(octets)) * 8 // 6]
        yield from (digits, digits.translate(_URL_SAFE))
