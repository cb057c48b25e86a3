"""An operation's rule, compiled from the document: the names that a call may carry."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from plugin_gateway import methods
from plugin_gateway.config.header_names import (
    NOT_WHERE_SEARCHED,
    fold_header,
    is_cookie_name,
    is_field_name,
    is_never_forwarded,
)
from plugin_gateway.gate.override import fold_name, override_of
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.gate.variant import NO_DISTINCTION
from plugin_gateway.openapi.parameters import declared_parameters, follow
from plugin_gateway.openapi.values import as_list
from plugin_gateway.shape.media_type import declared_media_types
from plugin_gateway.shape.request.names import NO_NAMES, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.gate.variant import Distinction
    from plugin_gateway.openapi.document import Document, JsonObject, Operation
    from plugin_gateway.shape.request.names import Names
    from plugin_gateway.shape.shape import Shape

_Name = TypeVar("_Name")
_FORM = "application/x-www-form-urlencoded"
_MAX_SCHEMA_DEPTH = 16


class InjectedNames(Struct, frozen=True, kw_only=True):
    """Names that the gateway sets; the client's copies never pass.

    Headers are folded by `fold_header`, others by `fold_name`.
    """

    headers: frozenset[bytes] = frozenset()
    query: frozenset[bytes] = frozenset()
    cookies: frozenset[bytes] = frozenset()


def operation_rule(
    operation: Operation,
    document: Document,
    *,
    operation_id: str,
    injected: InjectedNames,
    distinction: Distinction = NO_DISTINCTION,
    credential: str = "",
    links: tuple[tuple[str, ...], ...] = (),
    shape: Shape | None = None,
) -> OperationRule:
    """Compile the names that the document declares for `operation`, without the injected ones."""
    content = _content_of(operation, document)
    in_body = {*_names_in_body(operation, content, document)}
    names = NO_NAMES if shape is None else shape.names
    declared, closed_by_shape, guarded = _declared_names(declared_parameters(operation, document), names, document)
    closed = injected.query | {fold_name(name) for name in distinction.withheld_names("query")}
    # The path fixes these names, so they pass in its spelling, even `_method`, but in no other spelling.
    own = {pair.name for pair in distinction.required if pair.place == "query"}
    in_queries = {fold_name(name) for name in distinction.names("query")}
    spellings = closed | in_queries
    closed_by_rule = {*map(fold_name, closed_by_shape.query | guarded.query)}
    reply = shape.reply if shape is not None else None
    reads_answers = bool(links) or (shape is not None and shape.reads_answers)
    selects_another = {*map(fold_header, distinction.withheld_names("header"))}
    closed_headers = (
        injected.headers | selects_another | (set(map(fold_header, NOT_WHERE_SEARCHED)) if reads_answers else set())
    )
    rule = OperationRule(
        method=operation.key.method,
        path_template=operation.key.path,
        operation_id=operation_id,
        required=distinction.required,
        query_names=_shared(
            {name for name in declared.query if fold_name(name) not in spellings and not override_of(name)}
            | {name for name in own if fold_name(name) not in closed}
            | ({reply.select.encode()} if reply is not None and reply.select else set())
        ),
        withheld_names=_shared((spellings - injected.query) | closed_by_rule),
        denied_pairs=_shared(distinction.denied),
        query_prefixes=_shared(
            name for name in declared.prefixes if fold_name(name) not in closed and not override_of(name)
        ),
        any_query=declared.any_query,
        header_names=_shared(
            name
            for name in declared.headers
            if is_field_name(name) and not is_never_forwarded(name) and fold_header(name) not in closed_headers
        ),
        cookie_names=_shared(
            name for name in declared.cookies if is_cookie_name(name) and fold_name(name) not in injected.cookies
        ),
        withheld_headers=_shared(
            selects_another.union(map(fold_header, closed_by_shape.headers | {*_new_headers(names)}))
        ),
        has_request_body=declared.has_body or isinstance(operation.node.get("requestBody"), dict),
        media_types=declared_media_types(content),
        declared_overrides=_shared(filter(None, map(override_of, in_body))),
        closed_in_bodies=_shared(in_queries | ((injected.query | closed_by_rule) - {*map(fold_name, in_body)})),
        credential=credential,
        links=links,
        is_safe=operation.key.method in methods.SAFE,
        shape=shape,
    )
    if shape is None or shape.parameters is None:
        return rule
    return replace(rule, shape=replace(shape, parameters=shape.parameters.limited_to(rule.takes)))


def _shared(names: Iterable[_Name]) -> frozenset[_Name]:
    """Return a set that all rules with the same names share: a worker with 1,000 rules has few different sets."""
    return _first_equal(frozenset(names))


@lru_cache(maxsize=4096)
def _first_equal(names: frozenset[_Name]) -> frozenset[_Name]:
    return names


def _declared_names(
    parameters: Iterable[JsonObject], names: Names, document: Document
) -> tuple[_Declared, _Declared, _Declared]:
    """Return the open names, the closed names, and the guarded names.

    A guarded name is open in one spelling and closed in all others.
    """
    declared, closed, guarded, renamed = _Declared(), _Declared(), _Declared(), _Declared()
    for parameter in parameters:
        key = key_of(parameter)
        if key not in names.closed:
            _declare(parameter, declared, document)
        else:
            _declare(parameter, closed, document)
            if (new := names.new_name(key)) is not None:
                _declare({**parameter, "name": new}, renamed, document)
        if key in names.guarded and parameter.get("style") != "deepObject":
            _declare(parameter, guarded, document)
    declared.take_out(closed)
    declared.add(renamed)
    return declared, closed, guarded


def _new_headers(names: Names) -> Iterator[bytes]:
    return (name.encode() for (place, _), name in names.renamed if place == "header")


class _Declared:
    """Collects the declared names."""

    any_query = False
    has_body = False

    def __init__(self) -> None:
        self.query: set[bytes] = set()
        self.prefixes: set[bytes] = set()
        self.headers: set[bytes] = set()
        self.cookies: set[bytes] = set()

    def take_out(self, other: _Declared) -> None:
        self.query -= other.query
        self.prefixes -= other.prefixes
        self.headers -= other.headers
        self.cookies -= other.cookies

    def add(self, other: _Declared) -> None:
        self.query |= other.query
        self.prefixes |= other.prefixes
        self.headers |= other.headers
        self.cookies |= other.cookies
        self.any_query = self.any_query or other.any_query


def _declare(parameter: JsonObject, declared: _Declared, document: Document) -> None:
    name, place = parameter.get("name"), parameter.get("in")
    octets = name.encode(errors="replace") if isinstance(name, str) else b""
    match place:
        case "query" if octets:
            _declare_query(octets, parameter, declared, document)
        case "querystring":
            _declare_whole_query(octets, parameter, declared, document)
        case "header" if octets:
            declared.headers.add(octets.lower())
        case "cookie" if octets:
            declared.cookies.add(octets)
        case _:
            declared.has_body = declared.has_body or place in {"body", "formData"}


def _declare_whole_query(name: bytes, parameter: JsonObject, declared: _Declared, document: Document) -> None:
    """Declare the members of a query that is described as one form; if it is described in another way, any name.

    Clients of OpenAPI 3.1 are shown such a form as an exploded object with this name.
    """
    content = parameter.get("content")
    form = follow(content.get(_FORM), document) if isinstance(content, dict) else None
    members = _Declared()
    if form is not None and form.get("schema") is not None:
        _spread(form["schema"], members, document)
    if members.query or members.any_query:
        declared.add(members)
        declared.query.add(name)
        # A member that is an object may be written as `member[name]=value`.
        declared.prefixes |= members.query
    else:
        declared.any_query = True


def _declare_query(name: bytes, parameter: JsonObject, declared: _Declared, document: Document) -> None:
    declared.query.add(name)
    schema = parameter.get("schema")
    if not isinstance(schema, dict):
        return
    style = parameter.get("style", "form")
    if style == "deepObject":
        declared.prefixes.add(name)
    elif style == "form" and parameter.get("explode", True) is True:
        # Each property of an exploded object is a separate query parameter.
        _spread(schema, declared, document)


def _spread(schema: Any, declared: _Declared, document: Document, depth: int = 0) -> None:
    schema = follow(schema, document)
    if schema is None or depth > _MAX_SCHEMA_DEPTH:
        return
    properties = schema.get("properties")
    if isinstance(properties, dict):
        declared.query.update(str(key).encode(errors="replace") for key in properties)
    kinds = schema.get("type")
    is_object = kinds == "object" or (isinstance(kinds, list) and "object" in kinds)
    more = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
    combined = [part for word in ("allOf", "anyOf", "oneOf") for part in as_list(schema.get(word))]
    if is_object and more is not False and (more is not None or not (properties or combined)):
        declared.any_query = True
    for part in combined:
        _spread(part, declared, document, depth + 1)


def _content_of(operation: Operation, document: Document) -> JsonObject:
    """Return the `content` of the request body: schemas by media type."""
    body = follow(operation.node.get("requestBody"), document) or {}
    content = body.get("content")
    return content if isinstance(content, dict) else {}


def _names_in_body(operation: Operation, content: JsonObject, document: Document) -> Iterator[bytes]:
    """Yield the names that the document declares as properties of the body, or, in OpenAPI 2.0, as fields of the form."""
    for media_type in content.values():
        if (followed := follow(media_type, document)) is not None:
            yield from _properties(followed.get("schema"), document, set())
    for parameter in declared_parameters(operation, document):
        if parameter.get("in") == "formData":
            yield str(parameter.get("name")).encode(errors="replace")
        elif parameter.get("in") == "body":
            yield from _properties(parameter.get("schema"), document, set())


def _properties(schema: Any, document: Document, seen: set[int]) -> Iterator[bytes]:
    schema = follow(schema, document)
    if schema is None or id(schema) in seen:
        return
    seen.add(id(schema))
    properties = schema.get("properties")
    if isinstance(properties, dict):
        yield from (str(key).encode(errors="replace") for key in properties)
    for word in ("allOf", "anyOf", "oneOf"):
        for part in as_list(schema.get(word)):
            yield from _properties(part, document, seen)
