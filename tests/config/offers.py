"""Offers: values that an editor would let a person write, read from octets by a JSON Schema that annotates gateway.yaml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.octets import Octets

TEXTS = (
    "listOrders", "GET /orders", "/orders/**", "/data", "https://api.example.com", "https://api.example.com/v2", "http://localhost:8080",
    "10s", "1h", "32kB", "1MB", "20/s", "127.0.0.1:8000", ":9000", "X-Key", "a@example.com", "x-a", "orders/x", "openapi.yaml", "g-1a2b3c",
    "",
)  # fmt: skip
_MOST_OPTIONAL_KEYS = 3


def offer(schema: Any, whole: dict[str, Any], octets: Octets) -> Any:
    """Return a value of the schema's shape. It keeps the rules between keys, and the patterns of texts, only mostly."""
    if "$ref" in schema:
        return offer(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, octets)
    if "properties" in schema:
        required = schema.get("required", [])
        rest = [key for key in schema["properties"] if key not in required]
        keys = dict.fromkeys(
            (*required, *(octets.choice(rest) for _ in range(octets.below(_MOST_OPTIONAL_KEYS + 1)) if rest))
        )
        return {key: offer(schema["properties"][key], whole, octets) for key in keys}
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return offer(octets.choice(schema[word]), whole, octets)
    if "const" in schema or "enum" in schema:
        return octets.choice(schema.get("enum") or [schema["const"]])
    kinds = schema.get("type", ["integer", "string"])
    return _OF_KIND[octets.choice(kinds) if isinstance(kinds, list) else kinds](schema, whole, octets)


def _mapping(schema: Any, whole: dict[str, Any], octets: Octets) -> Any:
    [(pattern, member)] = schema.get("patternProperties", {"": schema.get("additionalProperties")}).items()
    keys = [text for text in TEXTS if text and (re.search(pattern, text) or not octets.below(20))]
    return {
        octets.choice(keys): offer(member if isinstance(member, dict) else {}, whole, octets)
        for _ in range(octets.below(3))
    }


def _text(schema: Any, _: Any, octets: Octets) -> str:
    fitting = [text for text in TEXTS if re.search(schema.get("pattern", ""), text)]
    chosen: str = octets.choice(fitting if fitting and octets.below(40) else TEXTS)
    return chosen


_OF_KIND: dict[str, Any] = {
    "null": lambda *_: None,
    "boolean": lambda _, __, octets: octets.below(2) == 1,
    "integer": lambda _, __, octets: octets.choice((1, 5, 2000)),
    "number": lambda _, __, octets: octets.choice((0.5, 1, 5)),
    "string": _text,
    "array": lambda schema, whole, octets: [
        offer(schema["items"], whole, octets) for _ in range(octets.below(2) + schema.get("minItems", octets.below(2)))
    ],
    "object": _mapping,
}
