from typing import Any

import pytest

from plugin_gateway.lock.split import Split, in_order, is_text, split_field, split_object
from plugin_gateway.openapi.grammar import FIELDS, ObjectKind


@pytest.mark.parametrize(
    ("kind", "value", "split"),
    [
        (ObjectKind.SCHEMA, {"type": "string", "title": "T"}, Split({"type": "string"}, {"title": "T"}, ())),
        (
            ObjectKind.PARAMETER,
            {"name": "a", "in": "query", "description": "D", "schema": {"title": "T", "$ref": "#/x"}},
            Split(
                {"name": "a", "in": "query", "schema": {"$ref": "#/x"}},
                {"description": "D", "schema": {"title": "T"}},
                ("#/x",),
                "a",
            ),
        ),
        (ObjectKind.EXAMPLE, {"value": 1}, Split(None, {"value": 1}, ())),
        (ObjectKind.EXAMPLE, {"$ref": "#/e"}, Split(None, {"$ref": "#/e"}, ("#/e",))),
        (ObjectKind.SCHEMA, True, Split(True, None, ())),
        (ObjectKind.SCHEMA, {"required": ["b", "a"]}, Split({"required": ["a", "b"]}, {}, ())),
        (
            ObjectKind.SCHEMA,
            {"discriminator": {"mapping": {"a": "Cat", "b": "#/components/schemas/Dog", "c": 7}}},
            Split(
                {"discriminator": {"mapping": {"a": "Cat", "b": "#/components/schemas/Dog", "c": 7}}},
                {},
                ("#/components/schemas/Cat", "#/components/schemas/Dog"),
            ),
        ),
    ],
)
def test_texts_are_split_off_with_the_references_of_both_halves(kind: ObjectKind, value: Any, split: Split) -> None:
    assert split_object(kind, value) == split


@pytest.mark.parametrize(
    ("name", "value", "split"),
    [
        ("allOf", [{"type": "string"}, {}], Split([{"type": "string"}, {}], None, ())),
        ("allOf", [{"title": "T"}, {}], Split([{}, {}], [{"title": "T"}, {}], ())),
        ("properties", {"a": {"title": "T"}, "b": {}}, Split({"a": {}, "b": {}}, {"a": {"title": "T"}}, ())),
    ],
)
def test_a_list_or_map_is_split_object_by_object(name: str, value: Any, split: Split) -> None:
    assert split_field(FIELDS[ObjectKind.SCHEMA][name], value) == split


def test_an_operation_id_is_a_text_only_of_an_operation() -> None:
    assert is_text(ObjectKind.OPERATION, "operationId")
    assert not is_text(ObjectKind.LINK, "operationId")


def test_only_a_list_is_brought_into_order() -> None:
    assert in_order([{"b": 1}, "a", 2]) == in_order(["a", 2, {"b": 1}])
    assert in_order({"b": 1, "a": 2}) == {"b": 1, "a": 2}
