"""A strict schema: an input schema in the subset that OpenAI's strict mode takes (Structured Outputs, "Supported schemas").

In strict mode the model sends every property, and null for what it leaves out. The gateway reads null as left out for
parameters and fields of forms only; in a JSON body null is a value. So a schema with another optional property has no strict
form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.shape.values.keywords import COMBINING

if TYPE_CHECKING:
    from collections.abc import Collection

    from plugin_gateway.openapi.document import Json, JsonObject

_DEEPEST: Final = 10
_MOST_PROPERTIES: Final = 5_000
_MOST_VALUES: Final = 1_000
_FORMATS: Final = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_KEPT: Final = frozenset(
    {
        *("description", "pattern", "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("minItems", "maxItems"),
    }
)
_DROPPED: Final = frozenset(
    {
        *("$schema", "$comment", "title", "default", "examples", "deprecated", "readOnly", "writeOnly", "minLength"),
        *("maxLength", "uniqueItems", "contentEncoding", "contentMediaType", "$anchor", "x-mcp-header"),
    }
)
"""Keywords without which a schema accepts the same calls, or a few that the API itself refuses."""


class _NotStrictError(Exception):
    """Raised for a schema that has no strict form."""


def strict_schema(schema: JsonObject, nullable: Collection[str]) -> JsonObject | None:
    """Return the strict form, or None. `nullable` are the optional arguments that may be null instead of left out."""
    if {*COMBINING, "if", "not"} & schema.keys():
        return None
    required = {*schema.get("required", ()), *nullable}
    closed = {key: value for key, value in schema.items() if key != "additionalProperties"}
    if schema.get("additionalProperties", False) is not False:
        return None
    writer = _StrictWriter()
    try:
        properties = {
            name: _or_null(writer.write(one, 1)) if name not in schema.get("required", ()) else writer.write(one, 1)
            for name, one in closed["properties"].items()
        }
        definitions = {name: writer.write(one, 1) for name, one in closed.get("$defs", {}).items()}
    except _NotStrictError:
        return None
    if not required >= properties.keys():
        return None
    strict: JsonObject = {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
    return strict | ({"$defs": definitions} if definitions else {})


class _StrictWriter:
    """Writes strict schemas, and counts what their sum may have."""

    def __init__(self) -> None:
        self._properties = 0
        self._values = 0

    def write(self, schema: Json, depth: int) -> JsonObject:
        """Return a strict schema.

        Raises:
            _NotStrictError: there is none.
        """
        if not isinstance(schema, dict) or depth > _DEEPEST:
            raise _NotStrictError
        if "$ref" in schema:
            ref = {"$ref": schema["$ref"]}
            return {"anyOf": [ref], "description": schema["description"]} if "description" in schema else ref
        strict: JsonObject = {}
        types = schema.get("type")
        if types is None and "properties" in schema:
            types = "object"
        for key, value in schema.items():
            match key:
                case "type" | "required" | "properties" | "additionalProperties" | "items":
                    pass  # written below
                case "enum":
                    self._values += len(value)
                    strict[key] = value
                case "const":
                    strict["enum"] = [value]
                case "anyOf" | "oneOf":
                    strict["anyOf"] = [self.write(one, depth) for one in value]
                case "format":
                    strict |= {key: value} if value in _FORMATS else {}
                case _ if key in _KEPT:
                    strict[key] = value
                case _:
                    if key not in _DROPPED:
                        raise _NotStrictError
        if types is None:
            if "anyOf" not in strict and not all(isinstance(one, str) for one in strict.get("enum", [None])):
                raise _NotStrictError
            return strict | ({} if "anyOf" in strict else {"type": "string"})
        strict["type"] = types
        listed = types if isinstance(types, list) else [types]
        if "object" in listed:
            strict |= self._members(schema, depth)
        if "array" in listed:
            strict["items"] = self.write(schema.get("items"), depth + 1)
        if self._values > _MOST_VALUES:
            raise _NotStrictError
        return strict

    def _members(self, schema: JsonObject, depth: int) -> JsonObject:
        properties, required = schema.get("properties"), schema.get("required", ())
        if not properties or schema.get("additionalProperties", False) is not False or {*required} != {*properties}:
            raise _NotStrictError
        self._properties += len(properties)
        if self._properties > _MOST_PROPERTIES:
            raise _NotStrictError
        return {
            "properties": {name: self.write(one, depth + 1) for name, one in properties.items()},
            "required": [*properties],
            "additionalProperties": False,
        }


def _or_null(schema: JsonObject) -> JsonObject:
    if "type" not in schema:
        parts = schema.get("anyOf", [schema])
        shown = {"description": schema["description"]} if "anyOf" in schema and "description" in schema else {}
        return {"anyOf": [*parts, {"type": "null"}], **shown}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    nullable = schema | {"type": types if "null" in types else [*types, "null"]}
    if "enum" in schema and None not in schema["enum"]:
        nullable["enum"] = [*schema["enum"], None]
    return nullable
