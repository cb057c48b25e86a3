"""Fields: what a body has, as JSON pointers with types.

Names that the document does not declare may be data, and become `*`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from plugin_gateway.openapi.refs import RefError, join_pointer
from plugin_gateway.shape.values.validator import type_of

if TYPE_CHECKING:
    from collections.abc import Container

    from plugin_gateway.observation.sighting import Fields
    from plugin_gateway.openapi.document import Document, Operation

_MOST_FIELDS: Final = 2_000
_MOST_DEPTH: Final = 32
_FORM: Final = "application/x-www-form-urlencoded"
ANY: Final = "*"


def fields_of(body: bytes, media_type: str, declared: Container[str]) -> Fields:
    """Return the fields of a JSON or form body, and the type of the body at the empty pointer; other bodies have no fields."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind == _FORM:
        names = {name for name, _ in parse_qsl(body.decode("latin-1"), keep_blank_values=True)}
        return {join_pointer([name if name in declared else ANY]): ("string",) for name in sorted(names)}
    if not (kind.endswith(("/json", "+json")) and body):
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, set[str]] = {}
    _collect(value, (), declared, found)
    return {pointer: tuple(sorted(types)) for pointer, types in found.items()}


def _collect(value: Any, tokens: tuple[str, ...], declared: Container[str], found: dict[str, set[str]]) -> None:
    if len(found) >= _MOST_FIELDS or len(tokens) > _MOST_DEPTH:
        return
    found.setdefault(join_pointer(tokens), set()).add(type_of(value))
    if isinstance(value, dict):
        for name, member in value.items():
            _collect(member, (*tokens, name if name in declared else ANY), declared, found)
    elif isinstance(value, list):
        for item in value:
            _collect(item, (*tokens, ANY), declared, found)


def declared_names(operation: Operation, document: Document) -> frozenset[str]:
    """Return the names of all properties in the schemas that an operation reaches, and of its form parameters."""
    names: set[str] = set()
    seen: set[str] = set()
    waiting: list[Any] = [operation.node, operation.path_item.get("parameters")]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            if isinstance(ref := node.get("$ref"), str) and ref not in seen:
                seen.add(ref)
                try:
                    waiting.append(document.resolve(ref).value)
                except RefError:
                    continue
            if isinstance(properties := node.get("properties"), dict):
                names.update(properties)
            if node.get("in") == "formData" and isinstance(name := node.get("name"), str):
                names.add(name)
            # Examples are values; their names are data.
            waiting += [node[key] for key in node if key not in ("example", "examples", "enum", "default", "const")]
    return frozenset(names)
