"""A flat object: the properties of an object schema, and of the parts of its `allOf`, as one list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.shape.values.keywords import COMBINING, DIALECT
from plugin_gateway.shape.values.standalone import Placed
from plugin_gateway.tools.parameters import as_object, with_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Json, JsonObject
    from plugin_gateway.shape.values.standalone import Definitions

_DEEPEST: Final = 8
_ABOUT_SEVERAL: Final = ("not", "if", "then", "else", "dependentRequired", "dependentSchemas")
_ABOUT_ALL: Final = ("minProperties", "maxProperties", "propertyNames", "patternProperties")
"""These judge every argument, so they can stand at the root only if all arguments are members of the body."""
_CLOSING: Final = frozenset({*_ABOUT_ALL, "additionalProperties", "unevaluatedProperties", "$ref"})
"""Keywords that may make a rule judge other arguments, too."""


class FlatObject(NamedTuple):
    """The properties, and what is said about them together."""

    properties: dict[str, JsonObject]
    required: tuple[str, ...]
    others: Json
    """The schema of members that have no name in the document; false unless the document allows them."""
    rules: JsonObject
    """Keywords about several properties."""
    note: str
    """The rules that are not among `rules`, in words, where there are words for them."""


class _SchemaCondition(NamedTuple):
    keyword: str
    parts: tuple[Placed, ...]


def flatten(definitions: Definitions, placed: Placed, *, is_alone: bool) -> FlatObject | None:
    """Return the properties of an object schema, or None if the schema is not an object with properties.

    With `is_alone`, the properties are the only arguments. Anthropic's API refuses tools with `allOf`, `anyOf` or `oneOf` at
    the root of the input schema. So these become a note, unless the schema itself says that it is written in JSON Schema
    2020-12.
    """
    placed = _unwrapped(definitions, placed)
    collected = _Collected(definitions)
    if not collected.add(placed, 0) or not collected.properties:
        return None
    names = collected.properties.keys() | collected.hidden
    if any(not names >= {*_names_in(definitions, part, 0)} for one in collected.conditions for part in one.parts):
        return None
    root = definitions.follow(placed)
    rules = definitions.copy(_only(root, _ABOUT_SEVERAL))
    if not is_alone and _closes(rules):
        rules = {}
    if is_alone:
        rules |= definitions.copy(_only(root, _ABOUT_ALL))
    shown = [one for one in collected.conditions if one.keyword in COMBINING]
    note = ""
    if root.schema.get("$schema") == DIALECT and is_alone:
        for one in shown:
            rules.setdefault(one.keyword, []).extend(map(definitions.copy, one.parts))
        rules = {"$schema": DIALECT, **rules}
    else:
        note = " ".join(filter(None, (_in_words(definitions, one) for one in shown)))
    properties = {name: one for name, one in collected.properties.items() if name not in collected.hidden}
    required = tuple(name for name in collected.required if name in properties)
    return FlatObject(properties, required, collected.others, rules, note)


class _Collected:
    """Gathers the properties of an object schema and of the parts of its `allOf`."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self.properties: dict[str, JsonObject] = {}
        self.hidden: set[str] = set()
        self.required: dict[str, None] = {}
        self.others: Json = False
        self.conditions: list[_SchemaCondition] = []

    def add(self, placed: Placed, depth: int) -> bool:
        """Add an object schema. Return whether it is one."""
        schema, at = self._definitions.follow(placed)
        types = schema.get("type", "object")
        if depth > _DEEPEST or not (types == "object" or (isinstance(types, list) and "object" in types)):
            return False
        properties, required = schema.get("properties"), schema.get("required")
        for name, one in properties.items() if isinstance(properties, dict) else ():
            self._add_property(name, Placed(one, (*at, "properties", name)))
        self.required |= (
            {name: None for name in required if isinstance(name, str)} if isinstance(required, list) else {}
        )
        for key in ("additionalProperties", "unevaluatedProperties"):
            others = schema.get(key)
            if self.others is False and others is not False and isinstance(others, dict | bool):
                self.others = self._definitions.copy(Placed(others, (*at, key)))
        if "patternProperties" in schema and self.others is False:
            self.others = {}
        self.conditions += [
            _SchemaCondition(key, (Placed(schema[key], (*at, key)),))
            for key in ("not", "if", "then", "else")
            if key in schema
        ]
        return all(self._combine(key, schema, at, depth) for key in COMBINING)

    def _add_property(self, name: str, placed: Placed) -> None:
        if self._definitions.is_hidden(placed):
            self.hidden.add(name)
        shown = with_header(as_object(self._definitions.copy(placed)), placed.schema)
        before = self.properties.setdefault(name, shown)
        if before != shown:
            self.properties[name] = {"allOf": [before, shown]}

    def _combine(self, key: str, schema: JsonObject, at: tuple[str, ...], depth: int) -> bool:
        parts = schema.get(key)
        listed = [Placed(part, (*at, key, str(i))) for i, part in enumerate(parts if isinstance(parts, list) else ())]
        if key == "allOf":
            objects = [part for part in listed if not self._is_condition(part)]
            listed = [part for part in listed if self._is_condition(part)]
            if not all(self.add(part, depth + 1) for part in objects):
                return False
        if listed:
            self.conditions.append(_SchemaCondition(key, tuple(listed)))
        return True

    def _is_condition(self, part: Placed) -> bool:
        """Whether a part of `allOf` only judges properties that other parts name."""
        schema = self._definitions.follow(part).schema
        return not {"properties", "allOf"} & schema.keys() and bool(
            {"anyOf", "oneOf", *_ABOUT_SEVERAL, *_ABOUT_ALL} & schema.keys()
        )


def _unwrapped(definitions: Definitions, placed: Placed) -> Placed:
    """Return the object schema of `anyOf: [object, null]`: a body that is null is no body."""
    schema, at = definitions.follow(placed)
    for key in ("anyOf", "oneOf"):
        parts = schema.get(key)
        if isinstance(parts, list) and "properties" not in schema:
            left = [i for i, part in enumerate(parts) if not (isinstance(part, dict) and part.get("type") == "null")]
            if len(left) == 1 and len(parts) == 2:
                return Placed(parts[left[0]], (*at, key, str(left[0])))
    return placed


def _only(placed: Placed, keys: tuple[str, ...]) -> Placed:
    return Placed({key: placed.schema[key] for key in keys if key in placed.schema}, placed.at)


def _names_in(definitions: Definitions, placed: Placed, depth: int) -> Iterator[str]:
    """Yield the properties that a condition describes."""
    schema, at = definitions.follow(placed)
    if depth > _DEEPEST:
        return
    if isinstance(properties := schema.get("properties"), dict):
        yield from properties
    for key in ("not", "if", "then", "else"):
        if key in schema:
            yield from _names_in(definitions, Placed(schema[key], (*at, key)), depth + 1)
    for key in COMBINING:
        for index, part in enumerate(parts if isinstance(parts := schema.get(key), list) else ()):
            yield from _names_in(definitions, Placed(part, (*at, key, str(index))), depth + 1)


def _closes(rule: Json) -> bool:
    """Whether a rule may judge arguments besides the properties that it names."""
    stack = [rule]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if _CLOSING & node.keys():
                return True
            stack += node.values()
        elif isinstance(node, list):
            stack += node
    return False


def _in_words(definitions: Definitions, condition: _SchemaCondition) -> str:
    """Say which properties must be there; empty if the condition says something else."""
    if condition.keyword == "allOf":
        inner = [
            _SchemaCondition(key, tuple(Placed(part, (*at, key, str(i))) for i, part in enumerate(schema[key])))
            for schema, at in map(definitions.follow, condition.parts)
            for key in ("anyOf", "oneOf")
            if isinstance(schema.get(key), list)
        ]
        return " ".join(filter(None, (_in_words(definitions, one) for one in inner)))
    lists = []
    for part in condition.parts:
        schema = definitions.follow(part).schema
        required = schema.get("required")
        if (
            not isinstance(required, list)
            or not required
            or schema.keys() - {"required", "type", "title", "description"}
        ):
            return ""
        lists.append(" and ".join(f"`{name}`" for name in required))
    count = "Exactly" if condition.keyword == "oneOf" else "At least"
    return f"{count} one of these is required: {', '.join(lists)}." if len(lists) > 1 else ""
