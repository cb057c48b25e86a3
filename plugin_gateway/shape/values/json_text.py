"""A JSON text: a value as the octets that go into a request."""

from __future__ import annotations

import json
from typing import Final

import orjson

from plugin_gateway.shape.values.scalar import UnwritableError

_UNREADABLE: Final = "cannot be written as JSON: it is nested too deeply, or it contains a number that is not finite or text that is not Unicode"


def json_octets(value: object) -> bytes:
    """Return the value as compact JSON in UTF-8.

    Raises:
        UnwritableError: the value cannot be written as JSON.
    """
    try:
        octets = orjson.dumps(value)
    except TypeError:  # also for integers of more than 64 bits and for 255 levels, which are valid JSON
        return _by_the_standard_library(value)
    # orjson writes NaN and infinity as null.
    return _by_the_standard_library(value) if b"null" in octets else octets


def json_ascii(value: object) -> str:
    """Return the value as compact JSON in ASCII, without control characters.

    Raises:
        UnwritableError: the value cannot be written as JSON.
    """
    octets = json_octets(value)
    text = octets.decode() if octets.isascii() else json.dumps(value, separators=(",", ":"))
    # The only control character that JSON does not escape; it can only be inside a string.
    return text.replace("\x7f", "\\u007f")


def _by_the_standard_library(value: object) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise UnwritableError(_UNREADABLE) from None
