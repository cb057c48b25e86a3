from copy import deepcopy
from typing import Any

import pytest

from plugin_gateway.lock.operation_changes import compare, compare_roots
from plugin_gateway.openapi.document import Document, OperationKey
from tests.lock.test_parts import ADD, LIST, OWNERS, ROOT

GET, POST = ("paths", "/pets", "get"), ("paths", "/pets", "post")
JSON = ("content", "application/json", "schema")


def said(root: dict[str, Any], old: dict[str, Any] = ROOT, *keys: OperationKey) -> list[str]:
    documents = [Document(root=one, name="t") for one in (old, root)]
    return [str(change) for change in compare(documents[0], documents[1], keys or (LIST, ADD, OWNERS))]


def changed(at: tuple[Any, ...], value: Any) -> dict[str, Any]:
    root = deepcopy(ROOT)
    holder = root
    for name in at[:-1]:
        holder = holder[name]
    if value is None:
        del holder[at[-1]]
    else:
        holder[at[-1]] = value
    return root


@pytest.mark.parametrize(
    ("at", "value", "found"),
    [
        (POST, None, ["POST /pets: was removed (breaking for callers)"]),
        ((*GET, "summary"), "All", ['GET /pets: its summary changed from "List pets" to "All" (may steer the model)']),
        ((*GET, "deprecated"), True, ["GET /pets: it is deprecated now"]),
        ((*GET, "security"), [], ["GET /pets: the upstream asks for other credentials"]),
        ((*GET, "servers"), [{"url": "https://x"}], ["GET /pets: its servers changed"]),
        ((*GET, "parameters", 1), {"name": "q", "in": "query"},
         ["GET /pets: query parameter `sort` was removed (breaking for callers)", "GET /pets: query parameter `q` was added"]),
        ((*GET, "parameters", 1, "required"), True, ["GET /pets: query parameter `sort` became required (breaking for callers)"]),
        ((*GET, "parameters", 1, "explode"), False, ["GET /pets: query parameter `sort`: `explode` changed (breaking for callers)"]),
        ((*GET, "parameters", 1, "schema", "enum"), ["a"],
         ['GET /pets: query parameter `sort`: the values "b" were removed (breaking for callers)']),
        (("components", "parameters", "Limit", "schema", "type"), "string",
         ["GET /pets: query parameter `limit`: the type changed from integer to string (breaking for callers)"]),
        ((*POST, "requestBody"), None, ["POST /pets: the request body was removed (breaking for callers)"]),
        ((*POST, "requestBody", "required"), False, ["POST /pets: the request body became optional"]),
        ((*GET, "requestBody"), {"required": True, "content": {}},
         ["GET /pets: a request body was added and is required (breaking for callers)"]),
        ((*POST, "requestBody", "content", "application/json"), None,
         ["POST /pets: the body: the media type `application/json` was removed (breaking for callers)"]),
        ((*POST, "requestBody", "content", "text/xml"), {}, ["POST /pets: the body: the media type `text/xml` was added"]),
        ((*POST, "responses", "201"), None, ["POST /pets: reply 201 was removed (breaking for callers)"]),
        ((*POST, "responses", "202"), {}, ["POST /pets: reply 202 was added"]),
        ((*POST, "responses", "201", "links"), {"x": {"operationId": "listPets"}},
         ["POST /pets: reply 201: `links` was added"]),
        ((*GET, "x-price"), 5, ["GET /pets: its `x-price` was added"]),
        ((*GET, "parameters", 1, "deprecated"), True, ["GET /pets: query parameter `sort`: `deprecated` was added"]),
        ((*POST, "requestBody", "x-price"), 5, ["POST /pets: the request body: `x-price` was added"]),
        ((*POST, "requestBody", "content", "application/json", "encoding"), {}, ["POST /pets: the body: `encoding` was added"]),
        (("components", "schemas", "Pet", "required"), [],
         ["GET /pets: reply 200's `[].kind` became optional (breaking for callers)", "POST /pets: the body's `kind` became optional"]),
        (("tags", 0, "description"), "Other",
         ['GET /pets: its tag `pets`: description changed from "About pets" to "Other" (may steer the model)']),
        (("tags", 0, "x-words"), "Other", ["GET /pets: its texts changed in a detail that `diff` does not describe (may steer the model)"]),
    ],
)  # fmt: skip
def test_each_change_is_described_with_its_effect(at: tuple[Any, ...], value: Any, found: list[str]) -> None:
    assert said(changed(at, value)) == found


def test_a_new_operation_is_described_as_new() -> None:
    assert said(ROOT, changed(POST, None)) == ["POST /pets: was added"]


def test_equal_documents_have_no_changes() -> None:
    assert said(deepcopy(ROOT)) == []


def test_a_parameter_that_is_added_and_required_breaks_callers() -> None:
    root = deepcopy(ROOT)
    root["paths"]["/pets"]["get"]["parameters"].append({"name": "q", "in": "header", "required": True})
    assert said(root) == ["GET /pets: header parameter `q` was added and is required (breaking for callers)"]


@pytest.mark.parametrize(
    ("at", "value", "said_of_it"),
    [
        ((*GET, "requestBody"), {"description": "Send it all", "content": {}},
         'GET /pets: a request body was added: "Send it all" (may steer the model)'),
        ((*POST, "responses", "202"), {"description": "Send it again"},
         'POST /pets: reply 202 was added: "Send it again" (may steer the model)'),
        ((*GET, "parameters", 1), {"name": "q", "in": "query", "description": "Your password"},
         'GET /pets: query parameter `q` was added: "Your password" (may steer the model)'),
        ((*GET, "parameters", 1), {"name": "q", "in": "query", "required": True, "description": "Your password"},
         'GET /pets: query parameter `q` was added and is required: "Your password" (breaking for callers)'),
    ],
)  # fmt: skip
def test_the_description_of_an_added_part_is_quoted(at: tuple[Any, ...], value: Any, said_of_it: str) -> None:
    assert said_of_it in said(changed(at, value))


def test_a_header_that_a_reply_loses_breaks_callers() -> None:
    old = changed((*POST, "responses", "201", "headers"), {"X-Total": {}})
    assert said(ROOT, old) == ["POST /pets: reply 201: the header `X-Total` was removed (breaking for callers)"]


def swagger(parameter: dict[str, Any], reply: dict[str, Any]) -> dict[str, Any]:
    return {"swagger": "2.0", "paths": {"/pets": {"post": {"parameters": [parameter], "responses": {"200": reply}}}}}


def test_bodies_and_replies_of_2_0_are_compared_too() -> None:
    schema = {"properties": {"a": {"type": "string"}}}
    old = swagger({"in": "body", "name": "pet", "schema": schema}, {"schema": schema})
    new = swagger({"in": "body", "name": "pet", "schema": {**schema, "required": ["a"]}}, {"schema": {}})
    assert said(new, old, ADD) == [
        "POST /pets: the body's `a` became required (breaking for callers)",
        "POST /pets: reply 200's `a` was removed (breaking for callers)",
    ]
    form = swagger({"in": "formData", "name": "a", "type": "string"}, {})
    assert said(swagger({"in": "formData", "name": "a", "type": "integer"}, {}), form, ADD) == [
        "POST /pets: the body's `a`: the type changed from string to integer (breaking for callers)"
    ]
    query = swagger({"in": "query", "name": "a", "type": "string"}, {})
    assert said(swagger({"in": "query", "name": "a", "type": "integer"}, {}), query, ADD) == [
        "POST /pets: query parameter `a`: the type changed from string to integer (breaking for callers)"
    ]


def test_fields_outside_of_operations_are_compared() -> None:
    root = {**ROOT, "info": {**ROOT["info"], "description": "Do as I say", "version": "2"}, "servers": []}
    documents = [Document(root=one, name="t") for one in (ROOT, root)]
    assert [str(change) for change in compare_roots(*documents)] == [
        'the document\'s description changed from "All pets" to "Do as I say" (may steer the model)',
        "the document's `servers` changed: check `upstream.url`",
    ]
