"""A variant: an operation whose path template ends in a query, such as `/?Action=ListQueues` or `/search?type={type}`.

OpenAPI forbids such templates, but they are common. Several operations may share one path; the pairs in the query select the
operation. The gate decodes pairs as a form parser does, because the origin dispatches on the decoded values.

Documents of AWS write the pair as a fragment, and require a parameter with that value: of the query for `/#Action=ListQueues`,
and a header field for `/#X-Amz-Target=Queues.List`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from plugin_gateway.config.header_names import fold_header, is_field_name, is_never_forwarded
from plugin_gateway.gate.alias import fold
from plugin_gateway.gate.query import decode_name
from plugin_gateway.gate.template import parse_template
from plugin_gateway.openapi.parameters import declared_parameters, follow
from plugin_gateway.shape.values.scalar import UnwritableError, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.gate.routing import Route
    from plugin_gateway.openapi.document import Document, Operation, OperationKey

_PLACEHOLDER = re.compile(rb"\{[^{}]*\}")
# OpenAPI, "Parameter Object": a description of these header fields is ignored.
_IGNORED: Final = frozenset({b"accept", b"authorization", b"content-type"})


class Fields(Protocol):
    """The header fields of a call, as the gate reads them."""

    def spelled_like(self, name: bytes) -> list[tuple[bytes, bytes]]:
        """Return each forwarded field that some server takes for `name`: its name in lower case, and its value."""


class PlainFields(NamedTuple):
    """Fields with names in lower case. Connection is not read, so they should have no hop-by-hop field."""

    pairs: tuple[tuple[bytes, bytes], ...] = ()

    def spelled_like(self, name: bytes) -> list[tuple[bytes, bytes]]:
        folded = fold_header(name)
        return [pair for pair in self.pairs if fold_header(pair[0]) == folded]


NO_FIELDS: Final = PlainFields()


class RequiredPair(NamedTuple):
    """One pair that selects an operation, decoded. `value` is None if the template leaves it to the caller (`type={type}`).

    `place` is the document's `in`, "query" or "header"; names of header fields are in lower case.
    """

    name: bytes
    value: bytes | None
    place: str = "query"

    def __str__(self) -> str:
        name = self.name.decode(errors="replace")
        value = "{…}" if self.value is None else self.value.decode(errors="replace")
        if self.place == "header":
            return f"{name}: {value}"
        return f"{name}={value}" if value else name


class Distinction(NamedTuple):
    """How the gate tells the calls of one operation from calls of others with the same method and path."""

    required: tuple[RequiredPair, ...] = ()
    """The pairs that each call must have."""
    withheld: frozenset[tuple[str, bytes]] = frozenset()
    """The places and names that would turn a call into one of an operation that is denied or has other terms."""
    denied: frozenset[tuple[bytes, str]] = frozenset()
    """Names of the query with the folded values that select such an operation."""

    def names(self, place: str) -> set[bytes]:
        """The names in one place that select this operation or a closed one."""
        return {pair.name for pair in self.required if pair.place == place} | self.withheld_names(place)

    def withheld_names(self, place: str) -> set[bytes]:
        return {name for found, name in self.withheld if found == place}


NO_DISTINCTION: Final = Distinction()


def required_pairs(query: Iterable[bytes]) -> tuple[RequiredPair, ...]:
    """The pairs of a template's query (`PathTemplate.query`). `acl` and `acl=` are the same pair."""
    pairs: list[RequiredPair] = []
    for pair in query:
        name, _, value = pair.partition(b"=")
        pairs.append(RequiredPair(decode_name(name), None if _PLACEHOLDER.search(value) else decode_name(value)))
    return tuple(pairs)


def selecting_pairs(key: OperationKey, document: Document) -> tuple[RequiredPair, ...]:
    """Return the pairs that select an operation.

    The template's query has them, or its fragment, if calls must send the pair in the query or as a header field.

    An operation that an overlay took out of the document has no parameters to read. All pairs of its fragment count, in both
    places, so that its calls do not pass as calls of another operation.
    """
    template = parse_template(key.path)
    pairs = required_pairs(template.query)
    parts = [part for part in template.fragment if b"=" in part]
    if parts and (operation := document.operations.get(key)) is not None:
        required = dict(_required_values(operation, document))
        return pairs + tuple(required[part] for part in parts if part in required)
    written = required_pairs(parts)
    return pairs + written + tuple(RequiredPair(name.lower(), value, "header") for name, value, _ in written)


def as_written(key: OperationKey) -> object:
    """Return a value that is equal for operations whose path templates differ only in the names of path parameters."""
    template = parse_template(key.path)
    return on_the_wire(key, required_pairs((*template.query, *(part for part in template.fragment if b"=" in part))))


def on_the_wire(key: OperationKey, pairs: Iterable[RequiredPair]) -> object:
    """Return a value that is equal for operations that the gate cannot tell apart; `pairs` select the operation."""
    return key.method, parse_template(key.path).shape, frozenset(pairs)


def _required_values(operation: Operation, document: Document) -> Iterator[tuple[bytes, RequiredPair]]:
    """Yield each parameter that a call must have with one certain value, and before it the `name=value` of a fragment."""
    for parameter in declared_parameters(operation, document):
        place = parameter.get("in")
        if place not in ("query", "header") or parameter.get("required") is not True:
            continue
        schema = follow(parameter.get("schema", parameter), document) or {}
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        if not isinstance(values, list) or len(values) != 1:
            continue
        try:
            value = plain(values[0])
        except UnwritableError:
            continue
        part = f"{parameter.get('name')}={value}".encode(errors="replace")
        if place == "query":
            (pair,) = required_pairs((part,))
            yield part, pair
        elif _may_select(field := str(parameter.get("name")).encode(errors="replace").lower()):
            yield part, RequiredPair(field, value.encode(errors="replace"), "header")


def _may_select(field: bytes) -> bool:
    return is_field_name(field) and not is_never_forwarded(field) and field not in _IGNORED


def choose_route(routes: tuple[Route, ...], query: bytes, fields: Fields) -> Route | None:
    """Return the most demanding route whose pairs the call has, with each of their names given once."""
    pairs: dict[bytes, list[bytes]] = {}
    for pair in query.split(b"&"):
        name, _, value = pair.partition(b"=")
        pairs.setdefault(decode_name(name), []).append(decode_name(value))
    for route in routes:
        if all(_is_met(required, pairs, fields, route.rule) for required in route.rule.required):
            return route
    return None


def contradict(ours: Iterable[RequiredPair], theirs: Iterable[RequiredPair]) -> bool:
    """Whether the two sets of pairs exclude each other: no call can have both, in any spelling."""
    values = {(pair.place, pair.name): fold_value(pair.value) for pair in ours if pair.value is not None}
    return any(
        pair.value is not None and values.get((pair.place, pair.name), folded := fold_value(pair.value)) != folded
        for pair in theirs
    )


def fold_value(value: bytes) -> str:
    """Fold a value, to compare it with the values of denied variants."""
    return fold(value.decode(errors="replace"))


def describe_pairs(pairs: Collection[RequiredPair]) -> str:
    """Say where a call must have the pairs, such as `Action=List in the query`."""
    query = "&".join(str(pair) for pair in pairs if pair.place == "query")
    places = [f"{query} in the query"] if query else []
    return " and ".join(places + [f"the header field {pair}" for pair in pairs if pair.place == "header"])


def _is_met(
    required: RequiredPair, pairs: Mapping[bytes, Sequence[bytes]], fields: Fields, rule: OperationRule
) -> bool:
    if required.place == "header":
        # A field that does not go up as the client sent it selects nothing for the origin.
        return required.name in rule.header_names and fields.spelled_like(required.name) == [
            (required.name, required.value)
        ]
    values = pairs.get(required.name, ())
    if len(values) != 1:
        return False
    if required.value is not None:
        return values[0] == required.value
    return (required.name, fold_value(values[0])) not in rule.denied_pairs
