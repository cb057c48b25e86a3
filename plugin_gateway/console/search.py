"""A search of the console: words, tags and methods, as `ops` takes them, and kinds of operations, such as `is:new`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.console import operation_index
from plugin_gateway.console.arguments import BadQuestionError
from plugin_gateway.reports.operations import best, index_of, is_wanted, parse_query

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.console.operation_list import OperationList
    from plugin_gateway.ranking.index import Index

_LONGEST: Final = 500
_TERM: Final = re.compile(r'(?:[A-Za-z]+:)?"[^"]*"|\S+')
_FLAGS: Final = {
    "new": operation_index.NEW,
    "changed": operation_index.CHANGED,
    "deprecated": operation_index.DEPRECATED,
    "write": operation_index.WRITE,
}


def search(text: str, listed: OperationList, ranking: Callable[[], Index]) -> list[int]:
    """Return the numbers of the operations that match, the best first. `ranking` returns the index of all operations.

    Raises:
        BadQuestionError: there is no such kind.
    """
    terms = [term.replace('"', "") for term in _TERM.findall(text[:_LONGEST])]
    kinds = [term.lower().removeprefix("is:") for term in terms if term.lower().startswith("is:")]
    query = parse_query(term for term in terms if not term.lower().startswith("is:"))
    operations = tuple(listed.reading.document.operations.values())
    found = [one for one in operations if is_wanted(one, query)]
    if query.words:
        found = best(found, ranking() if len(found) == len(operations) else index_of(found), query.words)
    numbers = {key: number for number, key in enumerate(listed.index.keys)}
    chosen = [numbers[one.key] for one in found]
    return [number for number in chosen if all(_is_kind(listed, number, kind) for kind in kinds)]


def _is_kind(listed: OperationList, number: int, kind: str) -> bool:
    if kind == "allowed":
        return listed.is_allowed(number)
    if kind not in _FLAGS:
        raise BadQuestionError(f"`is:{kind}` is not known here: use allowed, new, changed, deprecated or write")
    return bool(listed.flags[number] & _FLAGS[kind])
