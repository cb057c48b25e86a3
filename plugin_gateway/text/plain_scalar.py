"""A plain scalar: the JSON value of an unquoted text, by the core schema of YAML (YAML 1.2.2, 10.3.2)."""

from __future__ import annotations

import math
import re

_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED_INTEGER = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

_MAX_DIGITS = 300
"""Integers stay exact, but numbers beyond the range of a double are refused, as in JSON documents."""


def plain_value(text: str) -> str | float | None:
    """Return the value. It is infinite if JSON cannot represent the number."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= _MAX_DIGITS else math.inf
    if _BASED_INTEGER.fullmatch(text):
        return int(text, 0) if len(text) <= _MAX_DIGITS else math.inf
    if _FLOAT.fullmatch(text):
        return float(text)
    return math.inf if _NOT_FINITE.fullmatch(text) else text
