"""The vocabulary of OpenAPI: the plain fields of each object, the versions that have them, and the types of their values.

`grammar` lists the fields that hold other objects. A field in neither table is unknown to the standard.
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.openapi.grammar import FIELDS, METHODS, ObjectKind

if TYPE_CHECKING:
    from collections.abc import Mapping


class Type(Enum):
    """The type of a plain value."""

    ANY = "anything"
    TEXT = "a string"
    FLAG = "true or false"
    NUMBER = "a number"
    COUNT = "an integer of at least 0"
    TEXTS = "a list of strings"
    NAMES = "a list of distinct strings"
    LIST = "a list"
    MAP = "a mapping"
    MAP_OF_TEXT = "a mapping of strings"
    TYPES = "a type name or a list of type names"
    BOUND = "a number, or true or false"


class Plain(NamedTuple):
    """A field that holds a plain value, with the value's type and the versions that have the field."""

    type: Type
    versions: frozenset[str]


_ALL: Final = frozenset({"2.0", "3.0", "3.1", "3.2"})
_OLD: Final = frozenset({"2.0"})
_NEW: Final = _ALL - _OLD
_FROM_3_1: Final = frozenset({"3.1", "3.2"})
_FROM_3_2: Final = frozenset({"3.2"})


def _fields(type_: Type, names: str, versions: frozenset[str] = _ALL) -> dict[str, Plain]:
    return {name: Plain(type_, versions) for name in names.split()}


_STYLED = {
    **_fields(Type.TEXT, "style", _NEW),
    **_fields(Type.FLAG, "explode", _NEW),
}
_SHOWN = _fields(Type.ANY, "example", _NEW)

# 2.0 describes values in parameters, headers and items with these fields instead of a schema.
_VALUE_2_0 = {
    **_fields(Type.TYPES, "type", _OLD),
    **_fields(Type.TEXT, "format pattern collectionFormat", _OLD),
    **_fields(Type.ANY, "default", _OLD),
    **_fields(Type.NUMBER, "maximum minimum multipleOf", _OLD),
    **_fields(Type.FLAG, "exclusiveMaximum exclusiveMinimum uniqueItems", _OLD),
    **_fields(Type.COUNT, "maxLength minLength maxItems minItems", _OLD),
    **_fields(Type.LIST, "enum", _OLD),
}

PLAIN_FIELDS: Final[Mapping[ObjectKind, Mapping[str, Plain]]] = MappingProxyType(
    {
        ObjectKind.CALLBACK: {},
        ObjectKind.CONTACT: _fields(Type.TEXT, "name url email"),
        ObjectKind.DISCRIMINATOR: {
            **_fields(Type.TEXT, "propertyName", _NEW),
            **_fields(Type.MAP_OF_TEXT, "mapping", _NEW),
            **_fields(Type.TEXT, "defaultMapping", _FROM_3_2),
        },
        ObjectKind.ENCODING: {
            **_fields(Type.TEXT, "contentType", _NEW),
            **_STYLED,
            **_fields(Type.FLAG, "allowReserved", _NEW),
        },
        ObjectKind.EXAMPLE: {
            **_fields(Type.TEXT, "summary description externalValue", _NEW),
            **_fields(Type.ANY, "value", _NEW),
            **_fields(Type.ANY, "dataValue", _FROM_3_2),
            **_fields(Type.TEXT, "serializedValue", _FROM_3_2),
        },
        ObjectKind.EXTERNAL_DOCS: _fields(Type.TEXT, "description url"),
        ObjectKind.HEADER: {
            **_fields(Type.TEXT, "description"),
            **_fields(Type.FLAG, "required deprecated", _NEW),
            **_STYLED,
            **_SHOWN,
            **_VALUE_2_0,
        },
        ObjectKind.INFO: {
            **_fields(Type.TEXT, "title description termsOfService version"),
            **_fields(Type.TEXT, "summary", _FROM_3_1),
        },
        ObjectKind.ITEMS: _VALUE_2_0,
        ObjectKind.LICENSE: {**_fields(Type.TEXT, "name url"), **_fields(Type.TEXT, "identifier", _FROM_3_1)},
        ObjectKind.LINK: {
            **_fields(Type.TEXT, "operationRef operationId description", _NEW),
            **_fields(Type.MAP_OF_TEXT, "parameters", _NEW),
            **_fields(Type.ANY, "requestBody", _NEW),
        },
        ObjectKind.MEDIA_TYPE: {**_SHOWN, **_fields(Type.TEXT, "description", _FROM_3_2)},
        ObjectKind.OPERATION: {
            **_fields(Type.NAMES, "tags"),
            **_fields(Type.TEXT, "summary description operationId"),
            **_fields(Type.FLAG, "deprecated"),
            **_fields(Type.ANY, "security"),
            **_fields(Type.ANY, "consumes produces schemes", _OLD),
        },
        ObjectKind.PARAMETER: {
            **_fields(Type.TEXT, "name in description"),
            **_fields(Type.FLAG, "required allowEmptyValue"),
            **_fields(Type.FLAG, "deprecated allowReserved", _NEW),
            **_STYLED,
            **_SHOWN,
            **_VALUE_2_0,
        },
        ObjectKind.PATH_ITEM: {**_fields(Type.TEXT, "summary description", _NEW), **_fields(Type.TEXT, "$ref")},
        ObjectKind.REQUEST_BODY: {**_fields(Type.TEXT, "description", _NEW), **_fields(Type.FLAG, "required", _NEW)},
        ObjectKind.RESPONSE: {
            **_fields(Type.TEXT, "description"),
            **_fields(Type.TEXT, "summary", _FROM_3_2),
            **_fields(Type.MAP, "examples", _OLD),
        },
        ObjectKind.RESPONSES: {},
        # Keywords of later versions are accepted: upgrading gives them their effect.
        ObjectKind.SCHEMA: {
            **_fields(
                Type.TEXT,
                "$id $schema $ref $anchor $dynamicRef $dynamicAnchor $comment title description format pattern "
                "contentEncoding contentMediaType",
            ),
            **_fields(Type.MAP, "$vocabulary"),
            **_fields(Type.ANY, "default example const"),
            **_fields(Type.NUMBER, "multipleOf maximum minimum"),
            **_fields(Type.BOUND, "exclusiveMaximum exclusiveMinimum"),
            **_fields(
                Type.COUNT,
                "maxLength minLength maxItems minItems maxProperties minProperties maxContains minContains",
            ),
            **_fields(Type.FLAG, "uniqueItems readOnly writeOnly deprecated nullable $recursiveAnchor"),
            **_fields(Type.TEXT, "$recursiveRef"),
            **_fields(Type.NAMES, "required"),
            **_fields(Type.LIST, "enum examples"),
            **_fields(Type.TYPES, "type"),
            **_fields(Type.MAP, "dependentRequired"),
        },
        ObjectKind.TAG: {
            **_fields(Type.TEXT, "name description"),
            **_fields(Type.TEXT, "summary parent kind", _FROM_3_2),
        },
        ObjectKind.XML: {
            **_fields(Type.TEXT, "name namespace prefix"),
            **_fields(Type.FLAG, "attribute wrapped"),
            **_fields(Type.TEXT, "nodeType", _FROM_3_2),
        },
    }
)
"""Servers and security are missing here: every served document has the gateway's instead."""

_OBJECTS_SINCE: Final[Mapping[tuple[ObjectKind, str], frozenset[str]]] = MappingProxyType(
    {
        **{(ObjectKind.OPERATION, name): _NEW for name in ("requestBody", "callbacks", "servers")},
        **{(ObjectKind.PARAMETER, name): _NEW for name in ("content", "examples")},
        (ObjectKind.PARAMETER, "items"): _OLD,
        **{(ObjectKind.HEADER, name): _NEW for name in ("content", "examples", "schema")},
        (ObjectKind.HEADER, "items"): _OLD,
        **{(ObjectKind.RESPONSE, name): _NEW for name in ("content", "links")},
        (ObjectKind.RESPONSE, "schema"): _OLD,
        **{(ObjectKind.MEDIA_TYPE, name): _FROM_3_2 for name in ("itemSchema", "itemEncoding", "prefixEncoding")},
        **{(ObjectKind.ENCODING, name): _FROM_3_2 for name in ("encoding", "itemEncoding", "prefixEncoding")},
        (ObjectKind.PATH_ITEM, "servers"): _NEW,
        (ObjectKind.PATH_ITEM, "trace"): _NEW,
        **{(ObjectKind.PATH_ITEM, name): _FROM_3_2 for name in ("query", "additionalOperations")},
    }
)


def is_known(kind: ObjectKind, name: str, version: str) -> bool:
    """Return whether objects of this kind have this field in this version. `name` is not an extension."""
    if name in FIELDS[kind]:
        return version in _OBJECTS_SINCE.get((kind, name), _ALL)
    plain = PLAIN_FIELDS.get(kind, {}).get(name)
    return plain is not None and version in plain.versions


def is_unknown_everywhere(kind: ObjectKind, name: str) -> bool:
    """Return whether the field is unknown for this kind in every version."""
    return kind in PLAIN_FIELDS and name not in FIELDS[kind] and name not in PLAIN_FIELDS[kind] and name not in METHODS
