"""A schema trim: a schema without the members that gateway.yaml removes, as clients see it.

Components are shared. A trim writes a changed copy of a component beside the original, once for each set of pointers that leads
into it, so circular schemas end. Pruning removes the components that are left without a reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.openapi.refs import RefError, to_ref
from plugin_gateway.openapi.values import as_mapping
from plugin_gateway.shape.pointer import ANY, step

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document, JsonObject
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.pointer import Pointers

_ENDS: Final = ()
_PARTS: Final = ("allOf", "anyOf", "oneOf")
_EXAMPLES: Final = ("enum", "examples")
_VALUES: Final = ("const", "default", "example")
_REST: Final = ("additionalProperties", "unevaluatedProperties")


class SchemaTrim:
    """Trims the schemas of one document. With `keeps`, the pointers name what stays; otherwise they name what goes."""

    def __init__(self, document: Document, pointers: Pointers, *, keeps: bool) -> None:
        """Take the document, which gets new components, and the pointers from the root of the schemas."""
        self._document = document
        self._pointers = pointers
        self._keeps = keeps
        self._names: dict[tuple[Tokens, Pointers], str] = {}

    def of(self, schema: Any) -> Any:
        """Return the trimmed schema. `schema` never changes; it is returned if the trim does not concern it."""
        return self._schema(schema, self._pointers) if self._concerns(schema, self._pointers, set()) else schema

    def of_value(self, value: Any) -> Any:
        """Return the trimmed example."""
        return self._value(value, self._pointers)

    def _below(self, pointers: Pointers, token: str) -> Pointers | None:
        """Return the pointers for a member or item; None if it is removed. An empty set means that it stays as it is."""
        below = step(pointers, token)
        if self._keeps:
            return None if not below else frozenset() if _ENDS in below else below
        return None if _ENDS in below else below

    def _schema(self, schema: Any, pointers: Pointers) -> Any:
        if not isinstance(schema, dict) or not pointers:
            return schema
        trimmed: JsonObject = {}
        for word, value in schema.items():
            match word:
                case "$ref" if isinstance(value, str):
                    trimmed[word] = self._reference(value, pointers)
                case "properties" if isinstance(value, dict):
                    trimmed[word] = self._members(value, pointers)
                case "patternProperties" if isinstance(value, dict):
                    if members := self._members(dict.fromkeys(value, None), pointers, ANY):
                        below = self._below(pointers, ANY) or frozenset()
                        trimmed[word] = {name: self._schema(value[name], below) for name in members}
                case "additionalProperties" | "unevaluatedProperties" | "items" if isinstance(value, dict | bool):
                    below_any = self._below(pointers, ANY)
                    if value is False or below_any is not None:
                        trimmed[word] = self._schema(value, below_any or frozenset())
                case "prefixItems" if isinstance(value, list):
                    trimmed[word] = [
                        self._schema(one, self._below(pointers, str(index)) or frozenset())
                        for index, one in enumerate(value)
                    ]
                case "required" if isinstance(value, list):
                    if names := [name for name in value if self._stays(name, pointers)]:
                        trimmed[word] = names
                case "dependentRequired" if isinstance(value, dict):
                    trimmed[word] = {
                        name: [one for one in names if self._stays(one, pointers)] if isinstance(names, list) else names
                        for name, names in value.items()
                        if self._stays(name, pointers)
                    }
                case "dependentSchemas" if isinstance(value, dict):
                    trimmed[word] = {
                        name: self._schema(one, pointers) for name, one in value.items() if self._stays(name, pointers)
                    }
                case "allOf" | "anyOf" | "oneOf" if isinstance(value, list):
                    trimmed[word] = [self._schema(one, pointers) for one in value]
                case "not":
                    # Without the member it could forbid every value.
                    if not self._concerns(value, pointers, set()):
                        trimmed[word] = value
                case "if" | "then" | "else":
                    if not self._concerns(schema.get("if"), pointers, set()):
                        trimmed[word] = self._schema(value, pointers)
                case "discriminator" if isinstance(value, dict) and not self._stays(
                    value.get("propertyName"), pointers
                ):
                    pass
                case "const" | "default" | "example":
                    trimmed[word] = self._value(value, pointers)
                case "enum" | "examples" if isinstance(value, list):
                    trimmed[word] = [self._value(one, pointers) for one in value]
                case _:
                    trimmed[word] = value
        return trimmed

    def _members(self, members: JsonObject, pointers: Pointers, as_name: str = "") -> JsonObject:
        kept: JsonObject = {}
        for name, schema in members.items():
            below = self._below(pointers, as_name or name)
            if below is not None:
                kept[name] = self._schema(schema, below)
        return kept

    def _stays(self, name: object, pointers: Pointers) -> bool:
        return not isinstance(name, str) or self._below(pointers, name) is not None

    def _reference(self, ref: str, pointers: Pointers) -> str:
        try:
            target = self._document.resolve(ref)
        except RefError:
            return ref
        key = target.tokens, pointers
        if key not in self._names:
            if not self._concerns(target.value, pointers, set()):
                return ref
            schemas = self._document.root.setdefault("components", {}).setdefault("schemas", {})
            name = self._names[key] = _free_name(target.tokens[-1] if target.tokens else "Schema", schemas)
            schemas[name] = {}
            schemas[name] = trimmed = self._schema(target.value, pointers)
            same = next((other for other, schema in schemas.items() if other != name and schema == trimmed), None)
            if same is not None and same.startswith(name.rpartition("_")[0]):
                # Another operation has the same trim.
                del schemas[name]
                self._names[key] = same
        return to_ref(("components", "schemas", self._names[key]))

    def _concerns(self, schema: Any, pointers: Pointers, seen: set[tuple[int, Pointers]]) -> bool:
        """Whether the trim removes a part of the schema."""
        if not isinstance(schema, dict) or not pointers or (id(schema), pointers) in seen:
            return False
        seen.add((id(schema), pointers))
        if isinstance(ref := schema.get("$ref"), str):
            try:
                if self._concerns(self._document.resolve(ref).value, pointers, seen):
                    return True
            except RefError:
                pass
        named = {**as_mapping(schema.get("properties")), **dict.fromkeys(_names_in(schema))}
        for name, member in named.items():
            below = self._below(pointers, name)
            if below is None or self._concerns(member, below, seen):
                return True
        rest = [
            *as_mapping(schema.get("patternProperties")).values(),
            *(schema[word] for word in (*_REST, "items") if word in schema),
        ]
        if rest and any(one is not False for one in rest):
            below = self._below(pointers, ANY)
            if below is None or any(self._concerns(one, below, seen) for one in rest):
                return True
        positions = schema.get("prefixItems")
        for index, item in enumerate(positions if isinstance(positions, list) else ()):
            if self._concerns(item, self._below(pointers, str(index)) or frozenset(), seen):
                return True
        parts = [one for word in _PARTS if isinstance(schema.get(word), list) for one in schema[word]]
        parts += [schema[word] for word in ("not", "if", "then", "else") if word in schema]
        parts += as_mapping(schema.get("dependentSchemas")).values()
        if any(self._concerns(one, pointers, seen) for one in parts):
            return True
        values = [schema[word] for word in _VALUES if word in schema]
        values += [one for word in _EXAMPLES if isinstance(schema.get(word), list) for one in schema[word]]
        return any(self._value(value, pointers) != value for value in values)

    def _value(self, value: Any, pointers: Pointers) -> Any:
        if not pointers:
            return value
        if isinstance(value, dict):
            below = {name: self._below(pointers, str(name)) for name in value}
            return {name: self._value(value[name], rest) for name, rest in below.items() if rest is not None}
        if isinstance(value, list):
            items = [(one, self._below(pointers, str(index))) for index, one in enumerate(value)]
            return [self._value(one, rest) for one, rest in items if rest is not None]
        return value


def _names_in(schema: JsonObject) -> set[str]:
    """Return the names that a schema mentions outside of `properties`."""
    names = schema.get("required")
    found = {one for one in names if isinstance(one, str)} if isinstance(names, list) else set()
    for word in ("dependentRequired", "dependentSchemas"):
        found |= as_mapping(schema.get(word)).keys()
    for listed in as_mapping(schema.get("dependentRequired")).values():
        found |= {one for one in listed if isinstance(one, str)} if isinstance(listed, list) else set()
    found -= as_mapping(schema.get("properties")).keys()
    return found


def _free_name(base: str, taken: JsonObject) -> str:
    number = 2
    while f"{base}_{number}" in taken:
        number += 1
    return f"{base}_{number}"
