import json
from copy import deepcopy
from typing import Any

import pytest

from plugin_gateway.config.trims import ResponseTrim
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.shape.answer.cut import cut_value
from plugin_gateway.shape.answer.reply import ReplyShape
from plugin_gateway.shape.compile import ShapedDocument, compile_shapes
from plugin_gateway.shape.settings import OperationSettings

KEY = OperationKey("GET", "/items")
ROOT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Items", "version": "1"},
    "paths": {
        "/items": {
            "get": {
                "operationId": "listItems",
                "parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
                "responses": {
                    "200": {"$ref": "#/components/responses/Page"},
                    "404": {
                        "description": "none",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {"error": {"type": "string"}, "notes": {"type": "string"}},
                                }
                            }
                        },
                    },
                    "204": {"description": "empty"},
                },
            }
        },
        "/all": {"get": {"responses": {"200": {"$ref": "#/components/responses/Page"}}}},
    },
    "components": {
        "responses": {
            "Page": {
                "description": "ok",
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Page"},
                        "example": {"items": [{"id": 1, "notes": "CANARY"}]},
                        "examples": {
                            "one": {"value": {"items": [{"id": 1, "notes": "CANARY"}]}},
                            "far": {"externalValue": "https://example.com/CANARY.json"},
                            "ref": {"$ref": "#/components/examples/Page"},
                        },
                    },
                    "text/csv": {"schema": {"type": "string"}, "example": "CANARY"},
                },
                "links": {
                    "owner": {"operationId": "listItems", "parameters": {"page": "$response.body#/items/0/notes"}},
                    "next": {"operationId": "listItems", "parameters": {"page": "$response.body#/total"}},
                },
            }
        },
        "examples": {"Page": {"value": {"items": [{"notes": "CANARY"}], "total": 3}}},
        "schemas": {
            "Page": {
                "type": "object",
                "required": ["items", "total"],
                "properties": {
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
                    "total": {"type": "integer"},
                },
            },
            "Item": {
                "type": "object",
                "required": ["id", "notes"],
                "properties": {
                    "id": {"type": "integer"},
                    "notes": {"type": "string", "description": "CANARY"},
                    "user": {"type": "object", "properties": {"login": {"type": "string"}}},
                },
            },
        },
    },
}


def shaped(root: dict[str, Any] | None = None, **response: Any) -> ShapedDocument:
    trim = ResponseTrim.parse(response)
    return compile_shapes(
        Document(root=deepcopy(root or ROOT), name="items"), {KEY: OperationSettings(entry=3, response=trim)}
    )


def responses(result: ShapedDocument) -> Any:
    return result.document.operations[KEY].node["responses"]


def body(result: ShapedDocument) -> Any:
    return responses(result)["200"]["content"]["application/json"]


def test_a_dropped_field_is_nowhere_in_the_operation() -> None:
    result = shaped(drop=["/items/*/notes", "/notes"])
    assert result.findings == ()
    text = json.dumps(result.document.operations[KEY].node)
    assert "CANARY" not in text
    assert "notes" not in text
    assert body(result)["schema"]["properties"]["items"]["items"]["required"] == ["id"]
    assert body(result)["examples"] == {
        "one": {"value": {"items": [{"id": 1}]}},
        "ref": {"value": {"items": [{}], "total": 3}},
    }
    assert [*responses(result)["200"]["links"]] == ["next"]
    assert [*responses(result)["200"]["content"]] == ["application/json"]
    assert result.shapes[KEY].reply == ReplyShape(drop=(("items", "*", "notes"), ("items", "notes"), ("notes",)))


def test_one_object_in_the_place_of_an_array_is_cut_like_its_items() -> None:
    answer = {"items": {"id": 1, "notes": "CANARY"}, "total": 1}
    responses: list[dict[str, Any]] = [{"drop": ["/items/*/notes"]}, {"keep": ["/items/*/id", "/total"]}]
    for response in responses:
        reply = shaped(**response).shapes[KEY].reply
        assert reply is not None
        assert cut_value(answer, reply.of_success()) == {"items": {"id": 1}, "total": 1}


def test_other_operations_with_the_same_components_stay_whole() -> None:
    node = shaped(drop=["/items/*/notes"]).document.root
    assert "notes" in node["components"]["schemas"]["Item"]["properties"]
    assert "text/csv" in node["components"]["responses"]["Page"]["content"]


def test_a_schema_that_only_dropped_fields_used_is_gone() -> None:
    root = deepcopy(ROOT)
    del root["paths"]["/all"]
    assert "components" not in shaped(root, keep=["/total"]).document.root


def test_keep_leaves_failures_as_they_are() -> None:
    result = shaped(keep=["/items/*/id"])
    assert body(result)["schema"] == {
        "type": "object",
        "required": ["items"],
        "properties": {
            "items": {
                "type": "array",
                "items": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
            }
        },
    }
    failure = responses(result)["404"]["content"]["application/json"]["schema"]["properties"]
    assert [*failure] == ["error", "notes"]


def test_a_limit_is_in_the_schema_and_other_media_types_stay() -> None:
    result = shaped(limit_items={"/items": 2})
    assert body(result)["schema"]["properties"]["items"]["maxItems"] == 2
    assert "text/csv" in responses(result)["200"]["content"]


def test_the_root_may_be_limited() -> None:
    root = deepcopy(ROOT)
    root["components"]["schemas"]["Page"] = {"type": "array", "items": {"type": "integer"}}
    result = shaped(root, limit_items={"": 2})
    assert result.findings == ()
    assert body(result)["schema"]["maxItems"] == 2


def test_a_selection_is_a_parameter_with_the_names_of_the_remaining_members() -> None:
    result = shaped(drop=["/items/*/notes"], select="fields")
    [_, parameter] = result.document.operations[KEY].node["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("fields", "query", False)
    names = ["items", "total", "items.id", "items.user", "items.user.login"]
    assert parameter["schema"]["items"]["enum"] == names
    reply = result.shapes[KEY].reply
    assert reply is not None
    assert reply.selectable["items.user.login"] == ("items", "*", "user", "login")


@pytest.mark.parametrize(
    ("response", "pointer", "message", "hint"),
    [
        ({"drop": ["/items/*/note"]}, ("drop", 0), "has no `note` in `/items/*`", "did you mean `/items/*/notes`?"),
        ({"keep": ["/total", "/itms/*/id"]}, ("keep", 1), "has no `itms` in the answer", "did you mean `/items/*/id`?"),
        ({"drop": ["/items/0/id"]}, ("drop", 0), "leads nowhere", "write /items/*/id"),
        ({"keep": ["/notes"]}, ("keep", 0), "has no `notes` in the answer", "it has `items`, `total`"),
        ({"limit_items": {"/total": 2}}, ("limit_items", "/total"), "`/total` is no array", "name an array"),
        ({"keep": []}, ("keep",), "answers would be empty", "remove `keep`"),
        ({"select": "page"}, ("select",), "has a query parameter `page` already", "another name"),
    ],
)
def test_a_mistake_in_the_pointers_is_an_error_with_its_place(
    response: dict[str, Any], pointer: tuple[Any, ...], message: str, hint: str
) -> None:
    [finding] = shaped(**response).findings
    assert finding.pointer == ("allow", 3, "response", *pointer)
    assert message in finding.message
    assert "GET /items" in finding.message
    assert hint in finding.hint


@pytest.mark.parametrize("response", [{"keep": ["/id"]}, {"select": "fields"}])
def test_response_is_an_error_where_no_answer_is_json(response: dict[str, Any]) -> None:
    root = deepcopy(ROOT)
    root["paths"]["/items"]["get"]["responses"] = {"200": {"description": "ok", "content": {"text/csv": {}}}}
    [finding] = shaped(root, **response).findings
    assert "describes no JSON answer" in finding.message


def test_the_default_answer_is_the_success_if_there_is_no_other() -> None:
    root = deepcopy(ROOT)
    root["paths"]["/items"]["get"]["responses"] = {"default": {"$ref": "#/components/responses/Page"}}
    result = shaped(root, keep=["/total"])
    assert [*responses(result)["default"]["content"]["application/json"]["schema"]["properties"]] == ["total"]


def test_pointers_that_clash_are_errors_and_cut_nothing() -> None:
    result = shaped(keep=["/total"], drop=["/total"])
    assert [(one.rule, one.pointer) for one in result.findings] == [
        ("clashing-pointers", ("allow", 3, "response", "keep", 0))
    ]
    assert result.shapes == {}


def test_a_described_redirect_is_cut_like_a_success() -> None:
    root = deepcopy(ROOT)
    content = deepcopy(root["components"]["responses"]["Page"]["content"])
    root["paths"]["/items"]["get"]["responses"]["303"] = {"description": "see other", "content": content}
    result = shaped(root, keep=["/total"])
    assert result.findings == ()
    redirect = responses(result)["303"]["content"]
    assert [*redirect["application/json"]["schema"]["properties"]] == ["total"]
    # It passes if it is not JSON, so its other types stay described.
    assert [*redirect] == ["application/json", "text/csv"]
