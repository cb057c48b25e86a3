"""Downgrading the fields of 3.2 and 3.1 outside of schemas."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.versions.downgrade import to_3_0, to_3_1
from plugin_gateway.openapi.versions.upgrade import upgrade

FORM = "application/x-www-form-urlencoded"


def test_operations_with_methods_that_3_1_lacks_are_left_out_with_a_warning() -> None:
    root = {"paths": {"/n": {"query": {"operationId": "q"}, "get": {}, "additionalOperations": {"COPY": {}}}}}
    findings = to_3_1(root)
    assert root == {"paths": {"/n": {"get": {}}}}
    assert [finding.message.split(" cannot")[0] for finding in findings] == ["QUERY /n", "COPY /n"]
    assert all("3.2" in finding.hint for finding in findings)
    assert [finding.pointer for finding in findings] == [
        ("paths", "/n", "query"),
        ("paths", "/n", "additionalOperations", "COPY"),
    ]


def test_decorative_fields_of_3_2_are_left_out_without_a_warning() -> None:
    root = {
        "$self": "https://e.x",
        "tags": [{"name": "a", "summary": "A", "parent": "b", "kind": "nav", "description": "d"}],
        "servers": [{"url": "/", "name": "main"}],
        "paths": {"/a": {"get": {"responses": {"200": {"summary": "fine"}, "201": {"summary": "s", "description": "d"}}}}},
        "components": {
            "examples": {"A": {"dataValue": {"a": 1}, "serializedValue": "a=1"}, "B": {"serializedValue": "b"}},
            "schemas": {"X": {"type": "string", "xml": {"nodeType": "attribute"}}, "Y": {"type": "array", "xml": {"nodeType": "element"}}},
            "parameters": {"C": {"name": "c", "in": "cookie", "style": "cookie", "allowReserved": True}},
            "securitySchemes": {"s": {"type": "oauth2", "deprecated": True, "flows": {"deviceAuthorization": {}, "implicit": {}}}},
        },
    }  # fmt: skip
    assert to_3_1(root) == []
    assert root == {
        "tags": [{"name": "a", "description": "d"}],
        "servers": [{"url": "/"}],
        "paths": {"/a": {"get": {"responses": {"200": {"description": "fine"}, "201": {"description": "d"}}}}},
        "components": {
            "examples": {"A": {"value": {"a": 1}}, "B": {"value": "b"}},
            "schemas": {"X": {"type": "string", "xml": {"attribute": True}}, "Y": {"type": "array", "xml": {"wrapped": True}}},
            "parameters": {"C": {"name": "c", "in": "cookie"}},
            "securitySchemes": {"s": {"type": "oauth2", "flows": {"implicit": {}}}},
        },
    }  # fmt: skip


def test_a_stream_or_query_string_of_3_2_becomes_looser_in_3_1_with_a_warning() -> None:
    parameters: list[Any] = [
        {"$ref": "#/components/parameters/Q"},
        {"name": "w", "in": "querystring"},
        {"name": "a", "in": "query"},
    ]
    root: dict[str, Any] = {
        "paths": {"/a": {"get": {"parameters": parameters, "responses": {"200": {"description": "", "content": {"text/event-stream": {"itemSchema": {}}}}}}}},
        "components": {"parameters": {"Q": {"name": "q", "in": "querystring"}}},
    }  # fmt: skip
    findings = to_3_1(root)
    operation = root["paths"]["/a"]["get"]
    assert operation["parameters"] == [{"name": "a", "in": "query"}]
    assert operation["responses"]["200"]["content"] == {"text/event-stream": {}}
    stream = ("paths", "/a", "get", "responses", "200", "content", "text/event-stream")
    assert sorted(finding.pointer or () for finding in findings) == [*[("paths", "/a", "get")] * 2, stream]


@pytest.mark.parametrize(
    ("content", "is_kept"),
    [
        ({FORM: {"schema": {"type": "object"}}}, True),
        ({FORM: {"schema": {"type": "object"}, "encoding": {"a": {}}}}, False),
        ({FORM: {}}, False),
        ({FORM: {"schema": {}}, "application/json": {"schema": {}}}, False),
        ({"application/json": {"schema": {"type": "object"}}}, False),
    ],
)
def test_a_whole_query_that_is_a_form_becomes_an_exploded_object(content: dict[str, Any], is_kept: bool) -> None:
    whole = {"name": "w", "in": "querystring", "required": True, "content": content}
    root = {"paths": {"/a": {"get": {"parameters": [whole]}}}}
    findings = to_3_1(root)
    spread = {
        "name": "w",
        "required": True,
        "in": "query",
        "style": "form",
        "explode": True,
        "schema": {"type": "object"},
    }
    assert root["paths"]["/a"]["get"]["parameters"] == ([spread] if is_kept else [])
    assert ["`w`" in finding.message for finding in findings] == ([] if is_kept else [True])


def test_3_0_has_no_webhooks_dialect_identifier_or_info_summary() -> None:
    root = {
        "info": {"summary": "s", "title": "t", "license": {"name": "MIT", "identifier": "MIT"}},
        "webhooks": {"a": {}},
        "jsonSchemaDialect": "x",
    }
    assert to_3_0(root) == []
    assert root == {"info": {"title": "t", "license": {"name": "MIT"}}, "paths": {}}


def test_3_0_wants_responses_and_nothing_beside_a_reference() -> None:
    root = {
        "paths": {
            "/a": {"get": {}, "put": {"responses": {"200": {"$ref": "#/components/responses/R", "description": "d"}}}}
        }
    }
    to_3_0(root)
    assert root["paths"]["/a"] == {
        "get": {"responses": {"default": {"description": ""}}},
        "put": {"responses": {"200": {"$ref": "#/components/responses/R"}}},
    }


def test_a_callback_by_a_shared_path_item_is_left_out_of_3_0_with_a_warning() -> None:
    root = {
        "openapi": "3.1.0",
        "paths": {"/a": {"post": {"responses": {"200": {"description": ""}}, "callbacks": {"c": {"{$url}": {"$ref": "#/components/pathItems/P"}}}}}},
        "components": {"pathItems": {"P": {"post": {}}}},
    }  # fmt: skip
    document, (finding,) = upgrade(Document(root=root, name="x"), "3.0")
    assert document.root["paths"]["/a"]["post"]["callbacks"] == {"c": {}}
    assert "{$url}" in finding.message
