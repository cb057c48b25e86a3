"""The questions that the workshop answers, by their names below `/console/api/`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.console import operation_index
from plugin_gateway.console.answer import Answer, of_members, packed, problem, refused
from plugin_gateway.console.face_guides import guides_of
from plugin_gateway.console.figures import size_of, targets_of
from plugin_gateway.console.operation_sheet import sheet_of
from plugin_gateway.console.preview import Preview, preview, shown
from plugin_gateway.console.saving import conflict, save
from plugin_gateway.console.shown_text import shown_lines
from plugin_gateway.console.trial import try_operation
from plugin_gateway.errors import ConfigError, EditError, FindingsError, GatewayError
from plugin_gateway.export.targets.rule import Target
from plugin_gateway.publish.manifest import DOCUMENT_PATH
from plugin_gateway.reports.explained import as_members
from plugin_gateway.reports.exporting import candidate_of
from plugin_gateway.reports.judged import judge_targets
from plugin_gateway.reports.operations import best, index_of, is_wanted, parse_query
from plugin_gateway.revision.account import account_for
from plugin_gateway.revision.lock_file import copy_path, load_copy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.console.material import Held, Material
    from plugin_gateway.console.operation_index import OperationIndex
    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.ranking.index import Index
    from plugin_gateway.revision.build import Built

MOST_CHANGES: Final = 5_000
_LONGEST_QUERY: Final = 500
_TERM: Final = re.compile(r'(?:[A-Za-z]+:)?"[^"]*"|\S+')
_YAML_PATH: Final = DOCUMENT_PATH.removesuffix(".json") + ".yaml"


class BadQuestionError(Exception):
    """The question itself is wrong; the text says what to ask."""


class Bench:
    """Answers questions about one gateway, and keeps what it has computed until the files change."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._index: tuple[Document, OperationIndex] | None = None
        self._ranking: tuple[Document, Index] | None = None
        self._new: tuple[Held, frozenset[OperationKey]] | None = None
        self._listed: tuple[Held, Answer] | None = None
        self._previewed: tuple[Held, object, Preview] | None = None

    async def answer(self, name: str, arguments: bytes) -> Answer:
        """Answer one question. A mistake of the person or in the files is an answer, too."""
        try:
            given = json.loads(arguments or b"{}")
        except (ValueError, RecursionError):
            return problem(400, "bad-question", "The body is not JSON.")
        if not isinstance(given, dict):
            return problem(400, "bad-question", "The body is not a JSON object.")
        try:
            if name == "try":
                return await self._try(given)
            ask = _QUESTIONS.get(name)
            return ask(self, given) if ask else problem(404, "unknown-path", "There is no such question.")
        except BadQuestionError as error:
            return problem(400, "bad-question", str(error))
        except FindingsError as error:
            return refused(error.findings, "gateway.yaml, or the document that it names, has a mistake.")
        except EditError as error:
            return problem(422, "config-refused", str(error), hint=error.hint, findings=[])
        except GatewayError as error:
            return problem(400, "bad-question", str(error))

    def operations(self, _given: dict[str, Any]) -> Answer:
        held = self._material.held()
        if self._listed is None or self._listed[0] is not held:
            # The browser reads it often, and it compresses to a sixth.
            self._listed = held, packed(of_members(self._members(held), has_etag=True))
        return self._listed[1]

    def search(self, given: dict[str, Any]) -> Answer:
        held = self._material.held()
        text = _string(given, "q")[:_LONGEST_QUERY]
        terms = [term.replace('"', "") for term in _TERM.findall(text)]
        kinds = [term.lower().removeprefix("is:") for term in terms if term.lower().startswith("is:")]
        query = parse_query(term for term in terms if not term.lower().startswith("is:"))
        operations = tuple(held.document.operations.values())
        found = [one for one in operations if is_wanted(one, query)]
        if query.words:
            index = self._ranking_of(held) if len(found) == len(operations) else index_of(found)
            found = best(found, index, query.words)
        keys = self._index_of(held).keys
        numbers = {key: number for number, key in enumerate(keys)}
        chosen = [numbers[one.key] for one in found]
        if kinds:
            chosen = [number for number in chosen if all(self._is_kind(held, number, kind) for kind in kinds)]
        return of_members({"found": chosen})

    def operation(self, given: dict[str, Any]) -> Answer:
        held = self._material.held()
        return of_members(sheet_of(held, self._key(held, given.get("n"))))

    def preview(self, given: dict[str, Any]) -> Answer:
        held = self._material.held()
        if stale := self._stale(held, given):
            return stale
        answer = shown(self._preview(held, given))
        return answer if isinstance(answer, Answer) else of_members(answer)

    def save(self, given: dict[str, Any]) -> Answer:
        held = self._material.held()
        if stale := self._stale(held, given):
            return stale
        return save(self._material, self._preview(held, given), may_write=given.get("may_write") is True)

    def document(self, given: dict[str, Any]) -> Answer:
        built = self._built()
        profile = _string(given, "profile")
        face = built.revision.faces.get(_YAML_PATH + (f"?profile={profile}" if profile else ""))
        if face is None:
            return problem(404, "unknown-profile", "There is no such profile.")
        return Answer(200, face.media_type, face.body, face.etag)

    def faces(self, _given: dict[str, Any]) -> Answer:
        built = self._built()
        candidate = candidate_of(built, has_digest=False)
        found = judge_targets(built, Target, candidate)
        path = self._material.held().path
        return of_members({"faces": [guide.members(found) for guide in guides_of(candidate, path)]})

    def explain(self, given: dict[str, Any]) -> Answer:
        built = self._built()
        account = account_for(
            _string(given, "method") or "GET",
            _string(given, "target"),
            revision=built.revision,
            loaded=built.loaded,
            document=built.document,
            consumer=_string(given, "consumer"),
            agreed=built.agreed,
        )
        return of_members(as_members(account))

    async def _try(self, given: dict[str, Any]) -> Answer:
        held = self._material.held()
        key = self._key(held, given.get("n"))
        arguments = given.get("arguments") or {}
        if not isinstance(arguments, dict):
            raise BadQuestionError("`arguments` is an object")
        built = self._material.build_with_secrets()
        return await try_operation(held, built, key, arguments, given.get("body"), _string(given, "consumer"))

    def _built(self) -> Built:
        held = self._material.held()
        if held.built is None:
            raise ConfigError(held.findings)
        return held.built

    def _members(self, held: Held) -> dict[str, Any]:
        index, kept = self._index_of(held), held.kept
        loaded = held.loaded
        lines = shown_lines(held.text)
        entries = []
        for number, entry in enumerate(loaded.config.allow):
            line = loaded.locate(("allow", number)).line
            text = lines[line - 1] if 0 < line <= len(lines) else str(entry.operation or "")
            entries.append({"line": line, "text": text, "is_group": entry.operation is None})
        by = [kept[key].entries[0].index if key in kept else -1 for key in index.keys]
        return {
            "base": held.base,
            "title": index.title,
            "version": index.version,
            "total_bytes": index.total_bytes,
            "tags": index.tags,
            "components": index.component_bytes,
            "operations": {
                **index.columns,
                "flags": index.flags_with(self._new_since_lock(held), {one.operation for one in held.agreed.drifted}),
                "allowed": [0 if one < 0 else entries[one]["line"] or 1 for one in by],
                "by": by,
            },
            "entries": entries,
            "calls": [],
            "targets": targets_of(held.built),
            "now": size_of(held.built),
        }

    def _index_of(self, held: Held) -> OperationIndex:
        if self._index is None or self._index[0] is not held.document:
            self._index = held.document, operation_index.index_operations(held.document)
        return self._index[1]

    def _ranking_of(self, held: Held) -> Index:
        if self._ranking is None or self._ranking[0] is not held.document:
            self._ranking = held.document, index_of(held.document.operations.values())
        return self._ranking[1]

    def _new_since_lock(self, held: Held) -> frozenset[OperationKey]:
        """Return the operations that the document did not have when the lock was written."""
        if held.agreed.lock is None:
            return frozenset()
        if self._new is None or self._new[0] is not held:
            copy = load_copy(copy_path(held.path))
            names = set(copy.names) if copy is not None else set()
            new = (key for key in held.document.operations if str(key) not in names) if names else ()
            self._new = held, frozenset(new)
        return self._new[1]

    def _is_kind(self, held: Held, number: int, kind: str) -> bool:
        index = self._index_of(held)
        key = index.keys[number]
        match kind:
            case "allowed":
                return key in held.kept
            case "new":
                return key in self._new_since_lock(held)
            case "changed":
                return any(str(key) == one.operation for one in held.agreed.drifted)
            case "deprecated":
                return bool(index.flags[number] & operation_index.DEPRECATED)
            case "write":
                return bool(index.flags[number] & operation_index.WRITE)
            case _:
                raise BadQuestionError(f"`is:{kind}` is not known here: use allowed, new, changed, deprecated or write")

    def _key(self, held: Held, number: Any) -> OperationKey:
        keys = self._index_of(held).keys
        if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < _MOST_DIGITS:
            number = int(number)
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(keys):
            raise BadQuestionError(f"an operation is a number from 0 to {len(keys) - 1}")
        return keys[number]

    def _keys(self, held: Held, given: dict[str, Any], name: str) -> tuple[OperationKey, ...]:
        numbers = given.get(name) or []
        if not isinstance(numbers, list) or len(numbers) > MOST_CHANGES:
            raise BadQuestionError(f"`{name}` is a list of at most {MOST_CHANGES} operations")
        return tuple(dict.fromkeys(self._key(held, number) for number in numbers))

    def _stale(self, held: Held, given: dict[str, Any]) -> Answer | None:
        base = _string(given, "base")
        if base == held.base:
            return None
        add, remove = self._keys(held, given, "add"), self._keys(held, given, "remove")
        return conflict(self._material, held, base, add, remove)

    def _preview(self, held: Held, given: dict[str, Any]) -> Preview:
        change = self._keys(held, given, "add"), self._keys(held, given, "remove")
        before = self._previewed
        if before is None or before[0] is not held or before[1] != change:
            # The change that a person saves is the one that was shown last.
            self._previewed = before = held, change, preview(self._material, held, *change)
        return before[2]


_MOST_DIGITS: Final = 10
_QUESTIONS: Final = {
    "operations": Bench.operations,
    "search": Bench.search,
    "operation": Bench.operation,
    "preview": Bench.preview,
    "save": Bench.save,
    "document": Bench.document,
    "faces": Bench.faces,
    "explain": Bench.explain,
}
NAMES: Final[Iterable[str]] = (*_QUESTIONS, "try")


def _string(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadQuestionError(f"`{name}` is a text")
    return value
