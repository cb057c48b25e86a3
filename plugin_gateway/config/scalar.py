"""A plain scalar: the value of unquoted text in YAML 1.2 (core schema), if all parsers agree on it."""

from __future__ import annotations

import re
from typing import Any, Final

from plugin_gateway.config.mistake import Mistake

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH: Final = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INT: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,15}")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")
_AMBIGUOUS: Final = (
    (re.compile(r"(?i:yes|no|on|off)"), "true or false to some YAML parsers and text to others"),
    (re.compile(r"[-+]?0[0-9_]+"), "octal to some YAML parsers and decimal or text to others"),
    (re.compile(r"[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"), "a number in base 60 to some YAML parsers"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?"), "a date to some YAML parsers and text to others"),
    (re.compile(r"[-+]?[0-9]*_[0-9_]*(?:\.[0-9_]*)?"), "a number to some YAML parsers and text to others"),
)  # fmt: skip


SWITCHES: Final = frozenset({("mcp", "mode"), ("public", "page"), ("validate", "request"), ("validate", "response")})
"""The places in gateway.yaml where `off` is a value: whether a parser reads false or text, it means the same there."""


def is_switch(pointer: tuple[str | int, ...], text: str) -> bool:
    """Return whether a text that is ambiguous elsewhere turns something on or off at its place."""
    return text in ("on", "off") and pointer in SWITCHES


def plain_scalar(text: str) -> Any:
    """Return the value of an unquoted scalar: null, true, false, a number or text.

    Raises:
        Mistake: YAML 1.1 parsers, which are the majority, read the text differently.

    """
    for pattern, message in _AMBIGUOUS:
        if pattern.fullmatch(text):
            otherwise = ", true or false if not" if text.isalpha() else ""
            if text.replace("_", "").lstrip("+-").isdigit():
                otherwise = f", {int(text.replace('_', ''))} if it is a number"
            raise Mistake("ambiguous-yaml", message, got=text, hint=f'write "{text}" if it is text{otherwise}')
    if text in _NULL:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    # A whole number too long for its type stays text: as a float it would be another number.
    return float(text) if _FLOAT.fullmatch(text) and not text.lstrip("+-").isdigit() else text
