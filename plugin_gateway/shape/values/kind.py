"""A kind: the types of JSON that a schema admits, for a reader that turns text into a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from plugin_gateway.openapi.parameters import follow
from plugin_gateway.openapi.values import as_list
from plugin_gateway.shape.values.keywords import TYPES
from plugin_gateway.shape.values.validator import type_of

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document

_DEEPEST: Final = 6
_MOST: Final = 2_000
"""The most schemas that one kind is made of; further schemas admit anything. Real documents have fewer than 700. But if each
schema refers to twelve others, there are 12^6 within the depth."""
_NUMERIC: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_TEXTUAL: Final = ("pattern", "minLength", "maxLength")


class Kind(Struct, frozen=True, kw_only=True):
    """The types, and the kinds of items and members where arrays and objects are among the types."""

    types: frozenset[str] = TYPES
    items: Kind | None = None
    """The kind of the items; None if they may be anything."""
    members: tuple[tuple[str, Kind], ...] = ()
    more: Kind | None = None
    """The kind of other members; None if they may be anything."""
    is_open: bool = True
    """Whether there may be other members."""
    is_octets: bool = False
    """Whether it, or each of its items, is the content of a file rather than text."""

    @property
    def is_any(self) -> bool:
        """Whether every type is admitted. A text is then read as a scalar."""
        return self.types == TYPES

    def member(self, name: str) -> Kind | None:
        """Return the kind of a member; None if it may be anything."""
        return next((kind for known, kind in self.members if known == name), self.more)

    @property
    def has_choice(self) -> bool:
        """Whether a text may be read both as a string and as another type."""
        return (
            ("string" in self.types and len(self.types) > 1)
            or (self.items is not None and self.items.has_choice)
            or any(kind.has_choice for _, kind in self.members)
            or (self.more is not None and self.more.has_choice)
        )


ANY: Final = Kind()


def kind_of(schema: Any, document: Document) -> Kind:
    """Return the kind of a schema; references are resolved in the document."""
    return _KindMaker(document).of(schema, 0)


class _KindMaker:
    """Makes the kinds of one schema and of the schemas in it."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = _MOST

    def of(self, schema: Any, depth: int) -> Kind:
        schema = follow(schema, self._document)
        self._left -= 1
        if schema is None or depth > _DEEPEST or self._left < 0:
            return ANY
        depth += 1
        types = _types(schema)
        parts = [self.of(part, depth) for part in as_list(schema.get("allOf"))]
        for word in ("anyOf", "oneOf"):
            branches = [self.of(part, depth) for part in as_list(schema.get(word))]
            if branches:
                parts.append(_either(branches))
        for part in parts:
            types = _common(types, part.types)
        members = self._own_members(schema, depth)
        for part in parts:
            members |= {name: kind for name, kind in part.members if name not in members}
        items = self.of(schema["items"], depth) if isinstance(schema.get("items"), dict) else None
        more = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
        return Kind(
            types=types,
            items=items or next((part.items for part in parts if part.items is not None), None),
            members=tuple(members.items()),
            more=(
                self.of(more, depth)
                if isinstance(more, dict)
                else next((part.more for part in parts if part.more is not None), None)
            ),
            is_open=more is not False and all(part.is_open for part in parts),
            is_octets=_is_octets(schema) or any(part.is_octets for part in (*parts, items) if part is not None),
        )

    def _own_members(self, schema: dict[str, Any], depth: int) -> dict[str, Kind]:
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            return {}
        return {name: self.of(one, depth) for name, one in properties.items() if isinstance(one, dict)}


def _types(schema: dict[str, Any]) -> frozenset[str]:
    stated = schema.get("type")
    if isinstance(stated, str | list):
        words = {stated} if isinstance(stated, str) else {one for one in stated if isinstance(one, str)}
        return frozenset(words & TYPES) or TYPES
    if isinstance(values := schema.get("enum"), list) and values:
        return frozenset(map(type_of, values))
    if "const" in schema:
        return frozenset({type_of(schema["const"])})
    # Documents leave `type` out where another keyword implies it.
    if "properties" in schema:
        return frozenset({"object"})
    if "items" in schema:
        return frozenset({"array"})
    if any(word in schema for word in _NUMERIC):
        return frozenset({"number"})
    if any(word in schema for word in _TEXTUAL):
        return frozenset({"string"})
    return TYPES


def _is_octets(schema: dict[str, Any]) -> bool:
    media_type = str(schema.get("contentMediaType", "text/plain"))
    is_text = media_type.startswith("text/") or media_type.endswith("json") or "contentEncoding" in schema
    return schema.get("format") == "binary" or not is_text


def _common(ours: frozenset[str], theirs: frozenset[str]) -> frozenset[str]:
    common = ours & theirs
    if ("integer" in ours and "number" in theirs) or ("number" in ours and "integer" in theirs):
        common |= {"integer"}
    # The schema admits nothing. The validator reports it.
    return common or ours


def _either(branches: list[Kind]) -> Kind:
    members: dict[str, Kind] = {}
    for branch in branches:
        for name, kind in branch.members:
            members[name] = _either([members[name], kind]) if name in members else kind
    items = [branch.items for branch in branches if branch.items is not None]
    others = [branch.more for branch in branches if branch.is_open and "object" in branch.types]
    known = [more for more in others if more is not None]
    return Kind(
        types=frozenset().union(*(branch.types for branch in branches)),
        items=_either(items) if len(items) > 1 else next(iter(items), None),
        members=tuple(members.items()),
        more=_either(known) if known and len(known) == len(others) else None,
        is_open=any(branch.is_open for branch in branches),
        is_octets=any(branch.is_octets for branch in branches),
    )
