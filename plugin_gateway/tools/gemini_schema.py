"""A schema for Gemini's `parameters`: the subset of OpenAPI that its `Schema` has (ai.google.dev/api/caching, "Schema").

Gemini refuses references, combinations other than `anyOf`, anything beside `anyOf`, lists of types and values other than text
in `enum`. So references are written out, and the rest becomes a looser schema with the same properties.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Json, JsonObject

_DEEPEST: Final = 12
_MOST: Final = 3_000
"""Schemas that refer to each other can be written out in very many ways. Those beyond this number accept any value."""
_FORMATS: Final = {
    "string": frozenset({"date-time"}),
    "number": frozenset({"float", "double"}),
    "integer": frozenset({"int32", "int64"}),
}
_KEPT: Final = {
    "string": ("pattern", "minLength", "maxLength"),
    "number": ("minimum", "maximum"),
    "integer": ("minimum", "maximum"),
    "boolean": (),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
_ANY: Final = ("string", "number", "boolean", "object")
"""The types for a value of any type; `object` needs no members."""


def gemini_schema(schema: JsonObject) -> JsonObject:
    """Return the schema for Gemini. It has the properties of the whole schema, each at its place; recursive parts end."""
    return _GeminiWriter(schema.get("$defs", {})).write(schema, 0, ())


class _GeminiWriter:
    """Writes schemas whose references lead into `definitions`."""

    def __init__(self, definitions: JsonObject) -> None:
        self._definitions = definitions
        self._left = _MOST

    def write(self, schema: Json, depth: int, inside: tuple[str, ...]) -> JsonObject:
        """Return the schema for Gemini. `inside` are the definitions around it."""
        self._left -= 1
        if not isinstance(schema, dict) or depth > _DEEPEST or self._left < 0:
            return _any(schema.get("description", "") if isinstance(schema, dict) else "")
        merged, inside = self._merged(schema, inside)
        text = merged.get("description", "")
        if merged.get("$cut"):
            return {"type": "object", "description": text or "The same again."}
        parts = [one for key in ("anyOf", "oneOf") for one in merged.get(key, ())]
        if parts and "properties" not in merged:
            return self._union(parts, text, depth, inside)
        types = [*_types(merged)]
        is_nullable = "null" in types
        types = [one for one in types if one != "null"]
        if not types:
            return _nullable(_any(text), is_nullable=is_nullable)
        if len(types) > 1:
            written = [self._write_one(merged, kind, "", depth, inside) for kind in types]
            return _nullable(_union(written, text), is_nullable=is_nullable)
        return _nullable(self._write_one(merged, types[0], text, depth, inside), is_nullable=is_nullable)

    def _merged(
        self, schema: JsonObject, inside: tuple[str, ...], depth: int = 0
    ) -> tuple[JsonObject, tuple[str, ...]]:
        """Write out the reference and the `allOf` of a schema. What stands beside them wins."""
        merged: JsonObject = {}
        self._left -= 1
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            if name in inside or depth > _DEEPEST or self._left < 0:
                return {
                    "$cut": True,
                    **({"description": schema["description"]} if "description" in schema else {}),
                }, inside
            inside = (*inside, name)
            target = self._definitions.get(name)
            merged, inside = self._merged(target if isinstance(target, dict) else {}, inside, depth + 1)
        for part in schema.get("allOf", ()):
            inner, inside = self._merged(part, inside, depth + 1) if isinstance(part, dict) else ({}, inside)
            merged = _both(merged, inner)
        own = {key: value for key, value in schema.items() if key not in {"$ref", "allOf", "$defs"}}
        return _both(merged, own), inside

    def _union(self, parts: list[Json], text: str, depth: int, inside: tuple[str, ...]) -> JsonObject:
        is_nullable = any(isinstance(one, dict) and one.get("type") == "null" for one in parts)
        written: list[JsonObject] = []
        for one in parts:
            if isinstance(one, dict) and one.get("type") == "null":
                continue
            shown = self.write(one, depth + 1, inside)
            written += [inner for inner in shown.get("anyOf", [shown]) if inner not in written]
        return _nullable(_union(written, text) if written else _any(text), is_nullable=is_nullable)

    def _write_one(self, schema: JsonObject, kind: str, text: str, depth: int, inside: tuple[str, ...]) -> JsonObject:
        written: JsonObject = {"type": kind}
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        if kind == "string" and values and all(isinstance(one, str) and one for one in values):
            written["enum"] = values
        elif values:
            shown = ", ".join(_shown(one) for one in values[:20])
            text = f"{text} One of: {shown}." if text else f"One of: {shown}."
        if text:
            written["description"] = text.strip()
        if schema.get("format") in _FORMATS.get(kind, ()):
            written["format"] = schema["format"]
        written |= {key: schema[key] for key in _KEPT.get(kind, ()) if key in schema}
        if kind == "array":
            items = schema.get("items")
            if not isinstance(items, dict):
                items = {"anyOf": listed} if (listed := schema.get("prefixItems")) else {"type": "string"}
            written["items"] = self.write(items, depth + 1, inside)
        if kind == "object" and (properties := schema.get("properties")):
            written["properties"] = {name: self.write(one, depth + 1, inside) for name, one in properties.items()}
            if required := [name for name in schema.get("required", ()) if name in properties]:
                written["required"] = required
        return written


def _types(schema: JsonObject) -> Iterator[str]:
    types = schema.get("type")
    if types is not None:
        yield from types if isinstance(types, list) else [types]
    elif "properties" in schema or isinstance(schema.get("additionalProperties"), dict):
        yield "object"
    elif "items" in schema or "prefixItems" in schema:
        yield "array"
    elif all(isinstance(one, str) for one in schema.get("enum", [schema.get("const")])):
        yield "string"


def _both(first: JsonObject, second: JsonObject) -> JsonObject:
    merged = first | second
    if "properties" in first and "properties" in second:
        merged["properties"] = first["properties"] | second["properties"]
    if "required" in first and "required" in second:
        merged["required"] = [*dict.fromkeys((*first["required"], *second["required"]))]
    return merged


def _union(written: list[JsonObject], text: str) -> JsonObject:
    if len(written) == 1:
        return written[0] | ({"description": text} if text else {})
    if text:
        # Nothing may stand beside `anyOf`.
        written = [{**written[0], "description": text}, *written[1:]]
    return {"anyOf": written}


def _nullable(schema: JsonObject, *, is_nullable: bool) -> JsonObject:
    if not is_nullable:
        return schema
    if "anyOf" in schema:
        first, *others = schema["anyOf"]
        return {"anyOf": [{**first, "nullable": True}, *others]}
    return {**schema, "nullable": True}


def _any(text: str) -> JsonObject:
    return _union([{"type": kind} for kind in _ANY], text)


def _shown(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
