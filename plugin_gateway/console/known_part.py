"""A known part: the kept operations of some paths, with the last result of each step of a compile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from msgspec import Struct, field

from plugin_gateway.openapi.mend.mended import mend
from plugin_gateway.openapi.mend.notes import errors_in
from plugin_gateway.openapi.mend.value_check import MOST_STEPS_IN_ALL, Effort
from plugin_gateway.openapi.prune.joined import is_plain
from plugin_gateway.openapi.versions.downgrade_schema import uses_later_words
from plugin_gateway.publish.document import build_served_document
from plugin_gateway.shape.compile import compile_shapes
from plugin_gateway.tools.define import draft_all

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.publish.document import Presentation, PublishedOperation
    from plugin_gateway.shape.compile import ShapedDocument
    from plugin_gateway.shape.settings import OperationSettings
    from plugin_gateway.tools.define import ToolDraft
    from plugin_gateway.tools.tool_set import ToolSettings

T = TypeVar("T")
KeysByPath = dict[str, list["OperationKey"]]


class ServedPart(NamedTuple):
    """A part as a served document, the effort that it took, and the drafts of its tools."""

    document: Document
    effort: Effort
    drafts: _Answers

    def drafted(self, settings: Mapping[OperationKey, ToolSettings]) -> tuple[ToolDraft, ...]:
        """Return the drafts of its tools."""
        own = {key: settings[key] for key in self.document.operations if key in settings}
        return self.drafts.recall("tools", own, lambda: draft_all(self.document, own))


class _Answers(Struct):
    """The last answer to each kind of question."""

    known: dict[object, tuple[object, Any]] = field(default_factory=dict)

    def recall(self, kind: object, question: object, answer: Callable[[], T]) -> T:
        before = self.known.get(kind)
        if before is None or before[0] != question:
            self.known[kind] = before = question, answer()
        found: T = before[1]
        return found


class KnownPart:
    """What the steps made of the operations of some paths."""

    def __init__(self, keys: KeysByPath, pruned: Document | None) -> None:
        """Take the kept operations by path, and the document pruned to them; None if it depends on other operations."""
        self.keys = keys
        self.pruned = pruned
        """The pruned and mended document; None if it cannot be joined with others."""
        self.effort = Effort()
        self.uses_later_words = False
        self._answers = _Answers()
        if pruned is not None:
            mended, findings = mend(pruned, self.effort)
            self.pruned = mended if not any(errors_in(findings)) and is_plain(mended) else None
            self.uses_later_words = uses_later_words(mended.root)

    @property
    def document(self) -> Document:
        """The document of a part that can be joined with others."""
        if self.pruned is None:
            raise LookupError(*self.keys)
        return self.pruned

    def shaped(self, settings: Mapping[OperationKey, OperationSettings], extensions: Collection[str]) -> ShapedDocument:
        """Shape the calls of its operations."""
        own = {key: settings[key] for key in self._every if key in settings}
        question = own, extensions
        return self._answers.recall("shapes", question, lambda: compile_shapes(self.document, own, extensions))

    def served(
        self,
        operations: Mapping[OperationKey, PublishedOperation],
        presentation: Presentation,
        *,
        has_answers: bool,
    ) -> ServedPart:
        """Serve its operations."""
        own = {key: operations[key] for key in self._every}

        def build() -> ServedPart:
            effort = Effort()
            served, _ = build_served_document(self.document, own, presentation, has_answers=has_answers, effort=effort)
            return ServedPart(served, effort, _Answers())

        question = presentation, [one.shown for one in own.values()]
        return self._answers.recall((presentation.version, has_answers), question, build)

    @property
    def _every(self) -> list[OperationKey]:
        return [key for keys in self.keys.values() for key in keys]


def are_within_limit(efforts: Iterable[Effort]) -> bool:
    """Return whether a whole document of these parts would have all its values checked, too."""
    return sum(effort.steps for effort in efforts) <= MOST_STEPS_IN_ALL


def are_alike(parts: Sequence[KnownPart], version: str) -> bool:
    """Return whether serving the parts in this version changes each of them, or none.

    A document that says 3.0 is served in 3.0 as it is, unless one of its schemas uses keywords of later versions.
    """
    return version != "3.0" or len({part.uses_later_words for part in parts}) == 1
