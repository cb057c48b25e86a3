"""Link queries: the query parameters that clients do not know or send under other names.

Links may lead to any operation of a revision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from plugin_gateway.gate.override import fold_name
from plugin_gateway.gate.search import find_ends
from plugin_gateway.gate.target import read_target
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.gate.gate import Gate
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.gate.routing import RouteTable


class QueryNames(NamedTuple):
    """`unseen` are the folded names of hidden and fixed parameters; `renamed` has clients' names, percent-encoded."""

    unseen: frozenset[bytes] = frozenset()
    renamed: Mapping[bytes, bytes] = {}


class LinkQueries:
    """Finds the names for a link by its path. Made once per revision."""

    __slots__ = ("_names", "_routes", "_unseen")

    def __init__(self, routes: RouteTable, names: Mapping[int, QueryNames]) -> None:
        self._routes = routes
        self._names = names
        """By the `id` of a rule."""
        self._unseen = frozenset[bytes]().union(*(one.unseen for one in names.values()))
        """The names that any operation hides or fixes."""

    def at(self, path: bytes) -> QueryNames:
        """Return the names of the operation that a GET of the path calls, or of all methods if there is no GET.

        A link to any other path loses every name that any operation hides or fixes.
        """
        target = read_target(path or b"/")
        if not isinstance(target, Refusal):
            for end in find_ends(self._routes.root, target.segments, 1):
                if routes := end.routes.get(b"GET") or [one for each in end.routes.values() for one in each]:
                    names = [self._names[id(route.rule)] for route in routes]
                    return QueryNames(frozenset().union(*(one.unseen for one in names)), names[0].renamed)
        return QueryNames(self._unseen)


def link_queries_of(rules: Iterable[OperationRule], gate: Gate) -> LinkQueries | None:
    """Return the names for the links of a revision, whose routes have these rules.

    Return None if every operation has the document's names.
    """
    names = {id(rule): query_names_of(rule) for rule in rules}
    if not any(one.unseen or one.renamed for one in names.values()):
        return None
    return LinkQueries(gate.routes, names)


def query_names_of(rule: OperationRule) -> QueryNames:
    """Return an operation's query parameters that clients do not know, and the renamed ones."""
    if rule.shape is None:
        return QueryNames()
    names = rule.shape.names
    unseen = {name for place, name in names.unseen if place == "query"} | names.unseen_members
    return QueryNames(
        frozenset(fold_name(name.encode(errors="replace")) for name in unseen),
        {
            old.encode(errors="replace"): quote(new, safe="").encode()
            for (place, old), new in names.renamed
            if place == "query"
        },
    )
