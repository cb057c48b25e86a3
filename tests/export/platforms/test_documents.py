"""How frameworks read the served document."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from plugin_gateway.export.candidate import Candidate
from plugin_gateway.export.platforms.documents import size
from tests.shop import broken, merged, shop


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
