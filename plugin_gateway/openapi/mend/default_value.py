"""A default value: whether its own schema refuses it.

Only certain refusals count: a keyword that this module does not implement refuses nothing.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, TypeGuard

from plugin_gateway.openapi.refs import RefError

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document, Json, JsonObject

_DEEPEST: Final = 20
_TYPES: Final = {"string": str, "array": list, "object": dict, "boolean": bool}


def is_refused(document: Document, schema: Json, value: Json, depth: int = 0) -> bool:
    """Return whether `schema` certainly refuses `value`."""
    if isinstance(schema, bool):
        return not schema
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return False
    if value is None and schema.get("nullable") is True:
        return False
    if isinstance(ref := schema.get("$ref"), str):
        try:
            target = document.resolve(ref).value
        except RefError:
            return False
        if is_refused(document, target, value, depth + 1):
            return True
        if document.version in {"2.0", "3.0"}:
            return False
    if not _is_typed(schema, value) or not _is_listed(schema, value):
        return True
    if isinstance(value, str):
        refused = _refuses_text(schema, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        refused = _refuses_number(schema, value)
    elif isinstance(value, list):
        refused = _refuses_count(schema, len(value), "minItems", "maxItems") or any(
            is_refused(document, schema["items"], item, depth + 1) for item in value if "items" in schema
        )
    elif isinstance(value, dict):
        refused = _refuses_object(document, schema, value, depth)
    else:
        refused = False
    return refused or _refused_by_parts(document, schema, value, depth)


def _refused_by_parts(document: Document, schema: JsonObject, value: Json, depth: int) -> bool:
    if any(is_refused(document, part, value, depth + 1) for part in _listed(schema.get("allOf"))):
        return True
    return any(
        bool(parts) and all(is_refused(document, part, value, depth + 1) for part in parts)
        for parts in (_listed(schema.get("anyOf")), _listed(schema.get("oneOf")))
    )


def _refuses_object(document: Document, schema: JsonObject, value: JsonObject, depth: int) -> bool:
    required, properties = schema.get("required"), schema.get("properties")
    if isinstance(required, list) and any(
        isinstance(name, str) and name not in value and not _goes_one_way(document, properties, name)
        for name in required
    ):
        return True
    return isinstance(properties, dict) and any(
        name in properties and is_refused(document, properties[name], entry, depth + 1) for name, entry in value.items()
    )


def _goes_one_way(document: Document, properties: Json, name: str) -> bool:
    """Return whether a property is required only in requests or only in responses (OpenAPI 3.0.3, 4.7.24.2)."""
    node = properties.get(name) if isinstance(properties, dict) else None
    if isinstance(node, dict) and isinstance(ref := node.get("$ref"), str):
        try:
            node = document.resolve(ref).value
        except RefError:
            return True
    return isinstance(node, dict) and True in (node.get("readOnly"), node.get("writeOnly"))


def _is_typed(schema: JsonObject, value: Json) -> bool:
    types = schema.get("type")
    if types is None:
        return True
    return any(_is_of_type(name, value) for name in (types if isinstance(types, list) else [types]))


def _is_of_type(name: Json, value: Json) -> bool:
    match name:
        case "null":
            return value is None
        case "integer":
            return (isinstance(value, int) and not isinstance(value, bool)) or (
                isinstance(value, float) and value.is_integer()
            )
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string" | "array" | "object" | "boolean":
            return isinstance(value, _TYPES[name])
        case _:
            return True


def _is_listed(schema: JsonObject, value: Json) -> bool:
    values = schema.get("enum")
    if isinstance(values, list) and values and not any(_are_equal(value, one) for one in values):
        return False
    return "const" not in schema or _are_equal(value, schema["const"])


def _are_equal(value: Json, other: Json) -> bool:
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


def _refuses_text(schema: JsonObject, value: str) -> bool:
    if _refuses_count(schema, len(value), "minLength", "maxLength"):
        return True
    pattern = schema.get("pattern")
    # Python's regular expressions differ from ECMA-262. Judge only patterns made of plain classes, groups and repetitions.
    if not isinstance(pattern, str) or re.search(r"\\[^\\./dDwWsSbB^$|*+?()\[\]{}-]|\(\?", pattern) or len(value) > 200:
        return False
    try:
        return re.search(pattern, value) is None
    except (re.error, RecursionError, OverflowError):
        return False


def _refuses_number(schema: JsonObject, value: float) -> bool:
    if isinstance(value, float) and not math.isfinite(value):
        return True
    low, high = schema.get("minimum"), schema.get("maximum")
    too_low, too_high = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    return (
        (_is_number(low) and (value < low or (too_low is True and value == low)))
        or (_is_number(high) and (value > high or (too_high is True and value == high)))
        or (_is_number(too_low) and value <= too_low)
        or (_is_number(too_high) and value >= too_high)
        or (isinstance(step := schema.get("multipleOf"), int) and step > 0 and value % step != 0)
    )


def _refuses_count(schema: JsonObject, count: int, least: str, most: str) -> bool:
    low, high = schema.get(least), schema.get(most)
    return (_is_number(low) and count < low) or (_is_number(high) and count > high)


def _is_number(value: Json) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
