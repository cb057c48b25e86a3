"""Inner references: pointers into a component. The pruned document keeps only the target, not the whole component."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.openapi.grammar import ObjectKind, is_reference, siblings_count
from plugin_gateway.openapi.nodes import children
from plugin_gateway.openapi.prune.targets import Landing, Place, Targets, pointer_of
from plugin_gateway.openapi.refs import RefError, Tokens, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.openapi.document import Document, Json, JsonObject

_NAMES_OF_SCHEMAS = frozenset({"$id", "$anchor", "$dynamicAnchor"})


class Inner(NamedTuple):
    """A reference into a component. Only at the end is it known whether the whole component is kept."""

    kind: ObjectKind
    landing: Landing
    unit: Tokens
    copy: JsonObject


class InnerReferences:
    """Finds the inner references of one document."""

    def __init__(self, document: Document, targets: Targets) -> None:
        self._document, self._targets = document, targets

    def find(
        self, kind: ObjectKind, ref: str, place: Place, components: Mapping[str, JsonObject]
    ) -> tuple[Landing, Tokens] | None:
        """Return the target of a pointer into a component, and the component.

        Return None if the target depends on the component, or is the only member of a callback: the callback hoisted
        for it would equal the old one.
        """
        tokens = pointer_of(ref)
        if tokens is None or (unit := self._targets.unit_of(tokens)) is None or unit == tokens:
            return None
        if unit[-1] in components.get(unit[-2], {}):
            return None
        try:
            landing = self._targets.land(ref, (place, "$ref"), kind)
        except RefError:
            return None  # reported when the reference is copied
        if landing.tokens != tokens or self._targets.kept_kind(tokens) is not kind or is_reference(kind, landing.value):
            return None
        if kind is ObjectKind.PATH_ITEM and len(walk(self._document.root, unit)) == 1:
            return None
        return None if self._has_names(unit) else (landing, unit)

    def _has_names(self, unit: Tokens) -> bool:
        """Return whether a component has `$id` or anchors, which depend on their place.

        Fields beside a `$ref` that the version ignores have none: pruning leaves them out.
        """
        kind = self._targets.kept_kind(unit)
        if kind is None:
            return True
        stack: list[tuple[ObjectKind, Json]] = [(kind, walk(self._document.root, unit))]
        while stack:
            inner_kind, node = stack.pop()
            if not isinstance(node, dict):
                continue
            if inner_kind is ObjectKind.SCHEMA and any(isinstance(node.get(name), str) for name in _NAMES_OF_SCHEMAS):
                return True
            if siblings_count(inner_kind, self._document.version) or not is_reference(inner_kind, node):
                stack += children(inner_kind, node)
        return False
