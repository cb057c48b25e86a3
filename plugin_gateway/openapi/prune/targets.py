"""Targets: the object that a `$ref` of the full document leads to, and whether the pruned document has it at the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import unquote

from msgspec import Struct

from plugin_gateway.openapi.document import Json, OperationKey
from plugin_gateway.openapi.grammar import (
    FIELDS,
    METHODS,
    OTHER_FIELDS,
    Holding,
    ObjectKind,
    components_at,
    is_extension,
    is_reference,
    sections,
    siblings_count,
)
from plugin_gateway.openapi.refs import RefError, Tokens, split_pointer, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.openapi.document import Document

_HOLDS_OPERATIONS = frozenset({ObjectKind.CALLBACK, ObjectKind.OPERATION, ObjectKind.PATH_ITEM})
_MAX_HOPS = 256
"""A pointer through more references than this counts as circular."""
_OWN_DEFINITIONS = (("$defs",), ("definitions",))


class Region(Struct, frozen=True):
    """A part of the full document that is copied as a unit: a component, an operation, or a hoisted component."""

    tokens: Tokens
    is_moved: bool = False
    """Whether the copy is at another place; this changes the meaning of relative references in it."""


Place: TypeAlias = Region | tuple["Place", str]
"""The place of a node in the full document: a region, or a key below another place. `tokens_of` returns it as tokens."""


def region_of(place: Place) -> Region:
    while isinstance(place, tuple):
        place = place[0]
    return place


def tokens_of(place: Place) -> Tokens:
    keys: list[str] = []
    while isinstance(place, tuple):
        place, key = place
        keys.append(key)
    return (*place.tokens, *reversed(keys))


def pointer_of(ref: str) -> Tokens | None:
    """Return the place that a local pointer names, or None for other references."""
    return split_pointer(unquote(ref[1:])) if ref.startswith("#/") else None


class Landing(NamedTuple):
    """The target of a reference."""

    tokens: Tokens
    value: Json
    holds_as_written: bool
    """Whether the reference, unchanged, has the same target in the pruned document, provided that the place is kept."""


class Targets:
    """Follows the references of one document."""

    def __init__(self, document: Document, kept: Mapping[OperationKey, Tokens]) -> None:
        """Take the document, and the place of each kept operation in the pruned document as `kept`."""
        self._document = document
        self._root = document.root
        self._kept = kept
        self._kept_paths = {key.path for key in kept}
        self._sections = sections(document.version)
        self._unit_length = len(components_at(document.version)) + 2

    def land(self, ref: str, place: Place, kind: ObjectKind | None = None) -> Landing:
        """Follow `ref`, written at `place`. Raises `RefError` if this document lacks the target.

        With `kind`, also raises if the target holds operations instead of an object of that kind: a copy would reveal all of
        them.
        """
        landing = self._land(ref, place)
        if kind is not None and self._holds_operations(landing.tokens) and self._full_kind(landing.tokens) is not kind:
            raise RefError(ref, f"is not a valid {kind}")
        return landing

    def _land(self, ref: str, place: Place) -> Landing:
        if (tokens := pointer_of(ref)) is not None:
            try:
                return Landing(tokens, walk(self._root, tokens), holds_as_written=True)
            except LookupError:
                pass
        try:
            target = self._document.resolve(ref, tokens_of(place))
        except RefError:
            if tokens is None:
                raise
            found = self._land_through_references(tokens) or self._land_in_own_definitions(tokens, tokens_of(place))
            if found is None:
                raise
            return found
        return Landing(*target, holds_as_written=self._holds_as_written(ref, target.tokens, region_of(place)))

    def _holds_as_written(self, ref: str, tokens: Tokens, region: Region) -> bool:
        anchors = self._document.anchors
        resource = anchors.resources[anchors.base_of(tokens)]
        if not resource:
            # An anchor, or the document's own URI. The pruned document may have another URI.
            return ref.startswith("#") and not region.is_moved
        return not region.is_moved or resource[: len(region.tokens)] == region.tokens

    def _land_through_references(self, tokens: Tokens) -> Landing | None:
        """Follow a pointer that passes through references.

        RFC 6901 does not allow that, but real documents do it: an author replaced an object by a `$ref` and kept the pointers
        into it.
        """
        value, depth = self._root, 0
        for _ in range(_MAX_HOPS):
            while depth < len(tokens):
                try:
                    value = walk(value, tokens[depth : depth + 1])
                except LookupError:
                    break
                depth += 1
            if depth == len(tokens):
                return Landing(tokens, value, holds_as_written=False)
            inner = value.get("$ref") if isinstance(value, dict) else None
            if not isinstance(inner, str):
                return None
            if (start := pointer_of(inner)) is None:
                try:
                    start = self._document.resolve(inner, tokens[:depth]).tokens
                except RefError:
                    return None
            tokens, value, depth = (*start, *tokens[depth:]), self._root, 0
        return None

    def _land_in_own_definitions(self, tokens: Tokens, at: Tokens) -> Landing | None:
        """Follow a pointer into the `$defs` of a schema around it.

        The pointer is relative to the document. But generators of JSON Schema write `#/$defs/Name` for the schema's own
        `$defs`, and authors paste the schema as it is.
        """
        if tokens[:1] not in _OWN_DEFINITIONS:
            return None
        for end in range(len(at), 0, -1):
            try:
                return Landing((*at[:end], *tokens), walk(self._root, (*at[:end], *tokens)), holds_as_written=False)
            except LookupError:
                continue
        return None

    def unit_of(self, tokens: Tokens) -> Tokens | None:
        """Return the component at a place, or around it."""
        unit = tokens[: self._unit_length]
        if len(unit) < self._unit_length or unit[:-2] != components_at(self._document.version):
            return None
        return unit if unit[-2] in self._sections else None

    def kept_kind(self, tokens: Tokens) -> ObjectKind | None:
        """Return the kind of object that the pruned document has at the same place if the component is kept, else None.

        Data also gives None: a schema inside an example is copied as data, and its references are not followed.
        """
        if (unit := self.unit_of(tokens)) is not None:
            kind, rest = self._sections[unit[-2]], tokens[self._unit_length :]
            # Path items and callbacks hold operations, and some may be denied, so do not rely on their contents.
            if (kind is ObjectKind.PATH_ITEM and rest) or (kind is ObjectKind.CALLBACK and len(rest) > 1):
                return None
            return self._kind_within(kind, walk(self._root, unit), rest)
        match tokens:
            case ("paths", path, "parameters", _, *_):
                is_kept = path in self._kept_paths
            # Compare the place, too: an additional operation `GET` is not the `get` beside it.
            case ("paths", path, "additionalOperations", method, *_):
                is_kept = self._kept.get(OperationKey(method.upper(), path)) == tokens[:4]
            case ("paths", path, method, *_) if method in METHODS:
                is_kept = self._kept.get(OperationKey(method.upper(), path)) == tokens[:3]
            case _:
                is_kept = False
        return self._kind_within(ObjectKind.PATH_ITEM, walk(self._root, tokens[:2]), tokens[2:]) if is_kept else None

    def _full_kind(self, tokens: Tokens) -> ObjectKind | None:
        """Return the kind of object that the full document has at a place, or None for containers and data."""
        if (unit := self.unit_of(tokens)) is not None:
            return self._kind_within(self._sections[unit[-2]], walk(self._root, unit), tokens[self._unit_length :])
        if tokens[:1] in {("paths",), ("webhooks",)} and len(tokens) > 1:
            return self._kind_within(ObjectKind.PATH_ITEM, walk(self._root, tokens[:2]), tokens[2:])
        return None

    def _holds_operations(self, tokens: Tokens) -> bool:
        match tokens:
            case () | ("paths" | "webhooks" | "components",):
                return True
            case ("components", section) if section in self._sections:
                return True
            case (*_, "callbacks" | "additionalOperations") if self._full_kind(tokens[:-1]) in _HOLDS_OPERATIONS:
                return True
            case _:
                return self._full_kind(tokens) in _HOLDS_OPERATIONS

    def _kind_within(self, kind: ObjectKind, node: Json, tokens: Tokens) -> ObjectKind | None:
        remaining = list(reversed(tokens))
        while remaining:
            if not isinstance(node, dict):
                return None
            if is_reference(kind, node) and not siblings_count(kind, self._document.version):
                return None
            name = remaining.pop()
            node = node[name]
            if (other := OTHER_FIELDS.get(kind)) is not None:
                if is_extension(name):
                    return None
                kind = other
                continue
            field = FIELDS[kind].get(name)
            if field is None:
                return None
            kind = field.kind
            if field.holding is Holding.MAP or isinstance(node, list):
                if not remaining:
                    return None
                node = walk(node, (remaining.pop(),))
        return kind
