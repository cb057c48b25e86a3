"""Swagger 2.0 written as 3.0, table by table."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.openapi.versions.swagger import swagger_to_3_0


def _upgraded(root: dict[str, Any]) -> dict[str, Any]:
    upgraded, findings = swagger_to_3_0({"swagger": "2.0", "info": {"title": "t", "version": "1"}, **root})
    assert findings == []
    return upgraded


def _operation(operation: dict[str, Any], **root: Any) -> Any:
    return _upgraded({"paths": {"/a": {"post": {"responses": {}, **operation}}}, **root})["paths"]["/a"]["post"]


@pytest.mark.parametrize(
    ("root", "urls"),
    [
        ({"host": "e.x", "basePath": "/v1", "schemes": ["https", "http"]}, ["https://e.x/v1", "http://e.x/v1"]),
        ({"host": "e.x"}, ["//e.x"]),
        ({"basePath": "/v1", "schemes": ["https"]}, ["/v1"]),
        ({}, ["/"]),
    ],
)
def test_host_base_path_and_schemes_are_servers(root: dict[str, Any], urls: list[str]) -> None:
    assert _upgraded(root)["servers"] == [{"url": url} for url in urls]


def test_schemes_of_an_operation_are_its_own_servers() -> None:
    operation = _operation({"schemes": ["wss"]}, host="e.x", schemes=["https"])
    assert operation == {"responses": {}, "servers": [{"url": "wss://e.x"}]}


def test_a_body_has_what_the_operation_consumes() -> None:
    body = {"name": "b", "in": "body", "required": True, "description": "d", "schema": {"$ref": "#/definitions/In"}}
    schema = {"schema": {"$ref": "#/components/schemas/In"}}
    operation = _operation({"parameters": [body], "consumes": ["application/json", "text/xml"]}, consumes=["text/csv"])
    assert operation["requestBody"] == {
        "required": True,
        "description": "d",
        "content": {"application/json": schema, "text/xml": schema},
    }
    assert "parameters" not in operation
    assert list(_operation({"parameters": [body]}, consumes=["text/csv"])["requestBody"]["content"]) == ["text/csv"]
    assert list(_operation({"parameters": [body]})["requestBody"]["content"]) == ["application/json"]


def test_a_shared_body_is_a_component_unless_the_operation_consumes_something_else() -> None:
    root = {
        "consumes": ["application/json"],
        "parameters": {"B": {"name": "b", "in": "body", "schema": {"type": "object"}}},
        "paths": {
            "/same": {"post": {"parameters": [{"$ref": "#/parameters/B"}]}},
            "/other": {"post": {"parameters": [{"$ref": "#/parameters/B"}], "consumes": ["text/xml"]}},
            "/shared": {"parameters": [{"$ref": "#/parameters/B"}], "put": {}},
        },
    }
    upgraded = _upgraded(root)
    ref = {"$ref": "#/components/requestBodies/B"}
    assert upgraded["components"] == {
        "requestBodies": {"B": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    }
    assert upgraded["paths"]["/same"]["post"]["requestBody"] == ref
    assert upgraded["paths"]["/other"]["post"]["requestBody"] == {
        "content": {"text/xml": {"schema": {"type": "object"}}}
    }
    assert upgraded["paths"]["/shared"] == {"parameters": [], "put": {"requestBody": ref}}


def test_a_form_field_of_the_operation_wins_over_the_same_field_of_the_path_item() -> None:
    item = {
        "parameters": [
            {"name": "a", "in": "formData", "type": "string"},
            {"name": "q", "in": "query", "type": "string"},
        ],
        "post": {"parameters": [{"name": "a", "in": "formData", "type": "integer"}]},
    }
    upgraded = _upgraded({"paths": {"/a": item}})["paths"]["/a"]
    content = upgraded["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    assert content["schema"]["properties"] == {"a": {"type": "integer"}}
    assert upgraded["parameters"] == [{"name": "q", "in": "query", "schema": {"type": "string"}}]


def test_a_response_has_what_the_operation_produces() -> None:
    responses = {
        "200": {
            "description": "ok",
            "schema": {"type": "array", "items": {"$ref": "#/definitions/Out"}},
            "headers": {"X-Rate": {"type": "integer", "description": "left"}},
            "examples": {"application/json": [1]},
        },
        "204": {},
        "x-note": 1,
    }
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/Out"}}
    operation = _operation({"responses": responses, "produces": ["application/json", "text/xml"]})
    assert operation["responses"] == {
        "200": {
            "description": "ok",
            "headers": {"X-Rate": {"description": "left", "schema": {"type": "integer"}}},
            "content": {"application/json": {"schema": schema, "example": [1]}, "text/xml": {"schema": schema}},
        },
        "204": {"description": ""},
        "x-note": 1,
    }


def test_parameters_are_upgraded_where_they_stand_and_a_file_is_binary() -> None:
    fields = [{"name": "f", "in": "formData", "type": "file"}, {"name": "q", "in": "query", "type": "string"}]
    root = {"paths": {"/a": {"post": {"parameters": [*fields, {"$ref": "#/parameters/P"}]}}}}
    upgraded = _upgraded({**root, "parameters": {"P": {"name": "p", "in": "query", "type": "string"}}})
    operation = upgraded["paths"]["/a"]["post"]
    properties = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert properties == {"f": {"type": "string", "format": "binary"}}
    assert operation["parameters"] == [
        {"name": "q", "in": "query", "schema": {"type": "string"}},
        {"$ref": "#/components/parameters/P"},
    ]
    assert upgraded["components"] == {"parameters": {"P": {"name": "p", "in": "query", "schema": {"type": "string"}}}}


def test_a_file_response_is_binary() -> None:
    responses = {"200": {"description": "ok", "schema": {"type": "file"}}}
    assert _operation({"responses": responses})["responses"]["200"]["content"] == {
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
    }


def test_a_shared_response_is_a_component_unless_the_operation_produces_something_else() -> None:
    shared = {"R": {"description": "r", "schema": {"type": "string"}}}
    responses = {"default": {"$ref": "#/responses/R"}}
    same = _operation({"responses": responses}, responses=shared, produces=["text/plain"])
    other = _operation({"responses": responses, "produces": ["text/xml"]}, responses=shared, produces=["text/plain"])
    assert same["responses"]["default"] == {"$ref": "#/components/responses/R"}
    assert other["responses"]["default"] == {
        "description": "r",
        "content": {"text/xml": {"schema": {"type": "string"}}},
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"type": "basic", "description": "d"}, {"type": "http", "scheme": "basic", "description": "d"}),
        ({"type": "apiKey", "in": "header", "name": "k"}, {"type": "apiKey", "in": "header", "name": "k"}),
        *(
            (
                {"type": "oauth2", "flow": old, "tokenUrl": "t", "scopes": {"a": "b"}},
                {"type": "oauth2", "flows": {new: {"tokenUrl": "t", "scopes": {"a": "b"}}}},
            )
            for old, new in [
                ("implicit", "implicit"),
                ("password", "password"),
                ("application", "clientCredentials"),
                ("accessCode", "authorizationCode"),
            ]
        ),
    ],
)
def test_each_security_definition_has_its_scheme(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert _upgraded({"securityDefinitions": {"k": before}})["components"] == {"securitySchemes": {"k": after}}


def test_schemas_get_the_words_of_3_0_and_data_stays() -> None:
    definitions = {
        "Base": {"type": "object", "discriminator": "t", "properties": {"discriminator": {"type": "string"}}},
        "Sub": {
            "allOf": [{"$ref": "#/definitions/Base"}],
            "x-nullable": True,
            "default": {"$ref": "#/definitions/Base"},
        },
        "Deep": {"$ref": "#/definitions/Base/properties/discriminator"},
    }
    assert _upgraded({"definitions": definitions})["components"]["schemas"] == {
        "Base": {
            "type": "object",
            "discriminator": {"propertyName": "t"},
            "properties": {"discriminator": {"type": "string"}},
        },
        "Sub": {
            "allOf": [{"$ref": "#/components/schemas/Base"}],
            "nullable": True,
            "default": {"$ref": "#/definitions/Base"},
        },
        "Deep": {"$ref": "#/components/schemas/Base/properties/discriminator"},
    }


def test_the_input_is_not_changed() -> None:
    root = {"swagger": "2.0", "definitions": {"A": {"discriminator": "t", "x-nullable": True}}, "paths": {}}
    before = repr(root)
    swagger_to_3_0(root)
    assert repr(root) == before


def test_malformed_nodes_are_kept_or_skipped() -> None:
    loop = {"$ref": "#/parameters/Loop"}
    root = {
        "parameters": {"Loop": loop},
        "responses": {"R": "odd"},
        "securityDefinitions": {"s": None},
        "paths": {
            "/a": {"$ref": "#/nowhere", "summary": "not of 2.0"},
            "/b": "odd",
            "/c": {"post": {"parameters": ["odd", {"$ref": "#/nowhere"}], "responses": {"200": None, "default": {"headers": {"H": 1}}}}},
        },
    }  # fmt: skip
    upgraded = _upgraded(root)
    assert upgraded["paths"] == {
        "/a": {"$ref": "#/nowhere"},
        "/b": "odd",
        "/c": {
            "post": {
                "parameters": ["odd", {"schema": {}}],
                "responses": {"200": None, "default": {"description": "", "headers": {"H": 1}}},
            }
        },
    }
    assert upgraded["components"] == {
        "responses": {"R": "odd"},
        "parameters": {"Loop": {"schema": {}}},
        "securitySchemes": {"s": None},
    }


def test_examples_of_other_media_types_are_kept() -> None:
    responses = {"200": {"description": "ok", "examples": {"text/csv": "a,b", "x-note": 1}, "x-kept": 1}}
    assert _operation({"responses": responses})["responses"]["200"] == {
        "description": "ok",
        "content": {"text/csv": {"example": "a,b"}},
        "x-kept": 1,
    }


@pytest.mark.parametrize("produces", [[], ["text/csv"]])
def test_a_definition_referred_to_as_something_else_is_still_a_schema(produces: list[str]) -> None:
    wrong = {"$ref": "#/definitions/S"}
    operation = _operation(
        {"parameters": [wrong], "responses": {"200": wrong}}, definitions={"S": {}}, produces=produces
    )
    right = {"$ref": "#/components/schemas/S"}
    assert (operation["parameters"], operation["responses"]) == ([right], {"200": right})


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("#/responses/R", "#/components/responses/R"),
        ("#/parameters/Q", "#/components/parameters/Q"),
        ("#/parameters/B", "#/components/requestBodies/B"),
    ],
)
def test_the_wrong_target_of_a_schemas_reference_is_kept(ref: str, expected: str) -> None:
    parameters = {"Q": {"name": "q", "in": "query", "type": "string"}, "B": {"name": "b", "in": "body", "schema": {}}}
    upgraded = _upgraded(
        {
            "paths": {},
            "definitions": {"A": {"items": {"$ref": ref}}},
            "responses": {"R": {"description": "d"}},
            "parameters": parameters,
        }
    )
    assert upgraded["components"]["schemas"]["A"] == {"items": {"$ref": expected}}


def test_a_malformed_parameter_does_not_stop_the_upgrade() -> None:
    odd = [{"in": {}}, {"name": ["a"], "in": "formData"}, {"name": "q", "in": "query", "type": "array", "collectionFormat": {}}]  # fmt: skip
    upgraded, _ = swagger_to_3_0({"swagger": "2.0", "paths": {"/a": {"parameters": odd, "post": {"parameters": odd}}}})
    assert "requestBody" in upgraded["paths"]["/a"]["post"]


def test_each_media_type_of_a_response_gets_the_schema_of_the_response() -> None:
    schema = {"type": "object"}
    answer = {"description": "gone", "schema": schema, "examples": {"application/json": {"message": "no"}}}
    root = {
        "swagger": "2.0",
        "paths": {"/a": {"get": {"produces": ["application/x-tar"], "responses": {"404": answer}}}},
    }
    upgraded, _ = swagger_to_3_0(root)
    assert upgraded["paths"]["/a"]["get"]["responses"]["404"]["content"] == {
        "application/x-tar": {"schema": schema},
        "application/json": {"schema": schema, "example": {"message": "no"}},
    }


def test_each_looser_parameter_or_header_is_found_at_its_place() -> None:
    tsv = {"name": "q", "in": "query", "type": "array", "items": {"type": "string"}, "collectionFormat": "tsv"}
    header = {"type": "array", "items": {"type": "string"}, "collectionFormat": "pipes"}
    form = {**tsv, "name": "f", "in": "formData"}
    responses = {"200": {"description": "", "headers": {"X": header}}}
    root = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/a": {"post": {"parameters": [tsv, form], "responses": responses}}},
        "parameters": {"P": {**tsv, "name": "p"}},
    }
    _, findings = swagger_to_3_0(root)
    assert {finding.pointer for finding in findings} == {
        ("paths", "/a", "post", "parameters", "0"),
        ("paths", "/a", "post", "parameters", "1"),
        ("paths", "/a", "post", "responses", "200", "headers", "X"),
        ("parameters", "P"),
    }
