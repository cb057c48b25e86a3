"""The request body of an operation as arguments: each member of an object is one, and any other body is one as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.shape.values.standalone import Placed
from plugin_gateway.tools.flat_object import flatten
from plugin_gateway.tools.media import body_kind_of, choose_media_type, concrete, concrete_part, is_json
from plugin_gateway.tools.parameters import Property, as_object, follow
from plugin_gateway.tools.tool import PLAIN_ENCODING, Argument, Body, BodyKind, Encoding, Place

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document, Json, JsonObject
    from plugin_gateway.shape.values.standalone import Definitions
    from plugin_gateway.tools.flat_object import FlatObject

WHOLE: Final = "body"
"""The argument that is a whole body. Like any argument of the body, it gets a prefix if a parameter has its name."""
_OF_MEMBERS: Final = frozenset({BodyKind.JSON, BodyKind.FORM, BodyKind.MULTIPART})
_KEPT_OF_OCTETS: Final = frozenset({"title", "description", "contentMediaType", "deprecated"})


class BodyInputs(Struct, frozen=True, kw_only=True):
    """The body, and what it adds to the input schema."""

    body: Body | None = None
    properties: tuple[Property, ...] = ()
    others: Json = False
    """The schema of arguments that the tool does not name, which are members of the body."""
    rules: JsonObject = field(default_factory=dict)
    """Keywords about several members."""
    note: str = ""
    """The same in words."""


NO_BODY: Final = BodyInputs()


def read_body(document: Document, placed: Placed, definitions: Definitions, *, is_alone: bool) -> BodyInputs:
    """Read a request body. With `is_alone`, the operation has no parameters."""
    request, at = follow(document, ObjectKind.REQUEST_BODY, placed)
    content = request.get("content")
    if not isinstance(content, dict) or not content:
        return NO_BODY
    declared = choose_media_type(content)
    entry, at = follow(document, ObjectKind.MEDIA_TYPE, Placed(content[declared], (*at, "content", declared)))
    schema = Placed(entry.get("schema", {}), (*at, "schema"))
    kind, is_required = body_kind_of(declared), request.get("required") is True
    if kind in _OF_MEMBERS and (flat := flatten(definitions, schema, is_alone=is_alone)) is not None:
        return _spread(flat, entry.get("encoding"), concrete(declared), kind, is_required)
    if kind is not BodyKind.JSON and not is_required and _is_empty(definitions.follow(schema).schema):
        return NO_BODY
    return _whole(
        as_object(definitions.copy(schema)), request.get("description"), concrete(declared), kind, is_required
    )


def _is_empty(schema: JsonObject) -> bool:
    return schema.get("properties") == {} and not {"additionalProperties", "allOf", "anyOf", "oneOf"} & schema.keys()


def _spread(flat: FlatObject, encodings: Json, media_type: str, kind: BodyKind, is_required: bool) -> BodyInputs:
    properties, chosen = list[Property](), dict[str, Encoding]()
    for name, schema in flat.properties.items():
        written = encodings.get(name) if isinstance(encodings, dict) else None
        encoding = PLAIN_ENCODING
        if kind is not BodyKind.JSON:
            chosen[name] = encoding = _encoding(schema, written if isinstance(written, dict) else {}, kind)
        argument = Argument(
            name=name,
            place=Place.BODY,
            wire_name=name,
            is_required=is_required and name in flat.required,
            is_binary=encoding.is_binary,
        )
        properties.append(Property(argument, _as_base64(schema) if encoding.is_binary else schema))
    body = Body(
        media_type=media_type,
        kind=kind,
        is_required=is_required,
        takes_others=flat.others is not False,
        encodings=chosen,
    )
    return BodyInputs(body=body, properties=tuple(properties), others=flat.others, rules=flat.rules, note=flat.note)


def _whole(schema: JsonObject, text: Json, media_type: str, kind: BodyKind, is_required: bool) -> BodyInputs:
    if kind is BodyKind.BINARY:
        schema = _as_base64({**schema, "contentMediaType": media_type})
    elif kind is BodyKind.TEXT and schema.get("type") != "string":
        # The model writes the text, for example XML.
        schema = {key: schema[key] for key in ("title", "description") if key in schema}
        schema = {"type": "string", "contentMediaType": media_type, **schema}
    if isinstance(text, str) and text.strip():
        schema.setdefault("description", text)
    argument = Argument(
        name=WHOLE, place=Place.BODY, wire_name=WHOLE, is_required=is_required, is_binary=kind is BodyKind.BINARY
    )
    body = Body(media_type=media_type, kind=kind, whole=WHOLE, is_required=is_required)
    return BodyInputs(body=body, properties=(Property(argument, schema),))


def _encoding(schema: JsonObject, written: JsonObject, kind: BodyKind) -> Encoding:
    """Return how a field or part is written.

    An Encoding Object with a style ignores `contentType` (OpenAPI 3.1.1, 4.8.15.1.2).
    """
    if {"style", "explode", "allowReserved"} & written.keys() and not _stands_for_octets(schema, ""):
        style = written["style"] if isinstance(written.get("style"), str) else "form"
        explode = written.get("explode")
        return Encoding(
            style=style,
            explode=explode if isinstance(explode, bool) else style == "form",
            allow_reserved=written.get("allowReserved") is True,
        )
    listed = written.get("contentType")
    media_type = concrete_part(listed) if isinstance(listed, str) else ""
    if kind is BodyKind.FORM:
        return replace(PLAIN_ENCODING, media_type=media_type)
    own = _item(schema).get("contentMediaType")
    own = own if isinstance(own, str) and not is_json(own) else ""
    return replace(PLAIN_ENCODING, media_type=media_type or own, is_binary=_stands_for_octets(schema, media_type))


def _item(schema: JsonObject) -> JsonObject:
    items = schema.get("items")
    return items if isinstance(items, dict) else schema


def _stands_for_octets(schema: JsonObject, media_type: str) -> bool:
    """Whether a value, or each item of a list, stands for octets (OpenAPI 3.1.1, 4.8.14.2; `format: binary` is 3.0's word)."""
    one = _item(schema)
    if "contentEncoding" in one or one.get("type", "string") != "string":
        return False
    own = one.get("contentMediaType")
    own = own if isinstance(own, str) and not is_json(own) else ""
    return one.get("format") == "binary" or body_kind_of(own or media_type or "text/plain") is BodyKind.BINARY


def _as_base64(schema: JsonObject) -> JsonObject:
    """Describe octets as the base64 text that stands for them in JSON."""
    if isinstance(items := schema.get("items"), dict):
        return {**schema, "items": _as_base64(items)}
    kept = {key: value for key, value in schema.items() if key in _KEPT_OF_OCTETS}
    return {"type": "string", **kept, "contentEncoding": "base64"}
