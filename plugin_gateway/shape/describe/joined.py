"""A joined parameter: an array of Swagger 2.0 whose items are separated in a way that no style of OpenAPI 3 has.

Clients see it as a string, because OpenAPI 3 can say no more. The gateway judges its values as the array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.parameters import declared_parameters
from plugin_gateway.openapi.versions.upgrade import upgrade

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.openapi.document import JsonObject, Operation

_WITHOUT_STYLE: Final = {"query": {"tsv"}, "path": {"tsv", "ssv", "pipes"}, "header": {"tsv", "ssv", "pipes"}}

JoinedParameters: TypeAlias = "Mapping[tuple[str, str], Joined]"
"""By place and name."""


class Joined(NamedTuple):
    """How the items are separated, as a style of `shape/values/reading.py`, and the schema of the array."""

    style: str
    schema: JsonObject


def joined_parameters(operation: Operation, document: Document) -> JoinedParameters:
    """Return the joined parameters of an operation of a document as it was before it was upgraded."""
    if document.version != "2.0":
        return {}
    found: dict[tuple[str, str], Joined] = {}
    for parameter in declared_parameters(operation, document):
        place, style = str(parameter.get("in")), str(parameter.get("collectionFormat"))
        items = parameter.get("items")
        is_flat = isinstance(items, dict) and items.get("type") != "array"
        if parameter.get("type") == "array" and is_flat and style in _WITHOUT_STYLE.get(place, ()):
            found[place, str(parameter.get("name"))] = Joined(style, _schema_of(parameter))
    return found


def _schema_of(parameter: JsonObject) -> JsonObject:
    """Return the schema that the same array has in 3.1 if commas separate its items."""
    node = {**parameter, "collectionFormat": "csv"}
    root = {"swagger": "2.0", "info": {}, "paths": {"/": {"get": {"parameters": [node], "responses": {}}}}}
    upgraded, _ = upgrade(Document(root=root, name=""))
    [operation] = upgraded.operations.values()
    schema: JsonObject = operation.node["parameters"][0]["schema"]
    return schema
