"""Links of responses: a link is permitted if it leads to a kept operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.openapi.document import Document, Json, JsonObject, OperationKey
from plugin_gateway.openapi.grammar import ObjectKind, is_reference
from plugin_gateway.openapi.prune.targets import Place, Region, Targets, pointer_of
from plugin_gateway.openapi.refs import RefError, Tokens, to_ref

if TYPE_CHECKING:
    from collections.abc import Mapping


class PermittedLinks:
    """Judges the links of one document. A link whose operation cannot be determined is not permitted."""

    def __init__(self, document: Document, kept: Mapping[OperationKey, Tokens], targets: Targets) -> None:
        """Take the place of each kept operation in the pruned document as `kept`."""
        self._targets = targets
        self._kept = kept
        self._kept_nodes = {id(document.operations[key].node): place for key, place in kept.items()}
        self._kept_ids = {document.operations[key].operation_id for key in kept} - {None}

    def is_permitted(self, link: Json, place: Place) -> bool:
        seen: set[Tokens] = set()
        while is_reference(ObjectKind.LINK, link):
            try:
                landing = self._targets.land(link["$ref"], place)
            except RefError:
                return True  # the closure reports the broken reference
            if landing.tokens in seen:
                return True
            seen.add(landing.tokens)
            link, place = landing.value, Region(landing.tokens)
        if not isinstance(link, dict):
            return True
        operation_id, ref = link.get("operationId"), link.get("operationRef")
        if isinstance(operation_id, str) and operation_id not in self._kept_ids:
            return False
        return not isinstance(ref, str) or self._operation_at(ref, place) is not None

    def rewritten(self, link: JsonObject, place: Place) -> JsonObject:
        """Return the link with an `operationRef` that is valid in the pruned document."""
        ref = link.get("operationRef")
        target = self._operation_at(ref, place) if isinstance(ref, str) else None
        if target is None or not isinstance(ref, str) or pointer_of(ref) == target:
            return link
        return {**link, "operationRef": to_ref(target)}

    def _operation_at(self, ref: str, place: Place) -> Tokens | None:
        """Return the place, in the pruned document, of the operation that an `operationRef` names."""
        tokens = pointer_of(ref) or ()
        if tokens[:1] != ("paths",):
            try:
                landing = self._targets.land(ref, place)
            except RefError:
                return None
            tokens = landing.tokens
            if tokens[:1] != ("paths",):
                # An operation in a path item component: the pruned document has it under a path.
                return self._kept_nodes.get(id(landing.value))
        match tokens:
            case (_, path, method) | (_, path, "additionalOperations", method):
                return self._kept.get(OperationKey(method.upper(), path))
            case _:
                return None
