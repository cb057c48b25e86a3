"""A schema that stands alone: a copy of a document's schema in which every reference leads into its own `$defs`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugin_gateway.openapi.grammar import FIELDS, Kind, Shape, is_extension
from plugin_gateway.openapi.refs import RefError

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document, Json, JsonObject

_NOT_SHOWN = frozenset({"xml", "externalDocs", "discriminator", "$defs", "definitions"})
_SCHEMA_FIELDS = FIELDS[Kind.SCHEMA]


class Definitions:
    """The `$defs` of one tool, filled while its schemas are copied."""

    def __init__(self, document: Document, *, hidden: str) -> None:
        """Take the document, and the word of the properties that are left out: `readOnly` or `writeOnly`."""
        self._document = document
        self._hidden = hidden
        self._names: dict[tuple[str, ...], str] = {}
        self._wanted: list[tuple[str, Json]] = []

    def copy(self, schema: Json) -> Json:
        """Return a copy that stands alone together with `finish()`."""
        if not isinstance(schema, dict):
            return schema if isinstance(schema, bool) else {}
        copied: JsonObject = {}
        for key, value in schema.items():
            if key in _NOT_SHOWN or is_extension(key):
                continue
            if key == "$ref":
                copied |= self._refer(value)
            elif key == "example":
                copied.setdefault("examples", [value])
            elif key == "properties" and isinstance(value, dict):
                copied[key] = {name: self.copy(one) for name, one in value.items() if not self.is_hidden(one)}
            elif key == "required" and isinstance(value, list):
                copied[key] = [name for name in value if not self.is_hidden(_property(schema, name))]
            elif (field := _SCHEMA_FIELDS.get(key)) is None:
                copied[key] = value
            elif isinstance(value, list) and field.shape is not Shape.MAP:
                copied[key] = [self.copy(one) for one in value]
            elif isinstance(value, dict) and field.shape is Shape.MAP:
                copied[key] = {name: self.copy(one) for name, one in value.items()}
            else:
                copied[key] = self.copy(value)
        return copied

    def is_hidden(self, schema: Json) -> bool:
        """Whether a property is left out: only the other side sends it."""
        return self.follow(schema).get(self._hidden) is True

    def follow(self, schema: Json) -> JsonObject:
        """Return the schema that a chain of references leads to, or an empty one."""
        for _ in range(100):  # longer chains are loops
            if not isinstance(schema, dict):
                return {}
            if not isinstance(ref := schema.get("$ref"), str):
                return schema
            try:
                schema = self._document.resolve(ref).value
            except RefError:
                return {}
        return {}

    def finish(self) -> JsonObject:
        """Return the members of `$defs`: the schemas that the copies reach."""
        definitions: JsonObject = {}
        while self._wanted:
            name, schema = self._wanted.pop()
            definitions[name] = self.copy(schema)
        return dict(sorted(definitions.items()))

    def _refer(self, ref: Json) -> JsonObject:
        if not isinstance(ref, str):
            return {}
        try:
            target = self._document.resolve(ref)
        except RefError:
            return {}
        if target.tokens not in self._names:
            name = base = re.sub(r"[^A-Za-z0-9_.-]+", "_", target.tokens[-1] if target.tokens else "") or "schema"
            number = 2
            while name in self._names.values():
                name, number = f"{base}_{number}", number + 1
            self._names[target.tokens] = name
            self._wanted.append((name, target.value))
        return {"$ref": f"#/$defs/{self._names[target.tokens]}"}


def _property(schema: JsonObject, name: Json) -> Json:
    properties = schema.get("properties")
    return properties.get(name) if isinstance(properties, dict) and isinstance(name, str) else None
