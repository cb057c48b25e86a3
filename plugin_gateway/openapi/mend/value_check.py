"""A value check: whether a schema refuses a default value or an example beside it.

Unknown keywords accept every value. A check that takes too long also accepts the value: schemas that refer to each other twice
at every level have 2^20 parts within the depth that is checked.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, TypeGuard

from plugin_gateway.openapi.refs import RefError
from plugin_gateway.openapi.values import as_list

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document, Json, JsonObject

_DEEPEST: Final = 20
_MOST_STEPS: Final = 20_000
"""The longest check of one value. The values of real documents take fewer than 2,000."""
MOST_STEPS_IN_ALL: Final = 500_000
"""The longest check of all values of a document, about 1 s. The values of a real document take fewer than 30,000."""
_MOST_MATCHING: Final = 1_000_000
"""The most places that a pattern may try in a text, about 10 ms."""
_MOST_BRANCHES: Final = 20
"""Repetitions and choices in a pattern that is checked: 2^20 is more than `_MOST_MATCHING`."""
_MATCHES_PER_STEP: Final = 100
_TYPES: Final = {"string": str, "array": list, "object": dict, "boolean": bool}
_UNUSUAL: Final = re.compile(r"\\[^\\./dDwWsSbB^$|*+?()\[\]{}-]|\(\?")
_REPEATED_GROUP: Final = re.compile(r"(?<!\\)\)[*+?{]")
_REPETITION: Final = re.compile(r"[*+?]|\{\d*,")


class _TooLongError(Exception):
    """Raised where a check takes too many steps."""


class Effort:
    """The steps that the checks of one document have taken."""

    __slots__ = ("steps",)

    def __init__(self) -> None:
        self.steps = 0


class ValueCheck:
    """Checks the values of one document, and gives up where that takes too long."""

    def __init__(self, document: Document, effort: Effort | None = None) -> None:
        """Take the document, and an effort that the caller reads afterwards."""
        self._document = document
        self._is_old = document.version in {"2.0", "3.0"}
        self._effort = effort or Effort()
        self._last_step = 0

    def refuses(self, schema: Json, value: Json) -> bool:
        """Return whether `schema` certainly refuses `value`."""
        self._last_step = min(self._effort.steps + _MOST_STEPS, MOST_STEPS_IN_ALL)
        try:
            return self._refuses(schema, value, 0)
        except _TooLongError:
            return False

    def _take(self, steps: int = 1) -> None:
        self._effort.steps += steps
        if self._effort.steps > self._last_step:
            raise _TooLongError

    def _refuses(self, schema: Json, value: Json, depth: int) -> bool:
        self._take()
        if isinstance(schema, bool):
            return not schema
        if not isinstance(schema, dict) or depth > _DEEPEST:
            return False
        if isinstance(ref := schema.get("$ref"), str):
            try:
                target = self._document.resolve(ref).value
            except RefError:
                return False
            if self._refuses(target, value, depth + 1):
                return True
            if self._is_old:
                return False
        # `nullable` extends only `type` (OpenAPI 3.0.3, 4.7.24.1).
        is_null = value is None and schema.get("nullable") is True and "type" in schema
        if not (is_null or _is_typed(schema, value)) or not self._is_listed(schema, value):
            return True
        if isinstance(value, str):
            refused = self._refuses_text(schema, value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            refused = _refuses_number(schema, value)
        elif isinstance(value, list):
            refused = _refuses_count(schema, len(value), "minItems", "maxItems") or any(
                self._refuses(schema["items"], item, depth + 1) for item in value if "items" in schema
            )
        elif isinstance(value, dict):
            refused = self._refuses_object(schema, value, depth)
        else:
            refused = False
        return refused or self._refused_by_parts(schema, value, depth)

    def _refused_by_parts(self, schema: JsonObject, value: Json, depth: int) -> bool:
        if any(self._refuses(part, value, depth + 1) for part in as_list(schema.get("allOf"))):
            return True
        return any(
            bool(parts) and all(self._refuses(part, value, depth + 1) for part in parts)
            for parts in (as_list(schema.get("anyOf")), as_list(schema.get("oneOf")))
        )

    def _refuses_object(self, schema: JsonObject, value: JsonObject, depth: int) -> bool:
        required, properties = schema.get("required"), schema.get("properties")
        if isinstance(required, list):
            self._take(len(required))
            for name in required:
                if isinstance(name, str) and name not in value and not self._goes_one_way(properties, name):
                    return True
        return isinstance(properties, dict) and any(
            name in properties and self._refuses(properties[name], entry, depth + 1) for name, entry in value.items()
        )

    def _goes_one_way(self, properties: Json, name: str) -> bool:
        """Return whether a property is required only in requests or only in responses (OpenAPI 3.0.3, 4.7.24.2)."""
        node = properties.get(name) if isinstance(properties, dict) else None
        if isinstance(node, dict) and isinstance(ref := node.get("$ref"), str):
            try:
                node = self._document.resolve(ref).value
            except RefError:
                return True
        return isinstance(node, dict) and True in (node.get("readOnly"), node.get("writeOnly"))

    def _is_listed(self, schema: JsonObject, value: Json) -> bool:
        values = schema.get("enum")
        if isinstance(values, list) and values:
            self._take(len(values))
            if not any(_are_equal(value, one) for one in values):
                return False
        return "const" not in schema or _are_equal(value, schema["const"])

    def _refuses_text(self, schema: JsonObject, value: str) -> bool:
        if _refuses_count(schema, len(value), "minLength", "maxLength"):
            return True
        pattern = schema.get("pattern")
        # Python's regular expressions differ from ECMA-262. Check only patterns of plain classes, groups and repetitions.
        if not isinstance(pattern, str) or _UNUSUAL.search(pattern) or len(value) > 200:
            return False
        # A search can begin at each character, and each repetition can end at each. A repeated group has 2^n ways through n
        # characters.
        repetitions, choices = len(_REPETITION.findall(pattern)), pattern.count("|")
        if repetitions + choices > _MOST_BRANCHES:
            return False
        places = (len(value) + 1) ** (repetitions + (not pattern.startswith("^"))) * 2**choices
        if _REPEATED_GROUP.search(pattern) or places > _MOST_MATCHING:
            return False
        self._take(places // _MATCHES_PER_STEP)
        try:
            return re.search(pattern, value) is None
        except (re.error, RecursionError, OverflowError):
            return False


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


def _are_equal(value: Json, other: Json) -> bool:
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


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
