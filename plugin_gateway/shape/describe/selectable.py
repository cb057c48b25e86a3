"""The selectable names: the names that callers may write into a selection, and the parameter that clients see for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.shape.pointer import ANY, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.openapi.document import Document, JsonObject
    from plugin_gateway.openapi.refs import Tokens

_MOST_LEVELS: Final = 4
_MOST_NAMES: Final = 300
_MOST_LISTED: Final = 50
"""Names that an enum lists. Each costs a few tokens in every list of tools."""
_MOST_SHOWN: Final = 8


def selectable_names(document: Document, schemas: Iterable[Any]) -> dict[str, Tokens]:
    """Return the places that callers can select, by names such as `user.login`. Items of arrays have no name."""
    names: dict[str, Tokens] = {}
    level: list[tuple[str, Tokens, Any]] = [("", (), schema) for schema in schemas]
    for _ in range(_MOST_LEVELS):
        below: list[tuple[str, Tokens, Any]] = []
        for prefix, tokens, schema in level:
            for name, place, one in _named(document, schema, tokens, 0):
                full = f"{prefix}.{name}" if prefix else name
                if "," not in full and len(names) < _MOST_NAMES and names.setdefault(full, place) == place:
                    below.append((full, place, one))
        level = below
    return names


def _named(document: Document, schema: Any, tokens: Tokens, depth: int) -> Iterator[tuple[str, Tokens, Any]]:
    for part in parts_of(document, [schema]):
        if not isinstance(part, dict):
            continue
        properties = part.get("properties")
        for name, one in properties.items() if isinstance(properties, dict) else ():
            yield name, (*tokens, name), one
        if isinstance(part.get("items"), dict) and depth < _MOST_LEVELS:
            yield from _named(document, part["items"], (*tokens, ANY), depth + 1)


def selection_parameter(name: str, selectable: dict[str, Tokens]) -> JsonObject:
    """Describe the parameter for selections."""
    text = "The fields of the answer to return, separated by commas; all of them if it is left out."
    items: JsonObject = {"type": "string"}
    if len(selectable) <= _MOST_LISTED:
        items["enum"] = [*selectable]
    else:
        shown = ", ".join([*selectable][:_MOST_SHOWN])
        text += f" Such as: {shown}. A dot leads into an object or into the items of an array."
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": text,
        "style": "form",
        "explode": False,
        "schema": {"type": "array", "items": items},
    }
