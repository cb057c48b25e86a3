from plugin_gateway.openapi.document import Document
from plugin_gateway.tools.input_schema import build_inputs
from plugin_gateway.tools.tool import Argument, Body, BodyKind, Place


def inputs(operation, method="post", path="/pets/{id}", slashes=(), **components):
    root = {"openapi": "3.1.0", "paths": {path: {method: operation}}, "components": components}
    document = Document(root=root, name="o")
    (found,) = document.operations.values()
    return build_inputs(document, found, ("paths", path, method), slashes)


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def body(schema, media_type="application/json", **more):
    return {"requestBody": {"content": {media_type: {"schema": schema}}, **more}}


def test_parameters_and_members_of_the_body_are_one_flat_object():
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


def test_the_later_of_two_places_with_one_name_is_prefixed():
    query = {"name": "id", "in": "query", "schema": {}}
    found = inputs({"parameters": [query, ID], **body({"type": "object", "properties": {"id": {}}})})

    assert [(one.name, one.wire_name, one.place) for one in found.arguments] == [
        ("id", "id", "path"),
        ("query_id", "id", "query"),
        ("body_id", "id", "body"),
    ]


def test_names_that_clients_refuse_become_legal():
    (argument,) = inputs({"parameters": [{"name": "filter[status]", "in": "query"}]}, "get").arguments

    assert (argument.name, argument.wire_name) == ("filter_status", "filter[status]")


def test_a_body_that_is_no_object_is_one_argument():
    found = inputs({"parameters": [ID], **body({"type": "array", "items": {"type": "string"}}, required=True)})

    assert found.schema["properties"]["body"] == {"type": "array", "items": {"type": "string"}}
    assert found.body == Body(media_type="application/json", kind=BodyKind.JSON, whole="body", is_required=True)


def test_json_is_chosen_first():
    content = {"multipart/form-data": {}, "application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}

    assert inputs({"requestBody": {"content": content}}).body.media_type == "application/json"
