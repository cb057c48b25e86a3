"""The grammar of OpenAPI: which fields of which object hold which other objects, and so where a `$ref` means something.

One table serves 2.0 to 3.2: no field name means two things. What is not in it is data (`default`, `enum`, `example`,
`const`, a link's `parameters`, anything unknown) and is never looked into.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """The objects of the standards, by their names there."""

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
    """How a field holds its objects."""

    ONE = "one"
    """One object; a list of them is taken as `LIST`, as JSON Schema's old `items` has it."""
    LIST = "list"
    MAP = "map"
    """A mapping whose keys are names that the author chose: `x-rate` is a header there, not an extension."""


class Field(NamedTuple):
    """What a field holds."""

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
"""The fields of each kind of object that hold objects. Every object here may carry extensions (`x-*`)."""

OTHER_FIELDS: Mapping[Kind, Kind] = MappingProxyType({Kind.RESPONSES: Kind.RESPONSE, Kind.CALLBACK: Kind.PATH_ITEM})
"""Objects whose fields have patterned names (a status code, an expression) but for extensions, and what those hold."""

ROOT_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        **_one(Kind.INFO, "info"),
        **_EXTERNAL_DOCS,
        **_list(Kind.SERVER, "servers"),
        **_list(Kind.TAG, "tags"),
    }
)
"""The fields of the root that hold objects and belong to the document as a whole."""

REFERABLE = frozenset(
    {
        *(Kind.CALLBACK, Kind.EXAMPLE, Kind.HEADER, Kind.LINK, Kind.MEDIA_TYPE, Kind.PARAMETER, Kind.PATH_ITEM),
        *(Kind.REQUEST_BODY, Kind.RESPONSE, Kind.SCHEMA, Kind.SECURITY_SCHEME),
    }
)
"""In place of these a `$ref` may stand."""

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
    """The maps of components that a version has, by name."""
    return {"2.0": _SECTIONS_2_0, "3.0": _SECTIONS_3_0, "3.1": _SECTIONS_3_1}.get(version, _SECTIONS_3_2)


def components_at(version: str) -> tuple[str, ...]:
    """Where these maps are: 2.0 has them in the root itself."""
    return () if version == "2.0" else ("components",)


def is_extension(name: str) -> bool:
    return name.startswith("x-")


def is_reference(kind: Kind, node: object) -> bool:
    """Say whether `node` stands for another object. `$ref: 5` does not: it is no reference, only odd."""
    return kind in REFERABLE and isinstance(node, dict) and isinstance(node.get("$ref"), str)


def siblings_count(kind: Kind, version: str) -> bool:
    """Say whether fields beside a `$ref` mean something: in schemas since 3.1, and in path items."""
    return kind is Kind.PATH_ITEM or (kind is Kind.SCHEMA and version not in {"2.0", "3.0"})
