"""The questions that the console asks the workshop, by their names below `/console/api/`, and their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.console.answer import WorkshopAnswer, of_members, packed, problem, refused
from plugin_gateway.console.arguments import Arguments, BadQuestionError, OtherDocumentError
from plugin_gateway.console.face_guides import guides_of
from plugin_gateway.console.operation_index import index_operations
from plugin_gateway.console.operation_list import OperationList
from plugin_gateway.console.operation_sheet import sheet_of
from plugin_gateway.console.preview import Preview, effects_of, preview
from plugin_gateway.console.saving import conflict, save
from plugin_gateway.console.search import search
from plugin_gateway.console.trial import try_operation
from plugin_gateway.errors import ConfigError, EditError, FindingsError, GatewayError
from plugin_gateway.export.platforms.rule import Platform
from plugin_gateway.publish.manifest import DOCUMENT_PATH
from plugin_gateway.reports.explained import as_members
from plugin_gateway.reports.exporting import candidate_of
from plugin_gateway.reports.judged import judge_by_platform
from plugin_gateway.reports.operations import index_of
from plugin_gateway.revision.account import account_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.console.material import Material, MaterialReading
    from plugin_gateway.console.operation_index import OperationIndex
    from plugin_gateway.console.preview import Change
    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.ranking.index import Index
    from plugin_gateway.revision.build import Built

_YAML_PATH: Final = DOCUMENT_PATH.removesuffix(".json") + ".yaml"


class Questions:
    """Answers questions about one gateway, and keeps what it has computed until the files change."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._index: tuple[Document, OperationIndex] | None = None
        self._ranking: tuple[Document, Index] | None = None
        self._list: OperationList | None = None
        self._packed: tuple[MaterialReading, WorkshopAnswer] | None = None
        self._previewed: tuple[MaterialReading, Change, Preview] | None = None

    async def answer(self, name: str, arguments: bytes) -> WorkshopAnswer:
        """Answer one question. A mistake of the person or in the files is an answer, too."""
        try:
            given = Arguments(arguments)
            if name == "try":
                return await self._try(given)
            ask = _QUESTIONS.get(name)
            return ask(self, given) if ask else problem(404, "unknown-path", "There is no such question.")
        except BadQuestionError as error:
            return problem(400, "bad-question", str(error))
        except OtherDocumentError:
            detail = "The document has changed since its operations were shown, so their numbers are no longer valid."
            return problem(409, "document-changed", detail, hint="Read the operations again.")
        except FindingsError as error:
            return refused(error.findings, "gateway.yaml, or the document that it names, has a mistake.")
        except EditError as error:
            return problem(422, "config-refused", str(error), hint=error.hint, findings=[])
        except GatewayError as error:
            return problem(400, "bad-question", str(error))

    def operations(self, _given: Arguments) -> WorkshopAnswer:
        reading = self._material.reading()
        if self._packed is None or self._packed[0] is not reading:
            # The browser reads it often, and it compresses to a sixth.
            self._packed = reading, packed(of_members(self._list_of(reading).members(), has_etag=True))
        return self._packed[1]

    def search(self, given: Arguments) -> WorkshopAnswer:
        reading = self._material.reading()
        return of_members({"found": search(given.text("q"), self._list_of(reading), lambda: self._ranking_of(reading))})

    def operation(self, given: Arguments) -> WorkshopAnswer:
        reading = self._material.reading()
        return of_members(sheet_of(reading, self._key(reading, given)))

    def preview(self, given: Arguments) -> WorkshopAnswer:
        reading = self._material.reading()
        if stale := self._stale(reading, given):
            return stale
        return effects_of(self._preview(reading, given))

    def save(self, given: Arguments) -> WorkshopAnswer:
        reading = self._material.reading()
        if stale := self._stale(reading, given):
            return stale
        return save(self._material, self._preview(reading, given), may_write=given.any("may_write") is True)

    def document(self, given: Arguments) -> WorkshopAnswer:
        built = self._built()
        profile = given.text("profile")
        face = built.revision.faces.get(_YAML_PATH + (f"?profile={profile}" if profile else ""))
        if face is None:
            return problem(404, "unknown-profile", "There is no such profile.")
        return WorkshopAnswer(200, face.media_type, face.body, face.etag)

    def faces(self, _given: Arguments) -> WorkshopAnswer:
        built = self._built()
        candidate = candidate_of(built, has_digest=False)
        found = judge_by_platform(built, Platform, candidate)
        path = self._material.reading().path
        return of_members({"faces": [guide.members(found) for guide in guides_of(candidate, path)]})

    def explain(self, given: Arguments) -> WorkshopAnswer:
        built = self._built()
        account = account_for(
            given.text("method") or "GET",
            given.text("target"),
            revision=built.revision,
            loaded=built.loaded,
            document=built.document,
            consumer=given.text("consumer"),
            agreed=built.agreed,
        )
        return of_members(as_members(account))

    async def _try(self, given: Arguments) -> WorkshopAnswer:
        reading = self._material.reading()
        key = self._key(reading, given)
        arguments = given.mapping("arguments")
        built = self._material.build_with_secrets()
        return await try_operation(reading, built, key, arguments, given.any("body"), given.text("consumer"))

    def _built(self) -> Built:
        reading = self._material.reading()
        if reading.built is None:
            raise ConfigError(reading.findings)
        return reading.built

    def _list_of(self, reading: MaterialReading) -> OperationList:
        if self._list is None or self._list.reading is not reading:
            if self._index is None or self._index[0] is not reading.document:
                self._index = reading.document, index_operations(reading.document)
            self._list = OperationList(reading, self._index[1])
        return self._list

    def _ranking_of(self, reading: MaterialReading) -> Index:
        if self._ranking is None or self._ranking[0] is not reading.document:
            self._ranking = reading.document, index_of(reading.document.operations.values())
        return self._ranking[1]

    def _key(self, reading: MaterialReading, given: Arguments) -> OperationKey:
        return given.operation("n", self._keys(reading, given))

    def _change(self, reading: MaterialReading, given: Arguments) -> Change:
        keys = self._keys(reading, given)
        return given.operations("add", keys), given.operations("remove", keys)

    def _keys(self, reading: MaterialReading, given: Arguments) -> tuple[OperationKey, ...]:
        """Return the operations that the numbers of a question stand for.

        Raises:
            OtherDocumentError: the page has seen another document, so it would open another operation than a person ticked.
        """
        index = self._list_of(reading).index
        if given.text("document") not in {"", index.digest}:
            raise OtherDocumentError
        return index.keys

    def _stale(self, reading: MaterialReading, given: Arguments) -> WorkshopAnswer | None:
        base = given.text("base")
        if base == reading.base:
            return None
        return conflict(self._material, reading, base, *self._change(reading, given))

    def _preview(self, reading: MaterialReading, given: Arguments) -> Preview:
        change = self._change(reading, given)
        before = self._previewed
        if before is None or before[0] is not reading or before[1] != change:
            # A person saves the change that the page showed last.
            self._previewed = before = reading, change, preview(self._material, reading, *change)
        return before[2]


_QUESTIONS: Final = {
    "operations": Questions.operations,
    "search": Questions.search,
    "operation": Questions.operation,
    "preview": Questions.preview,
    "save": Questions.save,
    "document": Questions.document,
    "faces": Questions.faces,
    "explain": Questions.explain,
}
NAMES: Final[Iterable[str]] = (*_QUESTIONS, "try")
