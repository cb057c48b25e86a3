"""Nullable values: replacing a list of types by `anyOf` with the type `null`, which more clients understand.

OpenAPI 3.1 permits both. Semantic Kernel 1.45 and LangChain fail on a `type` that is a list, but load the same API in 3.0 with
`nullable`. All tested clients accept `anyOf`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.nodes import typed_nodes
from plugin_gateway.openapi.refs import index_of, split_pointer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from plugin_gateway.openapi.document import Json, JsonObject

_NULL: Final = "null"
_REFERENCES: Final = frozenset({"$ref", "$dynamicRef", "operationRef"})
_ABOUT_A_TYPE: Final = frozenset(
    {
        *("format", "pattern", "minLength", "maxLength", "contentEncoding", "contentMediaType", "contentSchema"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("items", "prefixItems", "contains", "minContains", "maxContains", "minItems", "maxItems", "uniqueItems"),
        *("properties", "patternProperties", "additionalProperties", "propertyNames", "required"),
        *("minProperties", "maxProperties", "dependentRequired"),
    }
)
"""Keywords that always accept null, so they can move into the alternative for the other type."""
_WITH_ALTERNATIVES: Final = frozenset({"anyOf", "$ref", "$dynamicRef", "unevaluatedProperties", "unevaluatedItems"})
"""A schema with one of these stays unchanged: a second `anyOf` would conflict, or a new one would change what is evaluated."""


def spell_out_null(root: JsonObject) -> None:
    """Rewrite each schema of `root` (3.1 or 3.2) whose type is a list of one type and `null`, in place."""
    schemas = [node for kind, node in typed_nodes(root) if kind is ObjectKind.SCHEMA and _can_be_spelt_out(node)]
    if not schemas or (fixed := _led_through(root)) is None:
        return
    for schema in schemas:
        if id(schema) not in fixed:
            _spell_out(schema)


def _can_be_spelt_out(schema: JsonObject) -> bool:
    return bool(_type_or_null(schema)) and not schema.keys() & _WITH_ALTERNATIVES and schema.get("enum") != [None]


def _type_or_null(schema: JsonObject) -> str:
    """Return the only type besides null that `schema` permits, or an empty string."""
    types = schema.get("type")
    others = [name for name in types if name != _NULL] if isinstance(types, list) and _NULL in types else []
    return others[0] if len(others) == 1 and isinstance(others[0], str) else ""


def _spell_out(schema: JsonObject) -> None:
    permitted, values = _type_or_null(schema), schema.get("enum")
    if isinstance(values, list) and None not in values:
        # `enum` or `const` excludes null.
        schema["type"] = permitted
        return
    typed: JsonObject = {"type": permitted}
    for key in [key for key in schema if key in _ABOUT_A_TYPE]:
        typed[key] = schema.pop(key)
    if isinstance(values, list):
        del schema["enum"]
        typed["enum"] = [value for value in values if value is not None]
    rewritten = {("anyOf" if key == "type" else key): value for key, value in schema.items()}
    schema.clear()
    schema.update(rewritten | {"anyOf": [typed, {"type": _NULL}]})


def _led_through(root: JsonObject) -> Collection[int] | None:
    """Return the ids of the objects that references pass through. Their contents must stay in place.

    Returns None if a reference is relative to an `$id`, because its pointer does not start at the root.
    """
    passed: set[int] = set()
    for ref in _references(root):
        if not ref.startswith("#"):
            return None
        tokens = split_pointer(unquote(ref[1:])) if ref.startswith("#/") else ()
        node: Json = root
        for token in tokens[:-1]:
            node = _child(node, token)
            passed.add(id(node))
    return passed


def _child(node: Json, token: str) -> Json:
    if isinstance(node, dict):
        return node.get(token)
    index = index_of(token) if isinstance(node, list) else None
    return node[index] if index is not None and index < len(node) else None


def _references(root: JsonObject) -> Iterator[str]:
    """Yield every `$ref`, also in data, and every other string that looks like a pointer into the document."""
    stack: list[Json] = [root]
    while stack:
        node = stack.pop()
        entries = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in entries:
            if isinstance(value, dict | list):
                stack.append(value)
            elif isinstance(value, str) and (key in _REFERENCES or value.startswith("#/")):
                yield value
