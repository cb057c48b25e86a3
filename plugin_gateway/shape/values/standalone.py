"""A standalone schema: a copy of a document's schema in JSON Schema 2020-12 whose references lead into its own `$defs`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from plugin_gateway.openapi.refs import RefError
from plugin_gateway.shape.values.keywords import LISTS, MAPS, ONE, is_pattern, is_schema, is_valid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugin_gateway.openapi.document import Document, Json, JsonObject
    from plugin_gateway.openapi.refs import Tokens

_LONGEST_CHAIN = 100  # references in a row; a longer chain is a loop
_DEEPEST = 64
"""Schemas that are nested more deeply accept anything. The deepest schema of a real document has 20 levels."""
_DEEPEST_COMBINATION = 4
_OTHER_NAMES = {"$dynamicRef": "$ref", "$recursiveRef": "$ref"}
"""A document of one schema resource has one place for each anchor, so a dynamic reference leads where a plain one does."""
_MEMBER = re.compile(r"[A-Za-z0-9_.-]+")


class Placed(NamedTuple):
    """A schema and its place in the document. Its references are relative to this place."""

    schema: Json
    at: Tokens = ()


class _Copied(NamedTuple):
    """A copied component: how many schemas it has, and its references with the names that they got."""

    schema: Json
    size: int
    references: tuple[tuple[Placed, str], ...]


Copies: TypeAlias = "dict[tuple[str, Tokens], _Copied]"
"""The copied components of one document, by the word whose properties are left out, and their place. Hundreds of tools or
validators may reach the same components, so they share them."""


class TooManyError(Exception):
    """Raised if a schema reaches more parts than its reader allows."""


class Definitions:
    """The `$defs` of one schema, filled while the parts of the schema are copied.

    A copy has only keywords of 2020-12 with values that the metaschema accepts. It has no `$id`, because all references are to
    the root.
    """

    def __init__(self, document: Document, *, hidden: str, most: int = 1_000_000, copies: Copies | None = None) -> None:
        """Take the document and the copies made before.

        `hidden` is the keyword of the properties that are left out: `readOnly` or `writeOnly`.

        More than `most` copied schemas raise `TooManyError`.
        """
        self._document = document
        self._hidden = hidden
        self._left = most
        self._names: dict[Tokens, str] = {}
        self._places: dict[str, Placed] = {}
        self._anchors: set[str] = set()
        self._copies: Copies = {} if copies is None else copies
        self._references: list[tuple[Placed, str]] = []
        """The references of the component that is being copied."""
        self._is_alike = True
        """Whether its copy is the same for every tool: it has no anchor, and no name that another component has, too."""

    def copy(self, placed: Placed, depth: int = 0) -> Json:
        """Return a copy that stands alone together with `finish()`."""
        schema, at = placed
        if not isinstance(schema, dict) or depth > _DEEPEST:
            return schema if isinstance(schema, bool) else {}
        depth += 1
        self._left -= 1
        if self._left < 0:
            raise TooManyError
        copied: JsonObject = {}
        for key, value in schema.items():
            if key == "properties" and isinstance(value, dict):
                members = {name: Placed(one, (*at, key, name)) for name, one in value.items()}
                copied[key] = {
                    name: self.copy(one, depth)
                    for name, one in members.items()
                    if is_schema(one.schema) and not self.is_hidden(one)
                }
            elif key == "required" and isinstance(value, list):
                if names := [*dict.fromkeys(name for name in value if self._is_shown(placed, name))]:
                    copied[key] = names
            elif key in ONE:
                if is_schema(value):
                    copied[key] = self.copy(Placed(value, (*at, key)), depth)
            elif key in LISTS:
                if isinstance(value, list) and value and all(map(is_schema, value)):
                    copied[key] = [self.copy(Placed(one, (*at, key, str(i))), depth) for i, one in enumerate(value)]
            elif key in MAPS:
                if key != "$defs" and isinstance(value, dict):
                    copied[key] = {
                        name: self.copy(Placed(one, (*at, key, name)), depth)
                        for name, one in value.items()
                        if is_schema(one) and (key != "patternProperties" or is_pattern(name))
                    }
            elif _OTHER_NAMES.get(key, key) == "$ref":
                copied |= self._refer(value, at)
            elif key == "example":
                copied.setdefault("examples", [value])
            elif key == "$anchor":
                self._is_alike = False
                if is_valid(key, value) and value not in self._anchors:
                    self._anchors.add(value)
                    copied[key] = value
            elif is_valid(key, value):
                copied[key] = value
        return copied

    def is_hidden(self, placed: Placed) -> bool:
        """Whether a property is left out: only the other side sends it."""
        schema = placed.schema
        if isinstance(schema, dict) and schema.get(self._hidden) is True:
            return True
        return self.follow(placed).schema.get(self._hidden) is True

    def follow(self, placed: Placed) -> Placed:
        """Return the schema that a chain of references leads to, or an empty one."""
        schema, at = placed
        for _ in range(_LONGEST_CHAIN):
            if not isinstance(schema, dict):
                break
            if not isinstance(ref := schema.get("$ref"), str):
                return Placed(schema, at)
            try:
                at, schema = self._document.resolve(ref, at)
            except RefError:
                break
        return Placed({}, at)

    def finish(self, schema: JsonObject) -> JsonObject:
        """Return the members of `$defs` for a schema made of copies: the schemas that it reaches."""
        return reach(schema, self._define)

    def _define(self, name: str) -> Json:
        """Copy a component, or take the copy that was made for another schema if it would be the same."""
        placed = self._places[name]
        key = self._hidden, placed.at
        copied = self._copies.get(key)
        if copied is not None and all(self._may_name(target, given) for target, given in copied.references):
            self._left -= copied.size
            if self._left < 0:
                raise TooManyError
            for target, given in copied.references:
                self._names[target.at] = given
                self._places[given] = target
            return copied.schema
        left, self._references, self._is_alike = self._left, [], True
        schema = self.copy(placed)
        if self._is_alike:
            self._copies[key] = _Copied(schema, left - self._left, tuple(self._references))
        return schema

    def _may_name(self, target: Placed, name: str) -> bool:
        given = self._names.get(target.at)
        return given == name if given is not None else name not in self._places

    def _is_shown(self, placed: Placed, name: Json) -> bool:
        return isinstance(name, str) and not any(map(self.is_hidden, self._properties(placed, name)))

    def _properties(self, placed: Placed, name: str, depth: int = 0) -> Iterator[Placed]:
        """Yield the schemas that an object schema and the parts of its `allOf` give to a property."""
        schema, at = self.follow(placed)
        properties, parts = schema.get("properties"), schema.get("allOf")
        if isinstance(properties, dict) and name in properties:
            yield Placed(properties[name], (*at, "properties", name))
        if isinstance(parts, list) and depth < _DEEPEST_COMBINATION:
            for index, part in enumerate(parts):
                yield from self._properties(Placed(part, (*at, "allOf", str(index))), name, depth + 1)

    def _refer(self, ref: Json, at: Tokens) -> JsonObject:
        try:
            target = self._document.resolve(ref, at) if isinstance(ref, str) else None
        except RefError:
            target = None
        if target is None or not is_schema(target.value):
            return {}
        if target.tokens not in self._names:
            name = base = _name_of(target.tokens)
            number = 2
            while name in self._places:
                name, number = f"{base}_{number}", number + 1
            self._names[target.tokens] = name
            self._places[name] = Placed(target.value, target.tokens)
        name = self._names[target.tokens]
        self._references.append((self._places[name], name))
        self._is_alike = self._is_alike and name == _name_of(target.tokens)
        return {"$ref": f"#/$defs/{name}"}


def stand_alone(schema: Json, document: Document, *, hidden: str, copies: Copies | None = None) -> Json:
    """Return a copy of one schema of the document with its `$defs`, without the properties that have the word `hidden`.

    Schemas with the same `copies` share the components that they reach, so the document must not change in between.
    """
    definitions = Definitions(document, hidden=hidden, copies=copies)
    copied = definitions.copy(Placed(schema))
    if isinstance(copied, dict) and (members := definitions.finish(copied)):
        copied["$defs"] = members
    return copied


def _name_of(tokens: Tokens) -> str:
    return "_".join(_MEMBER.findall(tokens[-1] if tokens else "")) or "schema"


def reach(schema: JsonObject, define: Callable[[str], Json]) -> JsonObject:
    """Return the members of `$defs` that a schema reaches, each made once by `define`, in the order of their names."""
    definitions: JsonObject = {}
    wanted = [*refs_in(schema)]
    while wanted:
        name = wanted.pop().removeprefix("#/$defs/")
        if name not in definitions:
            definitions[name] = define(name)
            wanted += refs_in(definitions[name])
    return dict(sorted(definitions.items()))


def refs_in(schema: Json) -> Iterator[str]:
    """Yield the references in a copy."""
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if key == "$ref":
            yield value
        elif key in ONE:
            yield from refs_in(value)
        elif key in LISTS:
            for one in value:
                yield from refs_in(one)
        elif key in MAPS:
            for one in value.values():
                yield from refs_in(one)
