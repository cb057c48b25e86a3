"""Trimmed mappings: discriminator mappings without the schemas that only the mappings refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.prune.subtypes import named_schema
from plugin_gateway.openapi.refs import RefError, to_ref

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document, Json, JsonObject
    from plugin_gateway.openapi.prune.references import References
    from plugin_gateway.openapi.prune.targets import Place, Targets


class TrimmedMappings:
    """Collects the copied discriminators, and trims their mappings after all else is copied."""

    def __init__(self, document: Document, targets: Targets, references: References) -> None:
        """Take the components copied so far with `references`, and the means to locate targets in the pruned document."""
        self._document, self._targets, self._references = document, targets, references
        self._mappings: list[tuple[JsonObject, JsonObject, Place]] = []

    def add(self, copy: JsonObject, node: JsonObject, place: Place) -> None:
        """Record the copy of the discriminator at `place` in the full document."""
        self._mappings.append((copy, node, place))

    def trim(self) -> None:
        """Remove the entries whose schemas are not kept."""
        for copy, node, place in self._mappings:
            if isinstance(mapping := node.get("mapping"), dict):
                texts = {name: self._reached(target, place) for name, target in mapping.items()}
                copy["mapping"] = {name: text for name, text in texts.items() if text is not None}
                if not copy["mapping"]:
                    del copy["mapping"]
            if "defaultMapping" in node and (text := self._reached(node["defaultMapping"], place)) is not None:
                copy["defaultMapping"] = text
            else:
                copy.pop("defaultMapping", None)

    def _reached(self, target: Json, place: Place) -> str | None:
        if not isinstance(target, str):
            return None
        if (unit := named_schema(self._document, target)) is not None:
            return target if unit[-1] in self._references.components.get(unit[-2], {}) else None
        try:
            landing = self._targets.land(target, place)
        except RefError:
            return None
        if self._targets.kept_kind(landing.tokens) is not ObjectKind.SCHEMA:
            hoisted = self._references.hoisted.find(ObjectKind.SCHEMA, landing.tokens)
            return hoisted and hoisted.text
        unit = self._targets.unit_of(landing.tokens)
        if unit is not None and unit[-1] not in self._references.components.get(unit[-2], {}):
            return None
        return target if landing.holds_as_written else to_ref(landing.tokens)
