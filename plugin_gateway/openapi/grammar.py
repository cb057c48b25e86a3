"""The grammar of OpenAPI: the fields of each object that hold other objects, and so the places where a `$ref` is a reference.

One table serves 2.0 to 3.2, because no field name has two meanings. Fields that are not in the table are data (`default`,
`enum`, `example`, `const`, a link's `parameters`, anything unknown). The gateway does not look for objects in data.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class ObjectKind(StrEnum):
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


class Holding(Enum):
    """The way in which a field holds objects."""

    ONE = "one"
    """One object. A list is read as `LIST`: older JSON Schema allows that in `items`."""
    LIST = "list"
    MAP = "map"
    """A mapping whose keys are chosen by the author: `x-rate` is a header there, not an extension."""


class Field(NamedTuple):
    """The kind of object that a field holds, and the way in which it holds them."""

    kind: ObjectKind
    holding: Holding


def _one(kind: ObjectKind, *names: str) -> dict[str, Field]:
    return {name: Field(kind, Holding.ONE) for name in names}


def _list(kind: ObjectKind, *names: str) -> dict[str, Field]:
    return {name: Field(kind, Holding.LIST) for name in names}


def _map(kind: ObjectKind, *names: str) -> dict[str, Field]:
    return {name: Field(kind, Holding.MAP) for name in names}


METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""The fixed fields of a path item that are operations, of all versions together."""

_PARAMETER_FIELDS = {
    **_one(ObjectKind.SCHEMA, "schema"),
    **_one(ObjectKind.ITEMS, "items"),
    **_map(ObjectKind.MEDIA_TYPE, "content"),
    **_map(ObjectKind.EXAMPLE, "examples"),
}
_ENCODING_FIELDS = {
    **_map(ObjectKind.ENCODING, "encoding"),
    **_one(ObjectKind.ENCODING, "itemEncoding"),
    **_list(ObjectKind.ENCODING, "prefixEncoding"),
}
_EXTERNAL_DOCS = _one(ObjectKind.EXTERNAL_DOCS, "externalDocs")

FIELDS: Mapping[ObjectKind, Mapping[str, Field]] = MappingProxyType(
    {
        ObjectKind.CALLBACK: {},
        ObjectKind.CONTACT: {},
        ObjectKind.DISCRIMINATOR: {},
        ObjectKind.ENCODING: {**_map(ObjectKind.HEADER, "headers"), **_ENCODING_FIELDS},
        ObjectKind.EXAMPLE: {},
        ObjectKind.EXTERNAL_DOCS: {},
        ObjectKind.HEADER: _PARAMETER_FIELDS,
        ObjectKind.INFO: {**_one(ObjectKind.CONTACT, "contact"), **_one(ObjectKind.LICENSE, "license")},
        ObjectKind.ITEMS: _one(ObjectKind.ITEMS, "items"),
        ObjectKind.LICENSE: {},
        ObjectKind.LINK: _one(ObjectKind.SERVER, "server"),
        ObjectKind.MEDIA_TYPE: {
            **_one(ObjectKind.SCHEMA, "schema", "itemSchema"),
            **_map(ObjectKind.EXAMPLE, "examples"),
            **_ENCODING_FIELDS,
        },
        ObjectKind.OAUTH_FLOW: {},
        ObjectKind.OAUTH_FLOWS: _one(
            ObjectKind.OAUTH_FLOW,
            "implicit",
            "password",
            "clientCredentials",
            "authorizationCode",
            "deviceAuthorization",
        ),
        ObjectKind.OPERATION: {
            **_EXTERNAL_DOCS,
            **_list(ObjectKind.PARAMETER, "parameters"),
            **_one(ObjectKind.REQUEST_BODY, "requestBody"),
            **_one(ObjectKind.RESPONSES, "responses"),
            **_map(ObjectKind.CALLBACK, "callbacks"),
            **_list(ObjectKind.SERVER, "servers"),
        },
        ObjectKind.PARAMETER: _PARAMETER_FIELDS,
        ObjectKind.PATH_ITEM: {
            **_one(ObjectKind.OPERATION, *METHODS),
            **_map(ObjectKind.OPERATION, "additionalOperations"),
            **_list(ObjectKind.PARAMETER, "parameters"),
            **_list(ObjectKind.SERVER, "servers"),
        },
        ObjectKind.REQUEST_BODY: _map(ObjectKind.MEDIA_TYPE, "content"),
        ObjectKind.RESPONSE: {
            **_one(ObjectKind.SCHEMA, "schema"),
            **_map(ObjectKind.HEADER, "headers"),
            **_map(ObjectKind.MEDIA_TYPE, "content"),
            **_map(ObjectKind.LINK, "links"),
        },
        ObjectKind.RESPONSES: {},
        ObjectKind.SCHEMA: {
            **_EXTERNAL_DOCS,
            **_one(ObjectKind.DISCRIMINATOR, "discriminator"),
            **_one(ObjectKind.XML, "xml"),
            **_one(
                ObjectKind.SCHEMA,
                *("items", "additionalItems", "contains", "unevaluatedItems"),
                *("additionalProperties", "propertyNames", "unevaluatedProperties"),
                *("not", "if", "then", "else", "contentSchema"),
            ),
            **_list(ObjectKind.SCHEMA, "allOf", "anyOf", "oneOf", "prefixItems"),
            **_map(
                ObjectKind.SCHEMA,
                "properties",
                "patternProperties",
                "$defs",
                "definitions",
                "dependentSchemas",
                "dependencies",
            ),
        },
        ObjectKind.SECURITY_SCHEME: _one(ObjectKind.OAUTH_FLOWS, "flows"),
        ObjectKind.SERVER: _map(ObjectKind.SERVER_VARIABLE, "variables"),
        ObjectKind.SERVER_VARIABLE: {},
        ObjectKind.TAG: _EXTERNAL_DOCS,
        ObjectKind.XML: {},
    }
)
"""The fields of each kind of object that hold objects. All these objects may have extensions (`x-*`)."""

OTHER_FIELDS: Mapping[ObjectKind, ObjectKind] = MappingProxyType(
    {ObjectKind.RESPONSES: ObjectKind.RESPONSE, ObjectKind.CALLBACK: ObjectKind.PATH_ITEM}
)
"""Objects whose fields have patterned names (status codes, expressions), and the kind that these fields hold."""

ROOT_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        **_one(ObjectKind.INFO, "info"),
        **_EXTERNAL_DOCS,
        **_list(ObjectKind.SERVER, "servers"),
        **_list(ObjectKind.TAG, "tags"),
    }
)
"""The fields of the root that hold objects, except paths, webhooks and components."""

REFERABLE = frozenset(
    {
        *(
            ObjectKind.CALLBACK,
            ObjectKind.EXAMPLE,
            ObjectKind.HEADER,
            ObjectKind.LINK,
            ObjectKind.MEDIA_TYPE,
            ObjectKind.PARAMETER,
            ObjectKind.PATH_ITEM,
        ),
        *(ObjectKind.REQUEST_BODY, ObjectKind.RESPONSE, ObjectKind.SCHEMA, ObjectKind.SECURITY_SCHEME),
    }
)
"""Kinds that a `$ref` may replace."""

_SECTIONS_2_0: Mapping[str, ObjectKind] = MappingProxyType(
    {
        "definitions": ObjectKind.SCHEMA,
        "parameters": ObjectKind.PARAMETER,
        "responses": ObjectKind.RESPONSE,
        "securityDefinitions": ObjectKind.SECURITY_SCHEME,
    }
)
_SECTIONS_3_0: Mapping[str, ObjectKind] = MappingProxyType(
    {
        "schemas": ObjectKind.SCHEMA,
        "responses": ObjectKind.RESPONSE,
        "parameters": ObjectKind.PARAMETER,
        "examples": ObjectKind.EXAMPLE,
        "requestBodies": ObjectKind.REQUEST_BODY,
        "headers": ObjectKind.HEADER,
        "securitySchemes": ObjectKind.SECURITY_SCHEME,
        "links": ObjectKind.LINK,
        "callbacks": ObjectKind.CALLBACK,
    }
)
_SECTIONS_3_1: Mapping[str, ObjectKind] = MappingProxyType({**_SECTIONS_3_0, "pathItems": ObjectKind.PATH_ITEM})
_SECTIONS_3_2: Mapping[str, ObjectKind] = MappingProxyType({**_SECTIONS_3_1, "mediaTypes": ObjectKind.MEDIA_TYPE})


def sections(version: str) -> Mapping[str, ObjectKind]:
    """Return the component maps of a version, by name."""
    return {"2.0": _SECTIONS_2_0, "3.0": _SECTIONS_3_0, "3.1": _SECTIONS_3_1}.get(version, _SECTIONS_3_2)


def components_at(version: str) -> tuple[str, ...]:
    """Return the place of the component maps. 2.0 has them in the root."""
    return () if version == "2.0" else ("components",)


def is_extension(name: str) -> bool:
    return name.startswith("x-")


def is_reference(kind: ObjectKind, node: object) -> bool:
    """Return whether `node` is a reference. A `$ref` that is not a string is not a reference."""
    return kind in REFERABLE and isinstance(node, dict) and isinstance(node.get("$ref"), str)


def siblings_count(kind: ObjectKind, version: str) -> bool:
    """Return whether fields beside a `$ref` have a meaning: in schemas since 3.1, and in path items."""
    return kind is ObjectKind.PATH_ITEM or (kind is ObjectKind.SCHEMA and version not in {"2.0", "3.0"})
