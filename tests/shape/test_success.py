from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.success import success_examples, success_schemas


def schemas_of(responses: Any, components: Any = None) -> list[Any]:
    root = {"openapi": "3.1.0", "paths": {}, "components": components or {}}
    return success_schemas({"responses": responses}, Document(root=root, name="d"))


def json_answer(name: str, media_type: str = "application/json") -> dict[str, Any]:
    return {"content": {media_type: {"schema": {"title": name}}}}


@pytest.mark.parametrize(
    ("responses", "titles"),
    [
        ({"200": json_answer("a"), "404": json_answer("b")}, ["a"]),
        ({"200": json_answer("a"), "201": json_answer("b")}, ["a", "b"]),
        ({"2XX": json_answer("a"), "default": json_answer("b")}, ["a"]),
        ({"default": json_answer("a"), "400": json_answer("b")}, ["a"]),
        ({200: json_answer("a")}, ["a"]),
        ({"200": json_answer("a", "application/problem+json; charset=utf-8")}, ["a"]),
        ({"200": json_answer("a", "*/*")}, ["a"]),
        ({"200": json_answer("a", "application/x-ndjson")}, []),
        ({"200": json_answer("a", "text/csv")}, []),
        ({"200": {"schema": {"title": "a"}}}, ["a"]),
        ({"200": {"$ref": "#/components/responses/A"}}, ["c"]),
        ({"200": {"$ref": "#/nowhere"}}, []),
        ({"204": {}}, []),
        (None, []),
    ],
)
def test_only_successes_in_json_count(responses: Any, titles: list[str]) -> None:
    found = schemas_of(responses, {"responses": {"A": json_answer("c")}})
    assert [schema["title"] for schema in found] == titles


@pytest.mark.parametrize(
    ("media_type", "examples"),
    [
        ({"example": {"a": 1}}, [{"a": 1}]),
        (
            {
                "examples": {
                    "one": {"value": 1},
                    "two": {"$ref": "#/components/examples/E"},
                    "far": {"externalValue": "x"},
                }
            },
            [1, 2],
        ),
        ({"schema": {}}, []),
    ],
)
def test_recorded_examples_are_found(media_type: Any, examples: list[Any]) -> None:
    responses = {
        "200": {"content": {"application/json": media_type}},
        "404": {"content": {"application/json": {"example": 0}}},
    }
    root = {"openapi": "3.1.0", "paths": {}, "components": {"examples": {"E": {"value": 2}}}}
    assert success_examples({"responses": responses}, Document(root=root, name="d")) == examples


def test_recorded_examples_of_swagger_2_0_are_found() -> None:
    response = {"schema": {}, "examples": {"application/json": [1], "text/csv": "1"}}
    assert success_examples({"responses": {"200": response}}, Document(root={"swagger": "2.0"}, name="d")) == [[1]]
