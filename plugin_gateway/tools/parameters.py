"""The parameters of an operation as arguments: their schemas, and how each is written in the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.openapi.grammar import ObjectKind, is_reference
from plugin_gateway.openapi.refs import RefError
from plugin_gateway.shape.values.keywords import MCP_HEADER
from plugin_gateway.shape.values.standalone import Placed
from plugin_gateway.tools.tool import Argument, Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from plugin_gateway.openapi.document import Document, Json, JsonObject
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.values.standalone import Definitions

_ORDER: Final = (Place.PATH, Place.QUERY, Place.QUERYSTRING, Place.HEADER, Place.COOKIE)
_STYLES: Final = {Place.PATH: "simple", Place.QUERY: "form", Place.HEADER: "simple", Place.COOKIE: "form"}
_EXPLODED_BY_DEFAULT: Final = frozenset({"form", "cookie"})


class Property(NamedTuple):
    """One property of the input schema, and its argument."""

    argument: Argument
    schema: JsonObject


def read_parameters(
    document: Document, placed: Placed, definitions: Definitions, slashes: Collection[str] = ()
) -> list[Property]:
    """Read the list of parameters, in the order of their places. `slashes` are path parameters that may contain a slash."""
    found: list[Property] = []
    for parameter, at in _listed(document, placed):
        name, place = parameter.get("name"), parameter.get("in")
        if isinstance(name, str) and place in _ORDER:
            found.append(_read(name, Place(place), Placed(parameter, at), definitions, slashes))
    return sorted(found, key=lambda one: _ORDER.index(one.argument.place))


def _listed(document: Document, placed: Placed) -> Iterator[tuple[JsonObject, Tokens]]:
    for index, entry in enumerate(placed.schema if isinstance(placed.schema, list) else ()):
        parameter, at = follow(document, ObjectKind.PARAMETER, Placed(entry, (*placed.at, str(index))))
        yield parameter, at


def _read(name: str, place: Place, placed: Placed, definitions: Definitions, slashes: Collection[str]) -> Property:
    parameter = placed.schema
    media_type, schema = "", Placed(parameter.get("schema", {}), (*placed.at, "schema"))
    content = parameter.get("content")
    if isinstance(content, dict) and content:
        media_type, entry = next(iter(content.items()))
        at = (*placed.at, "content", media_type, "schema")
        schema = Placed(entry.get("schema", {}) if isinstance(entry, dict) else {}, at)
    style = parameter.get("style")
    if not isinstance(style, str):
        style = _STYLES.get(place, "")
    explode = parameter.get("explode")
    argument = Argument(
        name=name,
        place=place,
        wire_name=name,
        style="" if media_type else style,
        explode=explode if isinstance(explode, bool) else style in _EXPLODED_BY_DEFAULT,
        allow_reserved=parameter.get("allowReserved") is True,
        media_type=media_type,
        is_required=place is Place.PATH or parameter.get("required") is True,
        allows_slashes=place is Place.PATH and name in slashes,
    )
    shown = _shown(parameter, as_object(definitions.copy(schema)))
    return Property(argument, with_header(shown, parameter, schema.schema))


def _shown(parameter: JsonObject, schema: JsonObject) -> JsonObject:
    """Add what the parameter says besides its schema. Its description is about this use of the schema, so it wins."""
    if isinstance(text := parameter.get("description"), str) and text.strip():
        schema["description"] = text
    if parameter.get("deprecated") is True:
        schema["deprecated"] = True
    if "examples" not in schema and (examples := [*_examples(parameter)]):
        schema["examples"] = examples
    return schema


def with_header(shown: JsonObject, *owners: Json) -> JsonObject:
    """Add MCP's header of an argument, which the parameter or its schema names. Inside an argument it has no use."""
    named = (owner.get(MCP_HEADER) for owner in owners if isinstance(owner, dict))
    header = next((one for one in named if isinstance(one, str)), None)
    return shown if header is None else {**shown, MCP_HEADER: header}


def _examples(parameter: JsonObject) -> Iterator[Json]:
    if "example" in parameter:
        yield parameter["example"]
    elif isinstance(named := parameter.get("examples"), dict):
        for example in named.values():
            for key in ("value", "dataValue"):
                if isinstance(example, dict) and key in example:
                    yield example[key]


def as_object(schema: Json) -> JsonObject:
    """Return the same schema as an object: some clients refuse `true` and `false`."""
    if isinstance(schema, dict):
        return schema
    return {"not": {}} if schema is False else {}


def follow(document: Document, kind: ObjectKind, placed: Placed) -> tuple[JsonObject, Tokens]:
    """Return the object that a chain of references leads to, and its place; empty if the chain is broken."""
    node, at = placed
    for _ in range(100):  # longer chains are loops
        if not is_reference(kind, node):
            return (node, at) if isinstance(node, dict) else ({}, at)
        try:
            at, node = document.resolve(node["$ref"], at)
        except RefError:
            break
    return {}, at
