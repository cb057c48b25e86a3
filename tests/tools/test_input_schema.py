from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugin_gateway.openapi.document import Document
from plugin_gateway.tools.input_schema import build_inputs
from plugin_gateway.tools.tool import Argument, Body, BodyKind, Place
from tests.narrow import present

if TYPE_CHECKING:
    from collections.abc import Collection

    from plugin_gateway.openapi.document import JsonObject
    from plugin_gateway.tools.input_schema import Inputs


def inputs(
    operation: JsonObject,
    method: str = "post",
    path: str = "/pets/{id}",
    slashes: Collection[str] = (),
    **components: Any,
) -> Inputs:
    root = {"openapi": "3.1.0", "paths": {path: {method: operation}}, "components": components}
    document = Document(root=root, name="o")
    (found,) = document.operations.values()
    return build_inputs(document, found, ("paths", path, method), slashes)


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def body(schema: JsonObject, media_type: str = "application/json", **more: bool) -> JsonObject:
    return {"requestBody": {"content": {media_type: {"schema": schema}}, **more}}


def test_parameters_and_members_of_the_body_are_one_flat_object() -> None:
    limit = {"name": "limit", "in": "query", "description": "How many.", "schema": {"type": "integer"}}
    found = inputs(
        {"parameters": [limit, ID], **body({"type": "object", "properties": {"tag": {"type": "string"}}})},
        slashes=["id"],
    )

    assert found.schema == {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "limit": {"type": "integer", "description": "How many."},
            "tag": {"type": "string"},
        },
        "required": ["id"],
        "additionalProperties": False,
    }
    assert found.arguments == (
        Argument(name="id", place=Place.PATH, wire_name="id", style="simple", is_required=True, allows_slashes=True),
        Argument(name="limit", place=Place.QUERY, wire_name="limit", style="form", explode=True),
        Argument(name="tag", place=Place.BODY, wire_name="tag"),
    )
    assert found.body == Body(media_type="application/json", kind=BodyKind.JSON)


def test_the_later_of_two_places_with_one_name_is_prefixed() -> None:
    query = {"name": "id", "in": "query", "schema": {}}
    found = inputs({"parameters": [query, ID], **body({"type": "object", "properties": {"id": {}}})})

    assert [(one.name, one.wire_name, one.place) for one in found.arguments] == [
        ("id", "id", "path"),
        ("query_id", "id", "query"),
        ("body_id", "id", "body"),
    ]


def test_names_that_clients_refuse_become_legal() -> None:
    (argument,) = inputs({"parameters": [{"name": "filter[status]", "in": "query"}]}, "get").arguments

    assert (argument.name, argument.wire_name) == ("filter_status", "filter[status]")


def test_a_body_that_is_no_object_is_one_argument() -> None:
    found = inputs({"parameters": [ID], **body({"type": "array", "items": {"type": "string"}}, required=True)})

    assert found.schema["properties"]["body"] == {"type": "array", "items": {"type": "string"}}
    assert found.body == Body(media_type="application/json", kind=BodyKind.JSON, whole="body", is_required=True)


def test_json_is_chosen_first() -> None:
    content = {"multipart/form-data": {}, "application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}

    assert present(inputs({"requestBody": {"content": content}}).body).media_type == "application/json"


CONDITION = {"if": {"required": ["a"]}, "then": {"required": ["id"]}}


def test_a_condition_on_members_stays_at_the_root_unless_one_is_renamed() -> None:
    schema = {"type": "object", "properties": {"a": {}, "id": {}}, **CONDITION}
    other = {"name": "key", "in": "path", "required": True, "schema": {}}

    assert inputs({"parameters": [other], **body(schema)}).schema.items() >= CONDITION.items()
    assert "if" not in inputs({"parameters": [ID], **body(schema)}).schema


def test_a_choice_of_members_is_a_note() -> None:
    schema = {"type": "object", "properties": {"a": {}, "b": {}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}
    found = inputs(body(schema))

    assert "anyOf" not in found.schema
    assert found.note == "At least one of these is required: `a`, `b`."


def test_arguments_without_a_name_are_allowed_where_the_body_takes_them() -> None:
    schema = {"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "string"}}

    assert inputs(body(schema)).schema["additionalProperties"] == {"type": "string"}


def test_a_whole_body_gives_way_to_a_parameter_of_its_name() -> None:
    parameter = {"name": "body", "in": "query", "schema": {}}
    found = inputs({"parameters": [parameter], **body({"type": "array"})})

    assert present(found.body).whole == "body_body"
    assert [one.name for one in found.arguments] == ["body", "body_body"]


def test_the_header_of_an_argument_stays_if_clients_can_send_it() -> None:
    schemas = [
        {"type": "string", "x-mcp-header": "Region"},
        {"type": "integer", "x-mcp-header": "region"},
        {"type": "string", "x-mcp-header": "a b"},
        {"type": "object", "x-mcp-header": "Filter"},
        {"type": "boolean", "x-mcp-header": "Dry-Run"},
        {"type": "number", "x-mcp-header": "Weight"},
        {"type": ["string", "null"], "x-mcp-header": "Owner"},
        {"type": "array", "items": {"type": "string", "x-mcp-header": "Item"}},
    ]
    parameters = [{"name": f"p{number}", "in": "query", "schema": schema} for number, schema in enumerate(schemas)]
    shown = inputs({"parameters": parameters}, "get").schema["properties"]

    assert [one.get("x-mcp-header") for one in shown.values()] == [
        "Region",
        None,
        None,
        None,
        "Dry-Run",
        None,
        None,
        None,
    ]
    assert "Item" not in str(shown)


def test_the_header_of_a_member_of_the_body_stays() -> None:
    member = {"type": "string", "x-mcp-header": "Region"}

    assert inputs(body({"type": "object", "properties": {"a": member}})).schema["properties"]["a"] == member
