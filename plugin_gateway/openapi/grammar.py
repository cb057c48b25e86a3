"""The grammar of OpenAPI: the fields of each object that hold other objects, and so the places where a `$ref` is a reference.

One table serves 2.0 to 3.2, because no field name has two meanings. Fields that are not in the table are data (`default`, `enum`,
`example`, `const`, a link's `parameters`, anything unknown). The gateway does not look for objects in data.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """The kinds of objects, by their names in the standards."""

    CALLBACK = "callback"
    CONTACT = "contact"
    DISCRIMINATOR = "discriminator"
    ENCODING = "encoding"
    EXAMPLE = "example"
    EXTERNAL_DOCS = "external documentation"
    HEADER = "header"
    INFO = "info"
    ITEMS = "items"
    LICENSE = "license"
    LINK = "link"
    MEDIA_TYPE = "media type"
    OAUTH_FLOW = "OAuth flow"
    OAUTH_FLOWS = "OAuth flows"
    OPERATION = "operation"
    PARAMETER = "parameter"
    PATH_ITEM = "path item"
    REQUEST_BODY = "request body"
    RESPONSE = "response"
    RESPONSES = "responses"
    SCHEMA = "schema"
    SECURITY_SCHEME = "security scheme"
    SERVER = "server"
    SERVER_VARIABLE = "server variable"
    TAG = "tag"
    XML = "XML"


class Shape(Enum):
    """The way in which a field holds objects."""

    ONE = "one"
    """One object. A list is read as `LIST`: older JSON Schema allows that in `items`."""
    LIST = "list"
    MAP = "map"
    """A mapping whose keys are chosen by the author: `x-rate` is a header there, not an extension."""


class Field(NamedTuple):
    """The kind of object that a field holds, and the shape."""

    kind: Kind
    shape: Shape


def _one(kind: Kind, *names: str) -> dict[str, Field]:
    return {name: Field(kind, Shape.ONE) for name in names}


def _list(kind: Kind, *names: str) -> dict[str, Field]:
    return {name: Field(kind, Shape.LIST) for name in names}


def _map(kind: Kind, *names: str) -> dict[str, Field]:
    return {name: Field(kind, Shape.MAP) for name in names}


METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""The fixed fields of a path item that are operations, of all versions together."""

_PARAMETER_FIELDS = {
    **_one(Kind.SCHEMA, "schema"),
    **_one(Kind.ITEMS, "items"),
    **_map(Kind.MEDIA_TYPE, "content"),
    **_map(Kind.EXAMPLE, "examples"),
}
_ENCODING_FIELDS = {
    **_map(Kind.ENCODING, "encoding"),
    **_one(Kind.ENCODING, "itemEncoding"),
    **_list(Kind.ENCODING, "prefixEncoding"),
}
_EXTERNAL_DOCS = _one(Kind.EXTERNAL_DOCS, "externalDocs")

FIELDS: Mapping[Kind, Mapping[str, Field]] = MappingProxyType(
    {
        Kind.CALLBACK: {},
        Kind.CONTACT: {},
        Kind.DISCRIMINATOR: {},
        Kind.ENCODING: {**_map(Kind.HEADER, "headers"), **_ENCODING_FIELDS},
        Kind.EXAMPLE: {},
        Kind.EXTERNAL_DOCS: {},
        Kind.HEADER: _PARAMETER_FIELDS,
        Kind.INFO: {**_one(Kind.CONTACT, "contact"), **_one(Kind.LICENSE, "license")},
        Kind.ITEMS: _one(Kind.ITEMS, "items"),
        Kind.LICENSE: {},
        Kind.LINK: _one(Kind.SERVER, "server"),
        Kind.MEDIA_TYPE: {
            **_one(Kind.SCHEMA, "schema", "itemSchema"),
            **_map(Kind.EXAMPLE, "examples"),
            **_ENCODING_FIELDS,
        },
        Kind.OAUTH_FLOW: {},
        Kind.OAUTH_FLOWS: _one(
            Kind.OAUTH_FLOW, "implicit", "password", "clientCredentials", "authorizationCode", "deviceAuthorization"
        ),
        Kind.OPERATION: {
            **_EXTERNAL_DOCS,
            **_list(Kind.PARAMETER, "parameters"),
            **_one(Kind.REQUEST_BODY, "requestBody"),
            **_one(Kind.RESPONSES, "responses"),
            **_map(Kind.CALLBACK, "callbacks"),
            **_list(Kind.SERVER, "servers"),
        },
        Kind.PARAMETER: _PARAMETER_FIELDS,
        Kind.PATH_ITEM: {
            **_one(Kind.OPERATION, *METHODS),
            **_map(Kind.OPERATION, "additionalOperations"),
            **_list(Kind.PARAMETER, "parameters"),
            **_list(Kind.SERVER, "servers"),
        },
        Kind.REQUEST_BODY: _map(Kind.MEDIA_TYPE, "content"),
        Kind.RESPONSE: {
            **_one(Kind.SCHEMA, "schema"),
            **_map(Kind.HEADER, "headers"),
            **_map(Kind.MEDIA_TYPE, "content"),
            **_map(Kind.LINK, "links"),
        },
        Kind.RESPONSES: {},
        Kind.SCHEMA: {
            **_EXTERNAL_DOCS,
            **_one(Kind.DISCRIMINATOR, "discriminator"),
            **_one(Kind.XML, "xml"),
            **_one(
                Kind.SCHEMA,
                *("items", "additionalItems", "contains", "unevaluatedItems"),
                *("additionalProperties", "propertyNames", "unevaluatedProperties"),
                *("not", "if", "then", "else", "contentSchema"),
            ),
            **_list(Kind.SCHEMA, "allOf", "anyOf", "oneOf", "prefixItems"),
            **_map(
                Kind.SCHEMA,
                "properties",
                "patternProperties",
                "$defs",
                "definitions",
                "dependentSchemas",
                "dependencies",
            ),
        },
        Kind.SECURITY_SCHEME: _one(Kind.OAUTH_FLOWS, "flows"),
        Kind.SERVER: _map(Kind.SERVER_VARIABLE, "variables"),
        Kind.SERVER_VARIABLE: {},
        Kind.TAG: _EXTERNAL_DOCS,
        Kind.XML: {},
    }
)
"""The fields of each kind of object that hold objects. All these objects may have extensions (`x-*`)."""

OTHER_FIELDS: Mapping[Kind, Kind] = MappingProxyType({Kind.RESPONSES: Kind.RESPONSE, Kind.CALLBACK: Kind.PATH_ITEM})
"""Objects whose fields have patterned names (status codes, expressions), and the kind that these fields hold."""

ROOT_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        **_one(Kind.INFO, "info"),
        **_EXTERNAL_DOCS,
        **_list(Kind.SERVER, "servers"),
        **_list(Kind.TAG, "tags"),
    }
)
"""The fields of the root that hold objects, except paths, webhooks and components."""

REFERABLE = frozenset(
    {
        *(Kind.CALLBACK, Kind.EXAMPLE, Kind.HEADER, Kind.LINK, Kind.MEDIA_TYPE, Kind.PARAMETER, Kind.PATH_ITEM),
        *(Kind.REQUEST_BODY, Kind.RESPONSE, Kind.SCHEMA, Kind.SECURITY_SCHEME),
    }
)
"""Kinds that a `$ref` may replace."""

_SECTIONS_2_0: Mapping[str, Kind] = MappingProxyType(
    {
        "definitions": Kind.SCHEMA,
        "parameters": Kind.PARAMETER,
        "responses": Kind.RESPONSE,
        "securityDefinitions": Kind.SECURITY_SCHEME,
    }
)
_SECTIONS_3_0: Mapping[str, Kind] = MappingProxyType(
    {
        "schemas": Kind.SCHEMA,
        "responses": Kind.RESPONSE,
        "parameters": Kind.PARAMETER,
        "examples": Kind.EXAMPLE,
        "requestBodies": Kind.REQUEST_BODY,
        "headers": Kind.HEADER,
        "securitySchemes": Kind.SECURITY_SCHEME,
        "links": Kind.LINK,
        "callbacks": Kind.CALLBACK,
    }
)
_SECTIONS_3_1: Mapping[str, Kind] = MappingProxyType({**_SECTIONS_3_0, "pathItems": Kind.PATH_ITEM})
_SECTIONS_3_2: Mapping[str, Kind] = MappingProxyType({**_SECTIONS_3_1, "mediaTypes": Kind.MEDIA_TYPE})


def sections(version: str) -> Mapping[str, Kind]:
    """Return the component maps of a version, by name."""
    return {"2.0": _SECTIONS_2_0, "3.0": _SECTIONS_3_0, "3.1": _SECTIONS_3_1}.get(version, _SECTIONS_3_2)


def components_at(version: str) -> tuple[str, ...]:
    """Return the place of the component maps. 2.0 has them in the root."""
    return () if version == "2.0" else ("components",)


def is_extension(name: str) -> bool:
    return name.startswith("x-")


def is_reference(kind: Kind, node: object) -> bool:
    """Return whether `node` is a reference. A `$ref` that is not a string is not a reference."""
    return kind in REFERABLE and isinstance(node, dict) and isinstance(node.get("$ref"), str)


def siblings_count(kind: Kind, version: str) -> bool:
    """Return whether fields beside a `$ref` have a meaning: in schemas since 3.1, and in path items."""
    return kind is Kind.PATH_ITEM or (kind is Kind.SCHEMA and version not in {"2.0", "3.0"})
