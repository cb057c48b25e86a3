"""How frameworks read the served document."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from plugin_gateway.export.candidate import Candidate
from plugin_gateway.export.platforms.documents import recursive_schema, size
from tests.shop import DOCUMENT, broken, merged, shop


def served(change: dict[str, Any], **profiles: Any) -> Candidate:
    """Return the shop with a changed served document."""
    candidate = shop()
    document = json.dumps(merged(candidate.document, change)).encode()
    documents = {**candidate.documents, "": document, "plugin": document}
    return replace(
        candidate, documents={**documents, **{name: json.dumps(one).encode() for name, one in profiles.items()}}
    )


GET = ("paths", "/orders", "get")


def at_get(**change: Any) -> dict[str, Any]:
    return {"paths": {"/orders": {"get": change}}}


ENDLESS = {
    "components": {
        "schemas": {"Order": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Order"}}}}
    }
}
NODE = "#/components/schemas/Node"
ENDLESS_NODE = {"components": {"schemas": {"Node": {"properties": {"next": {"$ref": NODE}}}}}}
POST_NODE = {
    "paths": {
        "/orders": {"post": {"requestBody": {"content": {"application/json": {"schema": {"items": {"$ref": NODE}}}}}}}
    }
}
HEAD = {"operationId": "head_orders", "summary": "Ask", "responses": {"200": {"description": "ok"}}}
TEXT = {"text/plain": {"schema": {"type": "string"}}}
FORM = {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, {}),
        ({"servers": [{"url": "/v1"}]}, {"document-server": "error"}),
        ({"servers": None}, {"document-server": "error"}),
        ({"servers": [{"url": "https://localhost:8443"}]}, {"adk-loopback": "error"}),
        (at_get(operationId="createOrder"), {"adk-names": "error"}),
        (at_get(summary=None), {}),
        (at_get(summary=None, description=None), {"document-operation-text": "error"}),
        ({"paths": {"/orders": {"parameters": []}}}, {"document-path-items": "error"}),
        ({"paths": {"/orders": {"description": "x"}}}, {"document-path-items": "error"}),
        (at_get(parameters=[{"$ref": "#/components/parameters/p"}]), {"document-parameters": "error"}),
        (ENDLESS, {"document-recursive": "error", "haystack-recursive-body": "error"}),
        ({"components": {"schemas": {"Order": {"type": ["object", "null"]}}}}, {"document-type-lists": "warning"}),
        ({"info": {"description": "x" * 100_001}}, {"document-size": "warning"}),
        (
            {"paths": {"/orders": {"post": {"requestBody": {"content": {**FORM, "application/json": None}}}}}},
            {"semantic-kernel-bodies": "error"},
        ),
        ({"paths": {"/orders": {"post": {"requestBody": {"content": FORM}}}}}, {"langchain-bodies": "warning"}),
        ({"paths": {"/orders": {"post": {"requestBody": {"content": {**TEXT, "application/json": None}}}}}}, {}),
        ({"paths": {"/orders": {"head": HEAD}}}, {"document-methods": "warning"}),
        (at_get(parameters=[{"name": "q", "in": "query", "schema": {}}]), {"langchain-parameter-types": "error"}),
        (at_get(parameters=[{"name": "q", "in": "query", "schema": {"type": "string"}}]), {}),
        (ENDLESS_NODE, {"document-recursive": "error"}),
        ({**ENDLESS_NODE, **POST_NODE}, {"document-recursive": "error", "haystack-recursive-body": "error"}),
    ],
)
def test_a_document_breaks_these_rules(change: dict[str, Any], found: dict[str, str]) -> None:
    profiles = {"lean": merged(shop().document, change)}
    assert broken(served(change, **profiles)) == found


@pytest.mark.parametrize(("lean", "hint"), [(90_000, "profile=lean"), (100_001, "allow fewer"), (0, "allow fewer")])
def test_a_large_document_is_mended_by_the_lean_profile_where_that_is_small(lean: int, hint: str) -> None:
    candidate = served({"info": {"description": "x" * 100_001}})
    documents = {**candidate.documents, "lean": b" " * lean}
    [finding] = size.judge(replace(candidate, documents=documents))
    assert hint in finding.hint


def test_the_lean_profile_mends_an_endless_schema_of_an_answer() -> None:
    candidate = served(ENDLESS, lean={"openapi": "3.1.0", "paths": {}})
    assert broken(candidate)["document-recursive"] == "warning"


def test_the_gateway_keeps_the_rules_of_frameworks_for_a_document_that_does_not() -> None:
    item = {
        "summary": "x",
        "parameters": [{"$ref": "#/components/parameters/tenant"}],
    }
    components = {"parameters": {"tenant": {"name": "tenant", "in": "query", "schema": {"type": "string"}}}}
    change = {"paths": {"/orders": item}, "components": components, "servers": [{"url": "/v1"}]}
    assert broken(shop(document=change, config={"upstream": {"servers": "ignore"}})) == {}


@pytest.mark.parametrize(
    ("schemas", "name"),
    [
        ({}, ""),
        ({"A": {"$ref": "#/components/schemas/B"}, "B": {"type": "string"}}, ""),
        ({"A": {"items": {"$ref": "#/components/schemas/A"}}}, "A"),
        ({"A": {"$ref": "#/components/schemas/B"}, "B": {"allOf": [{"$ref": "#/components/schemas/A"}]}}, "A"),
        ({"A": {"example": {"$ref": "#/components/schemas/A"}}}, ""),
        ({"A~B": {"$ref": "#/components/schemas/A~0B"}}, "A~B"),
        ({"A": {"$ref": "#/components/schemas/gone"}}, ""),
    ],
)
def test_a_schema_that_contains_itself_is_found(schemas: dict[str, Any], name: str) -> None:
    assert recursive_schema({"components": {"schemas": schemas}}) == name


def test_a_long_chain_is_no_cycle() -> None:
    schemas = {f"S{number}": {"$ref": f"#/components/schemas/S{number + 1}"} for number in range(2000)}
    assert recursive_schema({"components": {"schemas": {**schemas, "S2000": {}}}}) == ""


def test_a_document_of_another_shape_has_no_such_schema() -> None:
    assert recursive_schema({"components": {"schemas": []}}) == ""
    assert recursive_schema(DOCUMENT) == ""
