"""Finished documents: the documents for clients that `build` has rendered, so that a start from a revision file renders none.

Rendering them takes most of a compile. A finished document is used only if all its sources are unchanged.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.render import to_json
from plugin_gateway.revision.canonical import Omitted, Rules, canonical
from plugin_gateway.revision.steps import CompileSteps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.openapi.document import OperationKey
    from plugin_gateway.publish.document import Presentation, PublishedOperation
    from plugin_gateway.publish.faces import DocumentFaces

_RULES: Final[Rules] = {Document: {"root": to_json, "warnings": Omitted("clients do not see them")}}


class FinishedSteps(CompileSteps):
    """Shows finished documents, and finishes the others."""

    def __init__(self, finished: Mapping[str, DocumentFaces] | None = None) -> None:
        self.finished = dict(finished or {})
        """By the hash of their parts (`hash_of_parts`)."""

    def show(
        self, pruned: Document, operations: Mapping[OperationKey, PublishedOperation], presentation: Presentation
    ) -> DocumentFaces:
        parts = hash_of_parts(pruned, operations, presentation)
        if parts not in self.finished:
            self.finished[parts] = super().show(pruned, operations, presentation)
        return self.finished[parts]


def hash_of_parts(
    pruned: Document, operations: Mapping[OperationKey, PublishedOperation], presentation: Presentation
) -> str:
    """Return the SHA-256 of all sources of the documents for clients. It covers no secret."""
    shown = [(key, operation.shown) for key, operation in operations.items()]
    return sha256(canonical((pruned, shown, presentation), _RULES)).hexdigest()
