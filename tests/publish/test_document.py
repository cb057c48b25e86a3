"""The served document: the changes that real clients need."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from msgspec.structs import replace

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.render import to_json
from plugin_gateway.publish.document import Presentation, PublishedOperation, build_served_document
from plugin_gateway.publish.operation_ids import assign_operation_ids

URL = "https://plugin.example.com"
PRESENTATION = Presentation(public_url=URL)
OK = {"200": {"description": "ok"}}


def _serve(
    root: dict[str, Any], published: dict[str, PublishedOperation] | None = None, **presentation: Any
) -> tuple[dict[str, Any], tuple[Any, ...]]:
    root = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, **root}
    return _serve_document(Document(root=root, name="x"), published, **presentation)


def _serve_document(
    document: Document, published: dict[str, PublishedOperation] | None = None, **presentation: Any
) -> tuple[dict[str, Any], tuple[Any, ...]]:
    ids = assign_operation_ids(document, {})
    operations = {key: (published or {}).get(str(key), PublishedOperation(operation_id=ids[key])) for key in ids}
    before = pickle.dumps(document.root)
    served, findings = build_served_document(document, operations, replace(PRESENTATION, **presentation))
    assert pickle.dumps(document.root) == before
    return served.root, findings


def test_the_gateway_is_the_one_server() -> None:
    servers = [{"url": "/v1"}, {"url": "https://internal.example.com"}]
    link = {"operationId": "a", "server": servers[0]}
    operation = {
        "operationId": "a",
        "servers": servers,
        "responses": {"200": {"description": "ok", "links": {"l": link}}},
    }
    served, _ = _serve(
        {"servers": servers, "paths": {"/a": {"servers": servers, "get": operation}}}, public_url=URL + "/"
    )
    assert served["servers"] == [{"url": URL}]
    assert served["paths"] == {
        "/a": {
            "get": {
                "operationId": "a",
                "summary": "GET /a",
                "responses": {"200": {"description": "ok", "links": {"l": {"operationId": "a"}}}},
            }
        }
    }


def test_parameters_of_the_path_item_are_inline_and_the_operation_wins() -> None:
    item: dict[str, Any] = {
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            {"$ref": "#/components/parameters/Trace"},
            {"name": "id", "in": "query", "schema": {}},
        ],
        "get": {
            "operationId": "a",
            "parameters": [{"name": "x-trace", "in": "header", "schema": {"type": "integer"}}],
            "responses": OK,
        },
        "put": {"operationId": "b", "responses": OK},
    }
    trace = {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}
    served, _ = _serve({"paths": {"/a/{id}": item}, "components": {"parameters": {"Trace": trace}}})
    assert set(served["paths"]["/a/{id}"]) == {"get", "put"}
    get, put = (served["paths"]["/a/{id}"][method]["parameters"] for method in ("get", "put"))
    assert get == [item["parameters"][0], item["get"]["parameters"][0], item["parameters"][2]]
    assert put == [item["parameters"][0], trace, item["parameters"][2]]
    assert "components" not in served


def test_a_path_item_by_reference_is_inline() -> None:
    shared = {"get": {"operationId": "a", "summary": "s", "responses": OK}}
    root = {"paths": {"/a": {"$ref": "#/components/pathItems/P"}}, "components": {"pathItems": {"P": shared}}}
    served, _ = _serve(root)
    assert served["paths"] == {"/a": shared}
    assert "components" not in served


def test_texts_of_a_path_item_go_to_operations_without_texts() -> None:
    own = {"put": {"summary": "own", "responses": OK}, "post": {"description": "own", "responses": OK}}
    served, _ = _serve({"paths": {"/a": {"summary": "S", "description": "D", "get": {"responses": OK}, **own}}})
    assert served["paths"]["/a"]["post"] == {"operationId": "post_a", "description": "own", "responses": OK}
    assert served["paths"]["/a"]["get"] == {"operationId": "get_a", "summary": "S", "description": "D", "responses": OK}
    assert served["paths"]["/a"]["put"] == {"operationId": "put_a", "summary": "own", "responses": OK}


def test_every_operation_has_responses() -> None:
    served, _ = _serve({"paths": {"/a": {"get": {}, "put": {"responses": {}}}}})
    assert all(operation["responses"] for operation in served["paths"]["/a"].values())


def test_links_follow_a_renamed_operation() -> None:
    links = {"id": {"operationId": "issues/get"}, "ref": {"operationRef": "#/paths/~1b/get"}}
    paths = {
        "/a": {"get": {"operationId": "a", "responses": {"200": {"description": "ok", "links": links}}}},
        "/b": {"get": {"operationId": "issues/get", "responses": OK}},
    }
    served, _ = _serve({"paths": paths})
    assert served["paths"]["/b"]["get"]["operationId"] == "issues_get"
    assert served["paths"]["/a"]["get"]["responses"]["200"]["links"] == {**links, "id": {"operationId": "issues_get"}}


def test_the_settings_of_an_operation_in_the_config_are_shown() -> None:
    published = PublishedOperation(operation_id="mine", description="Mine.", consequential=False)
    operation = {"operationId": "a", "description": "Theirs.", "x-openai-isConsequential": True, "responses": OK}
    served, _ = _serve({"paths": {"/a": {"get": operation, "put": {"responses": OK}}}}, {"GET /a": published})
    assert served["paths"]["/a"] == {
        "get": {"operationId": "mine", "description": "Mine.", "x-openai-isConsequential": False, "responses": OK},
        "put": {"operationId": "put_a", "summary": "PUT /a", "responses": OK},
    }


def test_the_summary_of_the_config_is_shown_instead_of_the_documents() -> None:
    published = PublishedOperation(operation_id="a", summary="Mine.")
    served, findings = _serve(
        {"paths": {"/a": {"get": {"summary": "Theirs.", "responses": OK}}}}, {"GET /a": published}
    )
    assert served["paths"]["/a"]["get"]["summary"] == "Mine."

    _, findings = _serve({"paths": {"/a": {"get": {"responses": OK}}}}, {"GET /a": published})
    assert findings == ()


def test_the_upstreams_security_is_removed_and_without_auth_the_document_has_none() -> None:
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
    operation = {"operationId": "a", "security": [{"key": []}], "responses": OK}
    root = {"security": [{"key": []}], "paths": {"/a": {"get": operation}}, "components": {"securitySchemes": schemes}}
    served, _ = _serve(root)
    assert b"ecurity" not in to_json(served)
    assert b"X-API-Key" not in to_json(served)


def test_the_gateways_own_security_is_on_everything() -> None:
    mine = {"type": "http", "scheme": "bearer"}
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
    root = {"paths": {"/a": {"get": {"security": [], "responses": OK}}}, "components": {"securitySchemes": schemes}}
    served, _ = _serve(root, security_schemes={"gateway": mine})
    assert served["security"] == [{"gateway": []}]
    assert served["components"]["securitySchemes"] == {"gateway": mine}
    assert "security" not in served["paths"]["/a"]["get"]


def test_only_parameters_that_the_gate_takes_are_shown() -> None:
    parameters = [
        {"name": "X-Api-Key", "in": "header", "schema": {}},
        {"name": "X-Tenant", "in": "header", "schema": {}},
        {"name": "key", "in": "query", "schema": {}},
        {"name": "filter", "in": "query", "style": "deepObject", "schema": {}},
        {"name": "key", "in": "cookie", "schema": {}},
        {"name": "id", "in": "path", "required": True, "schema": {}},
    ]
    rule = OperationRule(
        method="GET",
        path_template="/a/{id}",
        operation_id="a",
        header_names=frozenset({b"x-tenant"}),
        query_prefixes=frozenset({b"filter"}),
        cookie_names=frozenset({b"key"}),
    )
    published = {"GET /a/{id}": PublishedOperation(operation_id="a", rule=rule)}
    item = {"parameters": parameters[:3], "get": {"parameters": parameters[3:]}}
    served, _ = _serve({"paths": {"/a/{id}": item}}, published)
    assert served["paths"]["/a/{id}"]["get"]["parameters"] == [parameters[1], *parameters[3:]]


def test_an_operation_has_no_parameters_if_the_gate_takes_no_parameter() -> None:
    rule = OperationRule(method="GET", path_template="/a", operation_id="a")
    operation = {"parameters": [{"name": "key", "in": "query", "schema": {}}]}
    served, _ = _serve(
        {"paths": {"/a": {"get": operation}}}, {"GET /a": PublishedOperation(operation_id="a", rule=rule)}
    )
    assert "parameters" not in served["paths"]["/a"]["get"]


def test_extensions_go_unless_they_are_listed() -> None:
    operation = {"operationId": "a", "x-mine": {"x-inner": 1}, "x-theirs": 2, "responses": OK}
    root = {
        "x-mine": 1,
        "x-theirs": 2,
        "info": {"title": "t", "version": "1", "x-theirs": 3},
        "paths": {"/a": {"get": operation}},
    }
    served, _ = _serve(root, extensions=frozenset({"x-mine"}))
    assert served["x-mine"] == 1
    assert served["paths"]["/a"]["get"]["x-mine"] == {"x-inner": 1}
    assert b"x-theirs" not in to_json(served)


def test_only_reached_components_are_left() -> None:
    root = {
        "webhooks": {"w": {"post": {"responses": OK}}},
        "tags": [{"name": "used"}, {"name": "unused"}],
        "paths": {"/a": {"get": {"tags": ["used"], "responses": {"200": {"$ref": "#/components/responses/R"}}}}},
        "components": {"responses": {"R": {"description": "r"}}, "schemas": {"Unused": {}}},
    }
    served, _ = _serve(root)
    assert served["tags"] == [{"name": "used"}]
    assert served["components"] == {"responses": {"R": {"description": "r"}}}
    assert "webhooks" not in served


def test_callbacks_lose_only_servers_security_and_ids_that_are_taken() -> None:
    inner = {"servers": [{"url": "https://x"}], "security": [{"k": []}], "responses": OK}
    item = {
        "servers": [{"url": "https://x"}],
        "post": {"operationId": "cb", **inner},
        "put": {"operationId": "mine", **inner},
    }
    operation = {"operationId": "mine", "callbacks": {"c": {"{$request.body#/url}": item}}, "responses": OK}
    served, _ = _serve({"paths": {"/a": {"post": operation, "put": operation}}})
    assert served["paths"]["/a"]["post"]["callbacks"]["c"] == {
        "{$request.body#/url}": {"post": {"operationId": "cb", "responses": OK}, "put": {"responses": OK}}
    }
    assert served["paths"]["/a"]["put"]["operationId"] == "mine_2"
    assert served["paths"]["/a"]["put"]["callbacks"]["c"]["{$request.body#/url}"]["post"] == {"responses": OK}


def test_a_callback_does_not_take_the_id_of_a_later_operation() -> None:
    callbacks = {"c": {"{$url}": {"post": {"operationId": "later", "responses": OK}}}}
    paths = {
        "/a": {"post": {"callbacks": callbacks, "responses": OK}},
        "/b": {"get": {"operationId": "later", "responses": OK}},
    }
    served, _ = _serve({"paths": paths})
    assert served["paths"]["/b"]["get"]["operationId"] == "later"
    assert served["paths"]["/a"]["post"]["callbacks"]["c"]["{$url}"] == {"post": {"responses": OK}}


def test_an_example_beside_examples_is_one_of_them() -> None:
    content = {"application/json": {"schema": {}, "example": 1, "examples": {"two": {"value": 2}}}}
    served, _ = _serve({"paths": {"/a": {"post": {"requestBody": {"content": content}}}}})
    assert served["paths"]["/a"]["post"]["requestBody"]["content"]["application/json"] == {
        "schema": {},
        "examples": {"two": {"value": 2}, "example": {"value": 1}},
    }


def test_examples_or_an_example_alone_stay_as_they_are() -> None:
    content = {"a/b": {"examples": {"two": {"value": 2}}}, "c/d": {"example": 1}}
    served, _ = _serve({"paths": {"/a": {"post": {"requestBody": {"content": content}}}}})
    assert served["paths"]["/a"]["post"]["requestBody"]["content"] == content


def test_an_operation_that_the_version_cannot_express_gets_a_warning() -> None:
    root = {
        "openapi": "3.2.0",
        "paths": {
            "/a": {
                "query": {"summary": "q", "responses": OK},
                "additionalOperations": {"COPY": {"summary": "c", "responses": OK}},
            }
        },
    }
    served, findings = _serve(root)
    assert served["paths"] == {}
    assert len(findings) == 2
    served, findings = _serve(root, version="3.2")
    assert findings == ()
    assert served["paths"]["/a"] == {
        "query": {"operationId": "query_a", "summary": "q", "responses": OK},
        "additionalOperations": {"COPY": {"operationId": "copy_a", "summary": "c", "responses": OK}},
    }


def test_a_3_0_document_stays_3_0_when_that_is_wanted_and_another_becomes_it() -> None:
    path: dict[str, Any] = {
        "/a": {
            "get": {
                "parameters": [{"name": "q", "in": "query", "schema": {"type": "string", "nullable": True}}],
                "responses": OK,
            }
        }
    }
    for version in ("3.0.1", "3.1.0"):
        schema = {"type": "string", "nullable": True} if version == "3.0.1" else {"type": ["string", "null"]}
        path["/a"]["get"]["parameters"][0]["schema"] = schema
        served, _ = _serve({"openapi": version, "paths": path}, version="3.0")
        assert served["openapi"].startswith("3.0")
        assert served["paths"]["/a"]["get"]["parameters"][0]["schema"] == {"type": "string", "nullable": True}


@pytest.mark.parametrize("version", ["3.0", "3.1", "3.2"])
def test_an_undefined_schema_is_served_as_one_that_allows_any_value(version: str) -> None:
    mapping = {"cat": "#/components/schemas/Cat"}
    holder = {
        "discriminator": {"propertyName": "k", "mapping": mapping},
        "items": {"$ref": "#/components/schemas/Big%20Dog"},
    }
    content = {"a/b": {"schema": {"$ref": "#/components/schemas/Pet"}}}
    path = {"/a": {"get": {"responses": {"200": {"description": "ok", "content": content}}}}}
    served, _ = _serve({"openapi": "3.0.3", "paths": path, "components": {"schemas": {"Pet": holder}}}, version=version)
    schemas = served["components"]["schemas"]
    anything = {"description": "Anything."}
    assert (schemas["Cat"], schemas["Big_Dog"]) == (anything, anything)
    assert schemas["Pet"]["items"] == {"$ref": "#/components/schemas/Big_Dog"}


def test_malformed_values_do_not_stop_the_build() -> None:
    links: dict[str, Any] = {"l": {"operationId": {}}}
    callbacks = {"c": {"{$url}": {"post": {"operationId": [], "responses": OK}}}}
    operation = {
        "parameters": True,
        "responses": {"200": {"description": "ok", "links": links}},
        "callbacks": callbacks,
    }
    served, _ = _serve({"paths": {"/a": {"parameters": {"name": "q"}, "get": operation}}})
    assert "parameters" not in served["paths"]["/a"]["get"]
    assert served["paths"]["/a"]["get"]["callbacks"]["c"]["{$url}"] == {"post": {"responses": OK}}


def test_parameters_by_reference_are_inline_in_callbacks_too_and_one_that_leads_nowhere_stays() -> None:
    refs = [{"$ref": "#/components/parameters/P", "description": "Mine."}]
    parameter = {"name": "p", "in": "query", "description": "Theirs.", "schema": {"$ref": "#/components/schemas/S"}}
    callbacks = {"c": {"{$url}": {"parameters": refs, "post": {"parameters": refs, "responses": OK}}}}
    root = {
        "paths": {"/a": {"get": {"parameters": refs, "callbacks": callbacks, "responses": OK}}},
        "components": {"parameters": {"P": parameter}, "schemas": {"S": {"type": "integer"}}},
    }
    inline = [{**parameter, "description": "Mine."}]
    for version in ("3.0", "3.1", "3.2"):
        served, _ = _serve(root, version=version)
        get = served["paths"]["/a"]["get"]
        item = get["callbacks"]["c"]["{$url}"]
        assert [one["name"] for one in get["parameters"]] == ["p"]
        assert item["parameters"] == item["post"]["parameters"] == get["parameters"]
        assert set(served["components"]) == {"schemas"}
    assert _serve(root)[0]["paths"]["/a"]["get"]["parameters"] == inline


@pytest.mark.parametrize("text", [{}, {"summary": ""}, {"description": " \n"}, {"summary": None}])
def test_an_operation_without_text_is_shown_by_its_method_and_path_and_warned_of(text: dict[str, Any]) -> None:
    served, (finding,) = _serve({"paths": {"/a/{id}": {"get": {**text, "responses": OK}}}})
    assert served["paths"]["/a/{id}"]["get"]["summary"] == "GET /a/{id}"
    assert (finding.rule, finding.pointer) == ("operation-without-text", ("paths", "/a/{id}", "get"))
    mine = PublishedOperation(operation_id="a", description="Mine.")
    served, findings = _serve({"paths": {"/a/{id}": {"get": {**text, "responses": OK}}}}, {"GET /a/{id}": mine})
    assert served["paths"]["/a/{id}"]["get"]["description"] == "Mine."
    assert findings == ()
