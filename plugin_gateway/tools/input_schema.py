"""The input schema of a tool: one flat object over the parameters and the members of the body, and the argument of each property."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.openapi.grammar import Kind, is_reference
from plugin_gateway.openapi.refs import RefError
from plugin_gateway.tools.definition_schema import Definitions
from plugin_gateway.tools.tool import Argument, Body, BodyKind, Encoding, Place

if TYPE_CHECKING:
    from collections.abc import Collection

    from plugin_gateway.openapi.document import Document, Json, JsonObject, Operation

_ORDER = (Place.PATH, Place.QUERY, Place.QUERYSTRING, Place.HEADER, Place.COOKIE)
_STYLES = {Place.PATH: "simple", Place.QUERY: "form", Place.HEADER: "simple", Place.COOKIE: "form"}
_EXPLODED_BY_DEFAULT = frozenset({"form", "cookie"})
_MAX_NAME = 64
_BODY = "body"


class Inputs(NamedTuple):
    """The input schema, and where each argument goes."""

    schema: JsonObject
    arguments: tuple[Argument, ...]
    body: Body | None


class _Collected(NamedTuple):
    argument: Argument
    schema: JsonObject


def build_inputs(document: Document, operation: Operation, slashes: Collection[str] = ()) -> Inputs:
    """Build the input schema of a served operation. `slashes` are path parameters whose values may contain a slash."""
    definitions = Definitions(document, hidden="readOnly")
    collected = [*_parameters(document, operation, definitions, slashes)]
    body, members, others = _read_body(document, operation, definitions)
    collected = _named([*collected, *members])
    if body is not None and body.whole:
        body = replace(body, whole=collected[-1].argument.name)
    required = [one.argument.name for one in collected if one.argument.is_required]
    schema: JsonObject = {"type": "object", "properties": {one.argument.name: one.schema for one in collected}}
    if required:
        schema["required"] = required
    schema["additionalProperties"] = others
    if defs := definitions.finish():
        schema["$defs"] = defs
    return Inputs(schema, tuple(one.argument for one in collected), body)


def _parameters(
    document: Document, operation: Operation, definitions: Definitions, slashes: Collection[str]
) -> list[_Collected]:
    listed = operation.node.get("parameters")
    found: list[_Collected] = []
    for entry in listed if isinstance(listed, list) else ():
        parameter = _follow(document, Kind.PARAMETER, entry)
        name, place = parameter.get("name"), parameter.get("in")
        if isinstance(name, str) and place in _ORDER:
            found.append(_parameter(name, Place(place), parameter, definitions, slashes))
    return sorted(found, key=lambda one: _ORDER.index(one.argument.place))


def _parameter(
    name: str, place: Place, parameter: JsonObject, definitions: Definitions, slashes: Collection[str]
) -> _Collected:
    media_type, schema = "", parameter.get("schema", {})
    content = parameter.get("content")
    if isinstance(content, dict) and content:
        media_type, entry = next(iter(content.items()))
        schema = entry.get("schema", {}) if isinstance(entry, dict) else {}
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
    shown = definitions.copy(schema)
    shown = {} if shown is True else {"not": {}} if shown is False else shown
    if isinstance(text := parameter.get("description"), str) and text.strip():
        shown["description"] = text
    return _Collected(argument, shown)


def _read_body(
    document: Document, operation: Operation, definitions: Definitions
) -> tuple[Body | None, list[_Collected], Json]:
    request = _follow(document, Kind.REQUEST_BODY, operation.node.get("requestBody"))
    content = request.get("content")
    if not isinstance(content, dict) or not content:
        return None, [], False
    media_type = min(content, key=lambda name: _preference(kind_of(name)))
    kind = kind_of(media_type)
    entry = _follow(document, Kind.MEDIA_TYPE, content[media_type])
    schema = entry.get("schema", {})
    is_required = request.get("required") is True
    followed = definitions.follow(schema)
    properties = followed.get("properties")
    is_spread = (
        kind in {BodyKind.JSON, BodyKind.FORM, BodyKind.MULTIPART}
        and isinstance(properties, dict)
        and followed.get("type", "object") == "object"
        and not {"allOf", "anyOf", "oneOf", "not", "if", "patternProperties", "propertyNames"} & followed.keys()
    )
    if not is_spread or not isinstance(properties, dict):
        shown = definitions.copy(schema)
        argument = Argument(
            name=_BODY,
            place=Place.BODY,
            wire_name=_BODY,
            is_required=is_required,
            is_binary=kind is BodyKind.BINARY,
        )
        body = Body(media_type=media_type, kind=kind, whole=_BODY, is_required=is_required)
        return body, [_Collected(argument, shown if isinstance(shown, dict) else {})], False
    shown = definitions.copy(followed)
    required = shown.get("required") or []
    members = [
        _Collected(
            Argument(name=name, place=Place.BODY, wire_name=name, is_required=is_required and name in required),
            one if isinstance(one, dict) else {},
        )
        for name, one in shown["properties"].items()
    ]
    others = shown.get("additionalProperties", False)
    body = Body(
        media_type=media_type,
        kind=kind,
        is_required=is_required,
        takes_others=others is not False,
        encodings={} if kind is BodyKind.JSON else {one.argument.wire_name: Encoding() for one in members},
    )
    return body, members, others


def kind_of(media_type: str) -> BodyKind:
    """Return the way in which a body of this media type is built."""
    essence = media_type.partition(";")[0].strip().lower()
    if essence == "application/json" or essence.endswith("+json") or essence in {"*/*", "application/*"}:
        return BodyKind.JSON
    if essence == "application/x-www-form-urlencoded":
        return BodyKind.FORM
    if essence.startswith("multipart/"):
        return BodyKind.MULTIPART
    if essence.startswith("text/") or essence == "application/xml" or essence.endswith("+xml"):
        return BodyKind.TEXT
    return BodyKind.BINARY


def _preference(kind: BodyKind) -> int:
    return list(BodyKind).index(kind)


def _named(collected: list[_Collected]) -> list[_Collected]:
    """Give each argument a name of its own: the first place keeps the bare name, later ones get `{place}_{name}`."""
    taken: set[str] = set()
    named: list[_Collected] = []
    for argument, schema in collected:
        name = legal = re.sub(r"[^A-Za-z0-9_.-]+", "_", argument.wire_name).strip("_")[:_MAX_NAME] or "argument"
        if name in taken:
            name = legal = f"{argument.place}_{legal}"[:_MAX_NAME]
        number = 2
        while name in taken:
            suffix = f"_{number}"
            name, number = legal[: _MAX_NAME - len(suffix)] + suffix, number + 1
        taken.add(name)
        named.append(_Collected(replace(argument, name=name), schema))
    return named


def _follow(document: Document, kind: Kind, node: Json) -> JsonObject:
    for _ in range(100):  # longer chains are loops
        if not is_reference(kind, node):
            break
        try:
            node = document.resolve(node["$ref"]).value
        except RefError:
            return {}
    return node if isinstance(node, dict) else {}
