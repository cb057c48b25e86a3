"""Mended schemas: rules of their version that they break, and keywords of another version in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.openapi.mend.default_value import is_refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.openapi.document import Document, Json, JsonObject

_BOUNDS: Final = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))
_ANCHOR: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_JSON_SCHEMA: Final = frozenset({"3.1", "3.2"})


def mend_schema(document: Document, schema: JsonObject, version: str, say: Callable[[str, str], None]) -> None:
    """Mend one schema, its plain values of the right types already; `say` is told of a field and why it changed."""
    if version in _JSON_SCHEMA:
        _mend_words_of_3_0(schema, say)
    else:
        for exclusive, bound in _BOUNDS:
            if isinstance(schema.get(exclusive), bool) and bound not in schema:
                del schema[exclusive]  # it says nothing without
    if isinstance(schema.get("enum"), list):
        _mend_enum(schema, say)
    if "multipleOf" in schema and not schema["multipleOf"] > 0:
        del schema["multipleOf"]
        say("multipleOf", "'multipleOf' must be greater than 0: it is left out of what is served")
    if isinstance(pattern := schema.get("pattern"), str) and not _is_pattern(pattern):
        del schema["pattern"]
        say("pattern", f"{pattern!r} is no regular expression: it is left out of what is served")
    if schema.get("type") == "null" and version == "3.0":
        del schema["type"]
        schema |= {"enum": [None], "nullable": True, "type": "string"}
        say("type", "OpenAPI 3.0 has no type 'null': `nullable` says it")
    if version != "2.0" and schema.get("type") == "file":
        schema |= {"type": "string", "format": "binary"}
        say("type", "only Swagger 2.0 has the type 'file': a binary text is described")
    if schema.get("required") == [] and version in {"2.0", "3.0"}:
        del schema["required"]
    for name, entries in _lists_of_names(schema):
        del schema[name][entries]
        say(name, f"{name!r} of {entries!r} must be a list of texts: it is left out of what is served")
    if "default" in schema and is_refused(document, schema, schema["default"]):
        del schema["default"]
        say("default", "the schema refuses its own default: it is left out of what is served")


def settle_positions(schema: JsonObject, version: str, say: Callable[[str, str], None]) -> None:
    """Write a list of `items`, which older JSON Schema has for the first items of an array, as `prefixItems`.

    An empty one says nothing. Before 3.1 there is no other word for them, and they stay.
    """
    positions = schema.get("items")
    if not isinstance(positions, list) or (positions and (version not in _JSON_SCHEMA or "prefixItems" in schema)):
        return
    del schema["items"]
    if positions:
        schema["prefixItems"] = positions
        say("items", "a list of 'items' is called 'prefixItems' in OpenAPI 3.1")
    if "additionalItems" in schema:
        schema["items"] = schema.pop("additionalItems")


def _mend_words_of_3_0(schema: JsonObject, say: Callable[[str, str], None]) -> None:
    if "nullable" in schema:
        is_nullable = schema.pop("nullable")
        if is_nullable and "type" in schema:
            types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            schema["type"] = types if "null" in types else [*types, "null"]
        say("nullable", "OpenAPI 3.1 has no 'nullable': the type 'null' says it")
    for name in ("$anchor", "$dynamicAnchor"):
        if name in schema and not _ANCHOR.fullmatch(schema[name]):
            del schema[name]
            say(name, f"{name!r} is no name of an anchor: it is left out of what is served")
    for exclusive, bound in _BOUNDS:
        if isinstance(schema.get(exclusive), bool):
            if schema.pop(exclusive) and bound in schema:
                schema[exclusive] = schema.pop(bound)
            say(exclusive, f"{exclusive!r} is a number in OpenAPI 3.1: the bound is written so")


def _mend_enum(schema: JsonObject, say: Callable[[str, str], None]) -> None:
    if not schema["enum"]:
        del schema["enum"]
        say("enum", "an empty 'enum' would refuse every value: it is left out of what is served")


def _lists_of_names(schema: JsonObject) -> list[tuple[str, str]]:
    """The entries of `dependentRequired` and of old `dependencies` that are no lists of names."""
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
    """Say whether it can be a regular expression at all; only brackets that do not close are held against it."""
    try:
        re.compile(pattern)
    except re.error as error:
        return not any(word in error.msg for word in ("unterminated", "unbalanced", "missing ), ", "nothing to repeat"))
    except (RecursionError, OverflowError):
        return True
    return True
