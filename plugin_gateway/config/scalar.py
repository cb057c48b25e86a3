"""The scalars of gateway.yaml: each unquoted text gets the value that all YAML parsers give it, or is a mistake."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.config.mistake import Mistake
from plugin_gateway.text.plain_scalar import plain_value

if TYPE_CHECKING:
    from plugin_gateway.diagnostics import Pointer

_TOO_LARGE: Final = 10**18
_AMBIGUOUS: Final = (
    (re.compile(r"(?i:yes|no|on|off)"), "true or false to some YAML parsers and text to others"),
    (re.compile(r"[-+]?0[0-9_]+"), "octal to some YAML parsers and decimal or text to others"),
    (re.compile(r"[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"), "a number in base 60 to some YAML parsers"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?"), "a date to some YAML parsers and text to others"),
    (re.compile(r"[-+]?[0-9]*_[0-9_]*(?:\.[0-9_]*)?"), "a number to some YAML parsers and text to others"),
)  # fmt: skip


SWITCHES: Final = frozenset({("mcp", "mode"), ("public", "page"), ("validate", "request"), ("validate", "response")})
"""The places in gateway.yaml where `off` is a value: whether a parser reads false or text, it means the same there."""


def is_switch(pointer: Pointer, text: str) -> bool:
    """Return whether a text that is ambiguous elsewhere turns something on or off at its place."""
    return text in ("on", "off") and pointer in SWITCHES


def plain_scalar(text: str) -> Any:
    """Return the value of an unquoted scalar: null, true, false, a number or text.

    Raises:
        Mistake: parsers of YAML 1.1, which most programs use, read the text differently.

    """
    for pattern, message in _AMBIGUOUS:
        if pattern.fullmatch(text):
            otherwise = ", true or false if not" if text.isalpha() else ""
            if text.replace("_", "").lstrip("+-").isdigit():
                otherwise = f", {int(text.replace('_', ''))} if it is a number"
            raise Mistake("ambiguous-yaml", message, got=text, hint=f'write "{text}" if it is text{otherwise}')
    value = plain_value(text)
    # A number that no key takes stays text, so that a message shows it as it is written.
    return text if isinstance(value, int | float) and not abs(value) < _TOO_LARGE else value
