"""Mended schemas: corrections of values that break the rules, and of keywords that belong to another version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.openapi.document import Json, JsonObject
    from plugin_gateway.openapi.mend.value_check import ValueCheck

_BOUNDS: Final = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))
_ANCHOR: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_JSON_SCHEMA: Final = frozenset({"3.1", "3.2"})


def mend_schema(check: ValueCheck, schema: JsonObject, version: str, say: Callable[[str, str], None]) -> None:
    """Mend one schema whose plain values already have the right types. Calls `say` with each changed field and the reason."""
    if version in _JSON_SCHEMA:
        _mend_words_of_3_0(schema, say)
    else:
        for exclusive, bound in _BOUNDS:
            if isinstance(schema.get(exclusive), bool) and bound not in schema:
                del schema[exclusive]  # without the bound it has no meaning
    for name in ("$anchor", "$dynamicAnchor"):
        if name in schema and not _ANCHOR.fullmatch(schema[name]):
            del schema[name]
            say(name, f"{name!r} is not an anchor name: it is left out")
    if isinstance(schema.get("enum"), list):
        _mend_enum(schema, say)
    if "multipleOf" in schema and not schema["multipleOf"] > 0:
        del schema["multipleOf"]
        say("multipleOf", "'multipleOf' must be greater than 0: it is left out")
    if isinstance(pattern := schema.get("pattern"), str) and not _is_pattern(pattern):
        del schema["pattern"]
        say("pattern", f"{pattern!r} is not a regular expression: it is left out")
    if schema.get("type") == "null" and version == "3.0":
        del schema["type"]
        schema |= {"enum": [None], "nullable": True, "type": "string"}
        say("type", "OpenAPI 3.0 has no type 'null': it is served as `nullable`")
    if version != "2.0" and schema.get("type") == "file":
        schema |= {"type": "string", "format": "binary"}
        say("type", "only Swagger 2.0 has the type 'file': it is served as a binary string")
    if schema.get("required") == [] and version in {"2.0", "3.0"}:
        del schema["required"]
    for name, entries in _lists_of_names(schema):
        del schema[name][entries]
        say(name, f"{name!r} of {entries!r} must be a list of strings: it is left out")
    if "default" in schema and check.refuses(schema, schema["default"]):
        del schema["default"]
        say("default", "the schema refuses its own default: it is left out")


def settle_positions(schema: JsonObject, version: str, say: Callable[[str, str], None]) -> None:
    """Rename a list in `items`, the older JSON Schema spelling, to `prefixItems`.

    An empty list has no meaning and goes, and so does a list beside `prefixItems`. Versions before 3.1 lack `prefixItems`, so
    there the list stays.
    """
    positions = schema.get("items")
    if not isinstance(positions, list) or (positions and version not in _JSON_SCHEMA):
        return
    del schema["items"]
    if positions and "prefixItems" in schema:
        say("items", "'items' must be a schema, and 'prefixItems' has the schemas of the first entries: it is left out")
        return
    if positions:
        schema["prefixItems"] = positions
        say("items", "OpenAPI 3.1 has no list of 'items': it is served as 'prefixItems'")
    if "additionalItems" in schema:
        schema["items"] = schema.pop("additionalItems")


def _mend_words_of_3_0(schema: JsonObject, say: Callable[[str, str], None]) -> None:
    if "nullable" in schema:
        is_nullable = schema.pop("nullable")
        if is_nullable and "type" in schema:
            types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            schema["type"] = types if "null" in types else [*types, "null"]
        say("nullable", "OpenAPI 3.1 has no 'nullable': it is served as the type 'null'")
    for exclusive, bound in _BOUNDS:
        if isinstance(schema.get(exclusive), bool):
            if schema.pop(exclusive) and bound in schema:
                schema[exclusive] = schema.pop(bound)
            say(exclusive, f"{exclusive!r} must be a number in OpenAPI 3.1: it is served with the bound as its value")


def _mend_enum(schema: JsonObject, say: Callable[[str, str], None]) -> None:
    if not schema["enum"]:
        del schema["enum"]
        say("enum", "an empty 'enum' would refuse every value: it is left out")


def _lists_of_names(schema: JsonObject) -> list[tuple[str, str]]:
    """Return the entries of `dependentRequired` and of the older `dependencies` that are not lists of names."""
    found = []
    for name in ("dependentRequired", "dependencies"):
        entries = schema.get(name)
        for key, names in entries.items() if isinstance(entries, dict) else ():
            if isinstance(names, dict | bool) and name == "dependencies":
                continue
            if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
                found.append((name, key))
    return found


def _is_pattern(pattern: Json) -> bool:
    """Return False only for unmatched brackets or a dangling repetition.

    Python refuses other patterns that ECMA-262 accepts.
    """
    try:
        re.compile(pattern)
    except re.error as error:
        return not any(word in error.msg for word in ("unterminated", "unbalanced", "missing ), ", "nothing to repeat"))
    except (RecursionError, OverflowError):
        return True
    return True
