from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from plugin_gateway.openapi.document import Document
from plugin_gateway.tools.output_schema import build_output_schema

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject

PET = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "name": {"type": "string", "description": "How it is called.", "enum": ["Rex"]},
        "secret": {"writeOnly": True},
        "owner": {"oneOf": [{"$ref": "#/components/schemas/Owner"}, {"type": "null"}]},
    },
}
OWNER = {"type": "object", "properties": {"pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}}}


def output(**responses: JsonObject) -> Any:
    root: JsonObject = {"openapi": "3.1.0", "components": {"schemas": {"Pet": PET, "Owner": OWNER}}}
    root["paths"] = {"/pet": {"get": {"responses": {key.strip("_"): value for key, value in responses.items()}}}}
    document = Document(root=root, name="o")
    (operation,) = document.operations.values()
    return build_output_schema(document, operation, ("paths", "/pet", "get"))


def answer(schema: JsonObject, media_type: str = "application/json") -> JsonObject:
    return {"description": "", "content": {media_type: {"schema": schema}}}


def test_members_and_their_meaning_are_described_and_no_member_is_required() -> None:
    assert output(_200=answer(PET)) == {
        "type": "object",
        "properties": {
            "id": {"description": "integer"},
            "name": {"description": "How it is called.", "examples": ["Rex"]},
            "owner": {"anyOf": [{"$ref": "#/$defs/Owner"}]},
        },
        "$defs": {
            "Owner": {"properties": {"pets": {"items": {"$ref": "#/$defs/Pet"}}}},
            "Pet": {
                "properties": {
                    "id": {"description": "integer"},
                    "name": {"description": "How it is called.", "examples": ["Rex"]},
                    "owner": {"anyOf": [{"$ref": "#/$defs/Owner"}]},
                }
            },
        },
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "owner", "pets", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["id", "name", "owner", "x"]), json_values))
def test_every_object_is_accepted(value: JsonObject) -> None:
    assert Draft202012Validator(output(_200=answer(PET))).is_valid(value)


@pytest.mark.parametrize(
    "responses",
    [
        {},
        {"_200": {"description": "empty"}},
        {"_200": answer({"type": "array", "items": PET})},
        {"_200": answer({})},
        {"_200": answer({"type": "object"})},
        {"_200": answer({"type": "string"}, "text/plain")},
        {"_200": answer(PET), "_201": answer({"type": "array"})},
        {"_200": answer({"anyOf": [PET, {"type": "string"}]})},
        {"_404": answer(PET)},
        {"default": answer(PET)},
    ],
)
def test_there_is_no_output_schema_if_an_answer_may_be_no_object_or_has_no_schema(responses: JsonObject) -> None:
    assert output(**responses) is None


@pytest.mark.parametrize(
    "schema", [{"allOf": [{}, PET]}, {"oneOf": [PET, OWNER]}, {"type": ["object", "null"], **OWNER}]
)
def test_combined_objects_are_objects(schema: JsonObject) -> None:
    assert output(_200=answer(schema))["type"] == "object"


def test_an_answer_that_is_json_among_others_is_json() -> None:
    both = {"description": "", "content": {"application/yaml": {}, **answer(PET)["content"]}}

    assert output(_200=both) == output(_200=answer(PET))


def test_a_definition_that_only_a_dropped_part_reaches_is_left_out() -> None:
    closed = {"type": "object", "properties": {"a": {"not": {"$ref": "#/components/schemas/Owner"}}}}

    assert output(_200=answer(closed)) == {"type": "object", "properties": {"a": {}}}


def test_a_referenced_answer_is_written_at_the_root() -> None:
    assert output(_200=answer({"$ref": "#/components/schemas/Pet"})) == output(_200=answer(PET))


def test_an_answer_that_costs_too_much_tells_less() -> None:
    long = {f"member_{number}": {"type": "string", "description": "word " * 20} for number in range(45)}
    deep = {"type": "object", "description": "d", "properties": {"a": {"type": "object", "properties": long}, "b": {}}}
    many: JsonObject = {f"one_of_{number}": {} for number in range(400)}
    wide = {"type": "object", "properties": {**long, **{f"other_{number}": {} for number in range(100)}}}

    assert output(_200=answer(deep))["properties"]["a"]["properties"]["member_0"] == {}
    assert output(
        _200=answer({"type": "object", "properties": {"a": deep, "c": {"type": "object", "properties": many}}})
    ) == {
        "type": "object",
        "properties": {"a": {"description": "d"}, "c": {}},
    }
    assert output(_200=answer(wide))["properties"]["member_0"] == {}
