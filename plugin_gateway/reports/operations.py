"""Operations for lists: a search, a one-line summary, and an estimate of the tokens of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from plugin_gateway.openapi.refs import RefError, resolve
from plugin_gateway.ranking.index import build_index
from plugin_gateway.ranking.lookup import find
from plugin_gateway.ranking.subject import Subject
from plugin_gateway.text.readable import readable
from plugin_gateway.tools.tokens import tokens_of_size

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from plugin_gateway.openapi.document import Document, Operation, OperationKey
    from plugin_gateway.ranking.index import Index

TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
REF = re.compile(rb'"\$ref":"(#[^"\\]*)"')
NEARLY_AS_GOOD = 0.5
"""List an operation if its score is at least this share of the best."""


class Query(NamedTuple):
    """A search. An operation must have all tags and one of the methods, and fit the words as `best` demands."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    methods: tuple[str, ...]


def parse_query(terms: Iterable[str]) -> Query:
    """Read words, `tag:x` and `method:get`."""
    words: list[str] = []
    tags: list[str] = []
    methods: list[str] = []
    for term in terms:
        kind, colon, value = term.partition(":")
        if colon and value and kind.lower() == "tag":
            tags.append(value.casefold())
        elif colon and value and kind.lower() == "method":
            methods.append(value.upper())
        else:
            words += term.split()
    return Query(tuple(words), tuple(tags), tuple(methods))


def search(document: Document, query: Query) -> list[Operation]:
    """Find the operations with the tags and methods: the best match of the words first, or in document order without words."""
    found = [operation for operation in document.operations.values() if is_wanted(operation, query)]
    return best(found, index_of(found), query.words) if query.words else found


def is_wanted(operation: Operation, query: Query) -> bool:
    """Return whether an operation has the tags and one of the methods of a query."""
    return (not query.methods or operation.key.method in query.methods) and (
        not query.tags or set(query.tags) <= {tag.casefold() for tag in operation.tags}
    )


def index_of(operations: Iterable[Operation]) -> Index:
    """Index operations for `best`."""
    return build_index(subject_of(operation) for operation in operations)


def best(operations: Sequence[Operation], index: Index, words: Iterable[str]) -> list[Operation]:
    """Return the indexed operations that have the most of the words or score nearly as well as the best, the best match first.

    Words alone would not do: an operation that a person means by "invite org member" may invite without the word "member", and
    a long text about another may have all three.
    """
    result = find(index, " ".join(words))
    most = max((one.words for one in result.found), default=0)
    if most * 2 < result.words:
        return []
    enough = result.found[0].score * NEARLY_AS_GOOD if result.found else 0
    return [operations[one.number] for one in result.found if one.words == most or one.score >= enough]


def subject_of(operation: Operation) -> Subject:
    """Return an operation as a ranking reads it."""
    node = operation.node
    title, description = node.get("summary"), node.get("description")
    return Subject(
        name=operation.operation_id or "",
        method=operation.key.method,
        path=operation.key.path,
        title=title if isinstance(title, str) else "",
        description=description if isinstance(description, str) else "",
        tags=operation.tags,
        is_deprecated=node.get("deprecated") is True,
    )


def summary_of(operation: Operation) -> str:
    """Return one line about an operation: its summary, or its description."""
    for name in ("summary", "description"):
        text = operation.node.get(name)
        # Some documents contain HTML.
        if isinstance(text, str) and (line := " ".join(TAG.sub(" ", text).split())):
            return readable(line)
    return ""


def as_list(document: Document, found: Sequence[Operation], allowed: Container[OperationKey]) -> list[dict[str, Any]]:
    """Return each operation as a list shows it, as JSON members."""
    costs = Costs(document)
    return [
        {
            "method": operation.key.method,
            "path": operation.key.path,
            "operation_id": operation.operation_id,
            "summary": summary_of(operation),
            "tags": list(operation.tags),
            "deprecated": operation.node.get("deprecated") is True,
            "tokens": costs.tokens(operation),
            "allowed": operation.key in allowed,
        }
        for operation in found
    ]


class Costs:
    """Estimates how many tokens an operation takes, with every component that it refers to.

    It counts the JSON text, each component once. The result is within a few per cent of the pruned document, and fast enough
    for a list of a thousand operations.
    """

    def __init__(self, document: Document) -> None:
        self._root = document.root
        self._numbers: dict[str, int] = {}
        self._sizes: list[int] = []
        self._closures: list[int] = []
        """What each component reaches, itself included, as a bit for each component."""
        self._parts: dict[int, Mapping[str, int]] = {}

    def tokens(self, operation: Operation) -> int:
        size, parts = self.reach(operation)
        return tokens_of_size(size + sum(parts.values()))

    def reach(self, operation: Operation) -> tuple[int, Mapping[str, int]]:
        """Return the size of an operation alone, and the size of each component that it reaches, by its reference."""
        parameters = operation.path_item.get("parameters") or []
        size, refs = measure([operation.node, parameters])
        bits = 0
        for ref in refs:
            if ref not in self._numbers:
                self._close(ref)
            bits |= self._closures[self._numbers[ref]]
        if (parts := self._parts.get(bits)) is None:
            names = [*self._numbers]
            parts = self._parts[bits] = {names[number]: self._sizes[number] for number in _ones(bits)}
        return size, parts

    def _close(self, first: str) -> None:
        """Find what the components from `first` on reach (Tarjan's algorithm, without recursion).

        Components that reach each other reach the same, so a document whose components all refer to each other costs no more.
        """
        numbers, low, open_ = self._numbers, dict[int, int](), list[int]()
        stack = [(self._enter(first, low, open_))]
        while stack:
            number, refs = stack[-1]
            for ref in refs:
                found = numbers.get(ref)
                if found is None:
                    stack.append(self._enter(ref, low, open_))
                    break
                if found in low:
                    low[number] = min(low[number], low[found])
                self._closures[number] |= self._closures[found]
            else:
                stack.pop()
                if stack:
                    above = stack[-1][0]
                    low[above] = min(low[above], low[number])
                    self._closures[above] |= self._closures[number]
                if low[number] == number:
                    self._leave(number, low, open_)

    def _enter(self, ref: str, low: dict[int, int], open_: list[int]) -> tuple[int, Iterator[str]]:
        number = self._numbers[ref] = low[len(self._sizes)] = len(self._sizes)
        try:
            size, refs = measure(resolve(self._root, ref).value)
        except RefError:
            size, refs = 0, ()
        self._sizes.append(size)
        self._closures.append(1 << number)
        open_.append(number)
        return number, iter(refs)

    def _leave(self, number: int, low: dict[int, int], open_: list[int]) -> None:
        """Give all components of a cycle the same reach."""
        at = open_.index(number)
        bits = 0
        for member in open_[at:]:
            bits |= self._closures[member]
        for member in open_[at:]:
            self._closures[member] = bits
            del low[member]
        del open_[at:]


def _ones(bits: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set."""
    text = bin(bits)[:1:-1]
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)


def measure(value: object) -> tuple[int, tuple[str, ...]]:
    """Return the size of a value as JSON, and its references."""
    try:
        text = orjson.dumps(value)
    except TypeError:
        # orjson refuses deep nesting and large numbers; the estimate may leave such a value out.
        return 0, ()
    return len(text), tuple(dict.fromkeys(ref.decode() for ref in REF.findall(text)))
