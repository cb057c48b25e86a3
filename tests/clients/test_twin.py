from typing import Any

import pytest

from clients.twin import fitting, is_valid, objects_of, twins_of
from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.values.validator import FORMATS

TEXT, NUMBER = {"properties": {"a": {"type": "string"}}}, {"properties": {"a": {"type": "integer", "minimum": 5}}}
DOCUMENT = Document(root={"components": {"schemas": {"Number": NUMBER}}}, name="")
EITHER = {"oneOf": [{**TEXT, "required": ["b"]}, {"$ref": "#/components/schemas/Number"}], "type": "object"}


@pytest.mark.parametrize(
    ("value", "schema", "fit"),
    [
        (5, {"type": "string"}, "5"),
        (True, {"type": "string"}, "true"),
        (None, {"type": "string"}, "null"),
        ({}, {"type": "string"}, "{}"),
        ("5", {"type": "integer"}, 5),
        ("{}", {"type": "object"}, {}),
        (["5"], {"type": "string"}, "5"),
        ([5], {"type": "string"}, "5"),
        ([{}], {"type": "string"}, "{}"),
        ([5, 6], {"type": "string"}, "[5, 6]"),
        ({}, {"type": "array", "items": {"type": "object"}}, [{}]),
        (5, {"type": "array", "items": {"type": "string"}}, ["5"]),
        ("5", {"type": "array", "items": {"type": "integer"}}, [5]),
        ([1, "a"], {"type": "array", "items": {"type": "string"}}, ["1", "a"]),
        ("x", {"type": "integer"}, "x"),
        ([], {"type": "integer"}, []),
    ],
)
def test_a_value_becomes_one_that_fits_and_may_have_the_same_text(value: Any, schema: Any, fit: Any) -> None:
    assert fitting(value, schema, DOCUMENT) == fit


@pytest.mark.parametrize(
    ("value", "twins"),
    [
        ({"a": 7}, [{"a": 7}, {"a": 7}]),
        ({"a": "7"}, [{"a": 7}]),
        ({"a": "7", "b": 1}, [{"a": "7", "b": 1}, {"a": "7", "b": 1}, {"a": 7, "b": 1}]),
        ({"a": "x"}, []),
        ([], []),
    ],
)
def test_each_branch_may_have_a_twin(value: Any, twins: list[Any]) -> None:
    assert [*twins_of(value, EITHER, DOCUMENT)] == twins


def test_a_choice_is_one_object_for_each_branch() -> None:
    assert [form["properties"]["a"]["type"] for form in objects_of(EITHER, DOCUMENT)] == ["string", "integer"]


def test_a_file_is_a_string() -> None:
    assert is_valid({"a": b"%PDF"}, TEXT, DOCUMENT)
    assert not is_valid({"a": [b"%PDF"]}, TEXT, DOCUMENT)


READ_ONLY = {
    "type": "object",
    "properties": {"id": {"$ref": "#/components/schemas/Id"}, "n": {"type": "integer"}},
    "required": ["id", "n"],
}
WITH_ID = Document(root={"components": {"schemas": {"Id": {"type": "string", "readOnly": True}}}}, name="")


@pytest.mark.parametrize(
    ("value", "fits"), [({"n": 1}, True), ({"n": 1, "id": 5}, True), ({"id": "x"}, False), ({"n": "x"}, False)]
)
def test_a_read_only_member_is_neither_needed_nor_judged_in_a_request(value: Any, fits: bool) -> None:
    assert is_valid(value, {"allOf": [READ_ONLY]}, WITH_ID) == fits


@pytest.mark.parametrize("name", ["date", "email", "ipv4", "time", "uri", "uuid"])
def test_only_the_formats_count_that_the_gateway_asserts(name: str) -> None:
    assert is_valid("x", {"format": name}, DOCUMENT) == (name not in FORMATS)
