"""A shortcut: the values that a simple schema accepts, found without a validator.

Most parameters are a number between two bounds, one of a few words, or any text. A validator takes ten times as long for these.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

from plugin_gateway.shape.values.validator import FORMATS, INTEGERS

# Keywords that assert nothing. A schema with any other keyword has no shortcut.
_SILENT: Final = frozenset(
    ("$comment", "$defs", "$schema", "default", "deprecated", "description", "example", "examples", "externalDocs", "readOnly", "title", "type",
     "writeOnly", "xml")
)  # fmt: skip
_BOUNDS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
NO_WORDS: Final[frozenset[bytes]] = frozenset()
"""One set for all readers without words: a worker may have 3,000, and Python makes a new empty set each time."""

_is_unescaped: Final = re.compile(r"[!-$&-*,-~]*").fullmatch


def range_of(schema: Any) -> tuple[int, int] | None:
    """Return the least and the greatest integer that a schema of integers accepts; None if it asserts more than bounds."""
    if not _says_only(schema, "integer", _BOUNDS | {"format"}):
        return None
    least, most = INTEGERS.get(str(schema.get("format")), (-(10**400), 10**400))
    for word in _BOUNDS & schema.keys():
        bound = schema[word]
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not math.isfinite(bound):
            return None
        match word:
            case "minimum":
                least = max(least, math.ceil(bound))
            case "exclusiveMinimum":
                least = max(least, math.floor(bound) + 1)
            case "maximum":
                most = min(most, math.floor(bound))
            case _:
                most = min(most, math.ceil(bound) - 1)
    return least, most


def words_of(schema: Any) -> frozenset[bytes]:
    """Return the texts that a schema of some words accepts and that are written as they are; empty if it asserts more."""
    if not _says_only(schema, "string", {"enum", "format"}) or _asserts_format(schema):
        return NO_WORDS
    words = schema.get("enum")
    if not isinstance(words, list):
        return NO_WORDS
    return frozenset(word.encode("ascii") for word in words if isinstance(word, str) and _is_unescaped(word))


def takes_every_text(schema: Any) -> bool:
    """Whether a schema of strings accepts every string."""
    return _says_only(schema, "string", {"format"}) and not _asserts_format(schema)


def takes_booleans(schema: Any) -> bool:
    """Whether a schema accepts true and false."""
    return _says_only(schema, "boolean", {"format"})


def _says_only(schema: Any, type_: str, keywords: frozenset[str] | set[str]) -> bool:
    return (
        isinstance(schema, dict)
        and schema.get("type") in (type_, [type_])
        and all(key in _SILENT or key in keywords or key.startswith("x-") for key in schema)
    )


def _asserts_format(schema: dict[str, Any]) -> bool:
    return schema.get("format") in FORMATS or schema.get("format") in INTEGERS
