"""One answer lists the arguments that cannot be written and those that break their description."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.tools.request import RequestWriter, ToolRequest
from tests.mcp.world import revision_of

DOCUMENT = """
openapi: 3.1.0
info: {title: Orders, version: "1", contact: {email: a@example.com}, termsOfService: "https://example.com/t"}
paths:
  /orders/{id}:
    put:
      operationId: putOrder
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: limit, in: query, schema: {type: integer, maximum: 50}}
        - {name: X-Trace, in: header, schema: {type: string, maxLength: 3}}
        - {name: name, in: query, schema: {enum: [a, b]}}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              additionalProperties: false
              properties:
                name: {type: string, maxLength: 5}
                user: {type: object, properties: {age: {type: integer}}}
      responses: {"200": {description: ok, content: {application/json: {schema: {type: object, properties: {a: {}}}}}}}
  /lists:
    post:
      operationId: putList
      parameters: [{name: page, in: query, schema: {type: integer}}]
      requestBody: {required: true, content: {application/json: {schema: {type: array, items: {type: integer}}}}}
      responses: {"200": {description: ok}}
"""


def problems(
    arguments: dict[str, Any], operation: str = "putOrder", check: str = "enforce", more: str = ""
) -> list[tuple[str, str]]:
    allow = f"{{operation: {operation}{more}}}"
    revision = revision_of(f"validate: {{request: {check}}}", allow, document=DOCUMENT)
    tool = next(one for one in revision.tools if one.name == operation)
    found = RequestWriter(tool, revision.gate).write(arguments)
    assert not isinstance(found, ToolRequest)
    return [(one.name, one.detail) for one in found]


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        # An unknown name, and each other argument at its place.
        (
            {"id": "x", "zz": 1, "limit": 51, "X-Trace": "long", "body_name": "longer", "user": {"age": "1"}},
            {
                ("id", "`id` expected integer, got string."),
                ("limit", "`limit` must be at most 50."),
                ("X-Trace", "`X-Trace` must have at most 3 characters."),
                ("body_name", "`body_name` must have at most 5 characters."),
                ("user", "`user`: /user/age expected integer, got string."),
            },
        ),
        # An argument that is missing or cannot be written is reported once.
        ({"limit": 51, "zz": 1}, {("limit", "`limit` must be at most 50.")}),
        ({"id": ["a"], "limit": {"a": {"b": 1}}, "name": "c", "body_name": "a"}, {("name", '`name` must be one of "a", "b".')}),
        # A body that cannot be written is not judged.
        ({"id": 1, "body_name": "\ud800", "user": {"age": "1"}, "name": "c"}, {("name", '`name` must be one of "a", "b".')}),
    ],
)  # fmt: skip
def test_the_arguments_that_can_be_written_are_judged_too(
    arguments: dict[str, Any], reported: set[tuple[str, str]]
) -> None:
    found = problems(arguments)
    assert set(found) >= reported
    names = [name for name, _ in found]
    assert len(names) == len(set(names))


def test_a_body_that_is_one_argument_is_judged_at_its_places() -> None:
    found = problems({"body": [1, "x"], "page": 1, "zz": 1}, "putList")
    assert ("body", "`body`: /1 expected integer, got string.") in found
    assert ("body", "`body` is missing.") in problems({"page": "x"}, "putList")


def test_a_selection_of_unknown_fields_is_listed() -> None:
    found = problems({"id": 1, "body_name": "a", "zz": 1, "fields": "b"}, more=", response: {select: fields}")
    assert any(name == "fields" and "names a field that the answer does not have" in detail for name, detail in found)


def test_problems_that_are_only_reported_are_not_listed() -> None:
    assert [name for name, _ in problems({"id": 1, "limit": 51, "body_name": "a", "zz": 1}, check="report")] == ["zz"]
