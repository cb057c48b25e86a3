from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.values.keywords import TYPES
from plugin_gateway.shape.values.kind import Kind, kind_of

DOCUMENT = Document(
    root={"components": {"schemas": {"Id": {"type": "integer"}, "Tree": {"items": {"$ref": "#/components/schemas/Tree"}}}}},
    name="d",
)  # fmt: skip
ID = {"$ref": "#/components/schemas/Id"}


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        ({"type": "integer"}, {"integer"}),
        ({"type": ["string", "null"]}, {"string", "null"}),
        (ID, {"integer"}),
        ({"allOf": [ID]}, {"integer"}),
        ({"allOf": [ID, {"type": "number"}]}, {"integer"}),
        ({"anyOf": [ID, {"type": "string"}]}, {"integer", "string"}),
        ({"oneOf": [{"type": "null"}, {"type": "boolean"}]}, {"null", "boolean"}),
        ({"enum": ["a", 1]}, {"string", "integer"}),
        ({"const": True}, {"boolean"}),
        ({"properties": {}}, {"object"}),
        ({"items": {}}, {"array"}),
        ({"minimum": 1}, {"number"}),
        ({"pattern": "a"}, {"string"}),
        ({"type": "file"}, TYPES),
        ({}, TYPES),
        (True, TYPES),
        ({"$ref": "#/nowhere"}, TYPES),
    ],
)
def test_a_kind_has_every_type_that_its_schema_admits(schema: Any, types: set[str]) -> None:
    assert kind_of(schema, DOCUMENT).types == types


def test_items_and_members_have_kinds() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "array", "items": ID}},
        "additionalProperties": {"type": "boolean"},
    }
    kind = kind_of(schema, DOCUMENT)
    items = (kind.member("a") or kind).items
    assert items is not None
    assert items.types == {"integer"}
    assert (kind.member("other") or kind).types == {"boolean"}
    assert kind.is_open
    assert not kind_of(schema | {"additionalProperties": False}, DOCUMENT).is_open


def test_members_of_combined_schemas_are_members() -> None:
    parts = [{"properties": {"a": ID}}, {"properties": {"b": {"type": "string"}}}]
    for word in ("allOf", "anyOf", "oneOf"):
        kind = kind_of({"type": "object", word: parts}, DOCUMENT)
        assert dict(kind.members).keys() == {"a", "b"}


STRINGS = {"type": "object", "additionalProperties": {"type": "string"}}


@pytest.mark.parametrize("word", ["allOf", "anyOf", "oneOf"])
def test_other_members_of_combined_schemas_have_kinds(word: str) -> None:
    kind = kind_of({word: [STRINGS]}, DOCUMENT)
    assert (kind.member("other") or kind).types == {"string"}


@pytest.mark.parametrize(
    ("branches", "types"),
    [
        ([STRINGS, {"type": "null"}], {"string"}),
        ([STRINGS, {"type": "object", "additionalProperties": ID}], {"string", "integer"}),
        ([STRINGS, {"type": "object", "additionalProperties": False}], {"string"}),
        ([STRINGS, {"type": "object"}], TYPES),
    ],
)
def test_other_members_of_a_choice_are_of_either_kind(branches: list[Any], types: set[str]) -> None:
    assert (kind_of({"anyOf": branches}, DOCUMENT).member("other") or Kind()).types == types


def test_a_circular_schema_ends() -> None:
    assert kind_of({"$ref": "#/components/schemas/Tree"}, DOCUMENT).types == {"array"}


def test_schemas_that_refer_to_each_other_many_times_end_soon() -> None:
    members = {name: {"$ref": "#/components/schemas/Knot"} for name in "abcdef"}
    knot = Document(root={"components": {"schemas": {"Knot": {"properties": members}}}}, name="d")

    def count(kind: Kind) -> int:
        return 1 + sum(count(one) for _, one in kind.members)

    assert 2_000 <= count(kind_of({"$ref": "#/components/schemas/Knot"}, knot)) < 3_000


@pytest.mark.parametrize(
    ("schema", "has_choice"),
    [
        ({"type": "string"}, False),
        ({"type": "integer"}, False),
        ({"type": ["integer", "null"]}, False),
        ({"type": ["integer", "string"]}, True),
        ({"items": {"type": ["integer", "string"]}}, True),
        ({"properties": {"a": {}}}, True),
        ({"type": "object", "additionalProperties": {"enum": [1, "a"]}}, True),
        ({}, True),
    ],
)
def test_a_text_has_two_readings_where_a_string_and_another_type_fit(schema: Any, has_choice: bool) -> None:
    assert kind_of(schema, DOCUMENT).has_choice is has_choice
