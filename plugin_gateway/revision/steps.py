"""The steps of a compile that work on the document: prune and mend it, shape its calls, serve it, and define its tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.mend.mended import mend
from plugin_gateway.openapi.mend.notes import errors_in
from plugin_gateway.openapi.prune.broken import BrokenReferencesError
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.publish.faces import build_document_faces
from plugin_gateway.shape.compile import compile_shapes
from plugin_gateway.tools.tool_set import build_tool_set

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from typing import Literal

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.publish.document import Presentation, PublishedOperation
    from plugin_gateway.publish.faces import DocumentFaces
    from plugin_gateway.shape.compile import ShapedDocument
    from plugin_gateway.shape.settings import OperationSettings
    from plugin_gateway.tools.tool_set import ToolSet, ToolSettings


class CompileSteps:
    """Does each step for the whole document. Each takes the result of the step before it."""

    has_notes = True
    """Whether the revision reports doubts about the document, and what each profile leaves out."""

    def prune(
        self,
        document: Document,
        kept: Collection[OperationKey],
        *,
        extensions: Collection[str],
        discriminator: Literal["follow", "trim"],
    ) -> tuple[Document, tuple[Finding, ...]]:
        """Prune and mend the document; the findings are warnings.

        Raises:
            DocumentError: an operation cannot be cut out of the document.
        """
        broken: tuple[Finding, ...] = ()
        try:
            cut = prune(document, kept, extensions=extensions, discriminator=discriminator)
        except BrokenReferencesError as error:
            broken, cut = error.findings, error.cut
        pruned, findings = mend(cut)
        if errors := [*broken, *_others(errors_in(findings), broken)]:
            raise DocumentError(errors)
        return pruned, findings

    def shape(
        self, pruned: Document, settings: Mapping[OperationKey, OperationSettings], extensions: Collection[str]
    ) -> ShapedDocument:
        """Do the work of `compile_shapes`."""
        return compile_shapes(pruned, settings, extensions)

    def show(
        self,
        pruned: Document,
        operations: Mapping[OperationKey, PublishedOperation],
        presentation: Presentation,
    ) -> DocumentFaces:
        """Do the work of `build_document_faces`."""
        return build_document_faces(pruned, operations, presentation, has_notes=self.has_notes)

    def define(self, served: Document, settings: Mapping[OperationKey, ToolSettings], *, is_searched: bool) -> ToolSet:
        """Do the work of `build_tool_set`."""
        return build_tool_set(served, settings, is_searched=is_searched)


def _others(errors: Iterable[Finding], broken: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the errors that do not come from a broken reference, which is reported already."""
    holders = {one.pointer[:-1] for one in broken if one.pointer is not None}
    return (error for error in errors if error.pointer not in holders)


WHOLE_DOCUMENT = CompileSteps()
