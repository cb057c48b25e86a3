"""A finder: finds the operation of a document that a call belongs to, allowed or not, with any query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.gate.permit import Permit
from plugin_gateway.gate.variant import NO_FIELDS
from plugin_gateway.openapi.document import OperationKey

if TYPE_CHECKING:
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.gate.variant import Fields
    from plugin_gateway.openapi.document import Document


class Finder:
    """A gate in which every operation is allowed. `prefix` is the path of the API's URL, which targets may have."""

    def __init__(self, document: Document, prefix: str = "") -> None:
        allowed = {
            key: AllowedOperation(operation_id=operation.operation_id or str(key))
            for key, operation in document.operations.items()
        }
        self._gate = compile_gate(document, allowed)
        self._prefix = prefix.rstrip("/").encode()
        self.document = document

    def find(self, method: str, target: bytes, fields: Fields = NO_FIELDS) -> OperationRule | None:
        """Return the rule of the operation that a request matches."""
        targets = [target]
        if self._prefix and target.startswith(self._prefix + b"/"):
            targets.append(target[len(self._prefix) :])
        for one in targets:
            # The whole target first, because a template may end in a query. Then without it, because the query may have
            # undeclared names.
            for candidate in (one, one.partition(b"?")[0]):
                verdict = self._gate.judge(method.encode("latin-1", "replace"), candidate, fields)
                if isinstance(verdict, Permit):
                    return verdict.rule
        return None

    def key(self, rule: OperationRule) -> OperationKey:
        return OperationKey(rule.method, rule.path_template)
