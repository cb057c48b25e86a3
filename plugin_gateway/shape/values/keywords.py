"""The keywords of JSON Schema 2020-12: the shape of each value, and so the parts of a schema that every validator accepts."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plugin_gateway.openapi.document import Json

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

ONE: Final = frozenset(
    {
        *("items", "contains", "unevaluatedItems", "additionalProperties", "propertyNames", "unevaluatedProperties"),
        *("not", "if", "then", "else", "contentSchema"),
    }
)
"""Keywords whose value is a schema."""
LISTS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
"""Keywords whose value is a list of schemas."""
MAPS: Final = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs"})
"""Keywords whose value is schemas by name."""
COMBINING: Final = ("allOf", "anyOf", "oneOf")
TYPES: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})

MCP_HEADER: Final = "x-mcp-header"
"""MCP's extension of a property: the client repeats the argument in the header field `Mcp-Param-{value}`."""


def is_schema(value: Json) -> bool:
    return isinstance(value, dict | bool)


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _is_flag(value: Json) -> bool:
    return isinstance(value, bool)


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: Json) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)


def _is_names(value: Json) -> bool:
    return isinstance(value, list) and all(map(_is_text, value)) and len({*value}) == len(value)


def _is_types(value: Json) -> bool:
    if isinstance(value, list):
        return bool(value) and _is_names(value) and TYPES.issuperset(value)
    return isinstance(value, str) and value in TYPES


def is_pattern(value: Json) -> bool:
    """Whether a regular expression is valid in Python and in ECMAScript: clients validate with both."""
    try:
        return isinstance(value, str) and re.compile(value) is not None and not _NOT_ECMASCRIPT.search(value)
    except (re.error, RecursionError, OverflowError):
        return False


_NOT_ECMASCRIPT = re.compile(r"\(\?P|\(\?#|\(\?\(|\(\?[aiLmsux-]+[:)]|\\[AZ]|[*+?}]\+")

_IS_VALID: Final[Mapping[str, Callable[[Json], bool]]] = {
    **dict.fromkeys(("title", "description", "format", "contentEncoding", "contentMediaType", "$comment"), _is_text),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly", "uniqueItems"), _is_flag),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(
        (
            *("minLength", "maxLength", "minItems", "maxItems", "minContains", "maxContains"),
            *("minProperties", "maxProperties"),
        ),
        _is_count,
    ),
    "default": lambda _: True,
    "const": lambda _: True,
    "enum": lambda value: isinstance(value, list) and bool(value),
    "examples": lambda value: isinstance(value, list),
    "multipleOf": lambda value: _is_number(value) and value > 0,
    "pattern": is_pattern,
    "required": _is_names,
    "dependentRequired": lambda value: isinstance(value, dict) and all(map(_is_names, value.values())),
    "type": _is_types,
    "$anchor": lambda value: isinstance(value, str) and re.fullmatch(r"[A-Za-z_][-A-Za-z0-9._]*", value) is not None,
}


def is_valid(keyword: str, value: Json) -> bool:
    """Whether 2020-12 has this keyword with such a value. It does not judge keywords that hold schemas."""
    check = _IS_VALID.get(keyword)
    return check is not None and check(value)
