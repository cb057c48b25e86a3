"""A variant: an operation whose path template ends in a query, such as `/?Action=ListQueues` or `/search?type={type}`.

OpenAPI forbids such templates, but they are common. Several operations may share one path; the pairs in the query select the
operation. The gate decodes pairs as a form parser does, because the origin dispatches on the decoded values.

Documents of AWS write the pair as a fragment, `/#Action=ListQueues`, and require a query parameter `Action` with that value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.gate.alias import fold
from plugin_gateway.gate.query import decode_name
from plugin_gateway.gate.template import parse_template
from plugin_gateway.openapi.parameters import declared_parameters, follow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from plugin_gateway.gate.routing import Route
    from plugin_gateway.openapi.document import Document, Operation, OperationKey

_PLACEHOLDER = re.compile(rb"\{[^{}]*\}")


class RequiredPair(NamedTuple):
    """One pair of a template's query, decoded. `value` is None if the template leaves it to the caller (`type={type}`)."""

    name: bytes
    value: bytes | None

    def __str__(self) -> str:
        value = "{…}" if self.value is None else self.value.decode(errors="replace")
        return f"{self.name.decode(errors='replace')}={value}" if value else self.name.decode(errors="replace")


def required_pairs(query: Iterable[bytes]) -> tuple[RequiredPair, ...]:
    """The pairs of a template's query (`PathTemplate.query`). `acl` and `acl=` are the same pair."""
    pairs: list[RequiredPair] = []
    for pair in query:
        name, _, value = pair.partition(b"=")
        pairs.append(RequiredPair(decode_name(name), None if _PLACEHOLDER.search(value) else decode_name(value)))
    return tuple(pairs)


def selecting_pairs(key: OperationKey, document: Document) -> tuple[RequiredPair, ...]:
    """Return the pairs that select an operation.

    They are in its path template's query, and in its fragment if calls must have them.

    An operation that an overlay took out of the document has no parameters to read. All pairs of its fragment count, so that
    none of its calls passes as another operation's.
    """
    template = parse_template(key.path)
    parts = [part for part in template.fragment if b"=" in part]
    operation = document.operations.get(key)
    if parts and operation is not None:
        required = {*_required_values(operation, document)}
        parts = [part for part in parts if part in required]
    return required_pairs((*template.query, *parts))


def on_the_wire(key: OperationKey, pairs: Iterable[RequiredPair]) -> object:
    """Return a value that is equal for operations that the gate cannot tell apart; `pairs` select the operation."""
    return key.method, parse_template(key.path).shape, frozenset(pairs)


def _required_values(operation: Operation, document: Document) -> Iterator[bytes]:
    """Yield `name=value` for each query parameter that a call must have, with the only value that it may have."""
    for parameter in declared_parameters(operation, document):
        if parameter.get("in") == "query" and parameter.get("required") is True:
            schema = follow(parameter.get("schema", parameter), document) or {}
            values = [schema["const"]] if "const" in schema else schema.get("enum")
            if isinstance(values, list) and len(values) == 1:
                yield f"{parameter.get('name')}={values[0]}".encode(errors="replace")


def choose_route(routes: tuple[Route, ...], query: bytes) -> Route | None:
    """Return the most demanding route whose pairs are all in the query, with each of their names given once."""
    pairs: dict[bytes, list[bytes]] = {}
    for pair in query.split(b"&"):
        name, _, value = pair.partition(b"=")
        pairs.setdefault(decode_name(name), []).append(decode_name(value))
    for route in routes:
        if all(_is_met(required, pairs.get(required.name, ()), route) for required in route.query):
            return route
    return None


def contradict(ours: Iterable[RequiredPair], theirs: Iterable[RequiredPair]) -> bool:
    """Whether the two sets of pairs exclude each other: no call can have both, in any spelling."""
    values = {pair.name: fold_value(pair.value) for pair in ours if pair.value is not None}
    return any(
        pair.value is not None and pair.name in values and values[pair.name] != fold_value(pair.value)
        for pair in theirs
    )


def fold_value(value: bytes) -> str:
    """Fold a value for comparison with the values of denied variants."""
    return fold(value.decode(errors="replace"))


def _is_met(required: RequiredPair, values: Collection[bytes], route: Route) -> bool:
    if len(values) != 1:
        return False
    (value,) = values
    if required.value is not None:
        return value == required.value
    return (required.name, fold_value(value)) not in route.rule.denied_pairs
