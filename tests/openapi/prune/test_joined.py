"""Joined documents, and the documents that can be joined."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.prune.joined import is_plain, join

SCHEMA = {"type": "string"}


def document(schema: Any, *, version: str = "3.1.0", **fields: Any) -> Document:
    components = {"schemas": {"A": schema, "B": SCHEMA}, **fields.pop("components", {})}
    root = {"openapi": version, "info": {}, "paths": {}, "components": components, **fields}
    return Document(root=root, name="openapi.json")


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/B"},
        {"$id": "https://example.com/a", "$anchor": "a"},
        {"$recursiveAnchor": True, "items": {"$recursiveRef": "#"}},
        {"description": "see #/paths"},
        {"example": {"$ref": "#/components/schemas/B"}},
        {"properties": {"$ref": {"type": "string"}}},
    ],
)
def test_a_document_with_references_to_its_own_components_is_plain(schema: Any) -> None:
    assert is_plain(document(schema))


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/Nowhere"},
        {"$ref": "#/components/schemas/B/properties/b"},
        {"$ref": "other.json"},
        {"$dynamicRef": "#b"},
        {"$recursiveRef": "#b"},
        {"$id": "https://example.com/a", "items": {"$recursiveRef": "#"}},
        {"discriminator": {"propertyName": "a", "mapping": {"a": "#/components/schemas/Nowhere"}}},
        {"example": {"$ref": "#/components/schemas/Nowhere"}},
        {"example": {"operationRef": "elsewhere"}},
    ],
)
def test_a_document_whose_references_lead_elsewhere_is_not_plain(schema: Any) -> None:
    assert not is_plain(document(schema))


@pytest.mark.parametrize(
    "fields",
    [
        {"$self": "https://example.com/openapi.json"},
        {"components": {"schemas": {"an illegal name": SCHEMA}}},
        {"components": {"links": {"A": {"operationId": "a"}}}},
        {"components": {"callbacks": {"A": {}}}},
    ],
)
def test_a_document_with_names_that_must_be_unique_is_not_plain(fields: dict[str, Any]) -> None:
    assert not is_plain(document({}, **fields))


LIKE = {
    "openapi": "3.1.0",
    "tags": [{"name": "one"}, {"name": "two"}, {"name": "three"}],
    "paths": {"/a": {}, "/b": {}, "/c": {}},
    "components": {"responses": {}, "schemas": {"A": {}, "B": {}, "C": {}}},
    "security": [],
}


def root(path: str, *schemas: str, **fields: Any) -> Any:
    components = {"schemas": {name: {"title": name} for name in schemas}} if schemas else {}
    return {"openapi": "3.1.0", "paths": {path: {}}, "components": components, **fields}


def test_a_joined_document_has_the_order_of_the_whole_document() -> None:
    two = {"name": "two"}
    parts = [
        root("/c", "C", "A", tags=[two, {"name": "three"}], security=[{"key": []}]),
        root("/a", "New", "B", "A", tags=[{"name": "one"}, two]),
    ]
    joined = join(parts, LIKE, "3.1")

    assert joined is not None
    assert [*joined] == ["openapi", "tags", "paths", "components", "security"]
    assert [*joined["paths"]] == ["/a", "/c"]
    assert [*joined["components"]["schemas"]] == ["A", "B", "C", "New"]
    assert [tag["name"] for tag in joined["tags"]] == ["one", "two", "three"]


def test_components_of_swagger_2_0_are_joined_in_the_root() -> None:
    parts = [
        {"swagger": "2.0", "paths": {path: {}}, "definitions": {name: {}}} for path, name in (("/b", "B"), ("/a", "A"))
    ]
    joined = join(parts, {"paths": {"/a": {}, "/b": {}}, "definitions": {"A": {}, "B": {}}}, "2.0")

    assert joined is not None
    assert [*joined["definitions"]] == ["A", "B"]


def test_unequal_components_of_one_name_are_not_joined() -> None:
    parts = [root("/a", "A"), root("/b", "A")]
    assert join(parts, LIKE, "3.1") is not None
    parts[1]["components"]["schemas"]["A"] = {"title": "another"}

    assert join(parts, LIKE, "3.1") is None
    joined = join(parts, LIKE, "3.1", lambda section, one, other: other if section == "schemas" else None)
    assert joined is not None
    assert joined["components"]["schemas"] == {"A": {"title": "another"}}


def test_joining_does_not_change_the_parts() -> None:
    parts = [root("/a", "A"), root("/b", "B")]
    join(parts, LIKE, "3.1")
    assert parts == [root("/a", "A"), root("/b", "B")]
