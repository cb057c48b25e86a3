"""Readings: whether one copy of a component also serves a reference that expects another kind of object.

A value may be data to one kind and an object to the other. Data is copied verbatim, and a `$ref` in it is not followed. An
object loses its extensions, and its references are followed and rewritten. The two kinds can share one copy only if both
readings give the same result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.openapi.grammar import (
    FIELDS,
    OTHER_FIELDS,
    Field,
    Holding,
    ObjectKind,
    is_extension,
    is_reference,
)
from plugin_gateway.openapi.prune.targets import Landing, Place, Region, Targets
from plugin_gateway.openapi.refs import RefError, Tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from plugin_gateway.openapi.document import Json, JsonObject

_REWRITTEN = frozenset({ObjectKind.DISCRIMINATOR, ObjectKind.LINK, ObjectKind.OPERATION, ObjectKind.PATH_ITEM})
"""Kinds whose copies depend on the kept operations."""


class _Pair(NamedTuple):
    """A node, its kind in the component, and its kind for the reference. None means data."""

    own: ObjectKind | None
    wanted: ObjectKind | None
    node: Json
    place: Place


class Readings:
    """Compares readings of the components of one document."""

    def __init__(self, targets: Targets, extensions: Collection[str]) -> None:
        """Take the document's targets and the kept extensions."""
        self._targets = targets
        self._extensions = extensions
        self._agreeing: set[tuple[ObjectKind, Tokens]] = set()

    def agree(self, own: ObjectKind | None, wanted: ObjectKind, component: Landing) -> bool:
        """Return whether a component's copy as kind `own`, with everything that it keeps, is also correct as kind `wanted`."""
        seen = set(self._agreeing)
        todo = [_Pair(own, wanted, component.value, Region(component.tokens))]
        while todo:
            pair = todo.pop()
            if pair.own is pair.wanted or not isinstance(pair.node, dict):
                continue
            is_reference_to = [kind for kind in (pair.own, pair.wanted) if kind and is_reference(kind, pair.node)]
            if is_reference_to:
                if pair.own not in is_reference_to or not _has_plain_siblings(pair.node):
                    return False  # only the wanted kind has a reference here, so the copy does not keep its target
                if pair.wanted is not None and pair.wanted not in is_reference_to:
                    return False
                for kind in is_reference_to:
                    if (landing := self._stays(kind, pair)) is None:
                        return False
                    if (kind, landing.tokens) not in seen:
                        seen.add((kind, landing.tokens))
                        todo.append(
                            _Pair(self._targets.kept_kind(landing.tokens), kind, landing.value, Region(landing.tokens))
                        )
            elif self._is_changed(pair):
                return False
            else:
                todo += _children(pair)
        self._agreeing = seen
        return True

    def _stays(self, kind: ObjectKind, pair: _Pair) -> Landing | None:
        """Return the target of a reference whose text stays the same in the pruned document, else None."""
        try:
            landing = self._targets.land(pair.node["$ref"], (pair.place, "$ref"), kind)
        except RefError:
            return None
        # A reference into a component is rewritten unless the whole component is kept. That is known only at the end.
        unit = self._targets.unit_of(landing.tokens)
        is_kept = unit == landing.tokens or (unit is None and self._targets.kept_kind(landing.tokens) is kind)
        return landing if is_kept and landing.holds_as_written else None

    def _is_changed(self, pair: _Pair) -> bool:
        """Return whether an object's copy differs from the original, or from the copy as the other kind."""
        if "$dynamicRef" in pair.node or not _REWRITTEN.isdisjoint({pair.own, pair.wanted}):
            return True
        if pair.own is None or pair.wanted is None:
            return any(is_extension(name) and name not in self._extensions for name in pair.node)
        return False  # a field has the same shape in every kind that has it


def _has_plain_siblings(node: JsonObject) -> bool:
    return not any(isinstance(value, dict | list) or is_extension(name) for name, value in node.items())


def _children(pair: _Pair) -> Iterator[_Pair]:
    for name, value in pair.node.items():
        own, wanted = _field(pair.own, name), _field(pair.wanted, name)
        if (field := own or wanted) is None:
            continue
        kinds = own and own.kind, wanted and wanted.kind
        place = (pair.place, name)
        if field.holding is Holding.MAP:
            for key, child in value.items() if isinstance(value, dict) else ():
                yield _Pair(*kinds, child, (place, key))
        elif isinstance(value, list):
            for index, child in enumerate(value):
                yield _Pair(*kinds, child, (place, str(index)))
        else:
            yield _Pair(*kinds, value, place)


def _field(kind: ObjectKind | None, name: str) -> Field | None:
    if kind is None or is_extension(name):
        return None
    if (other := OTHER_FIELDS.get(kind)) is not None:
        return Field(other, Holding.ONE)
    return FIELDS[kind].get(name)
