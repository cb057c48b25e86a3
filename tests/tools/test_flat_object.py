from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.values.keywords import DIALECT
from plugin_gateway.shape.values.standalone import Definitions, Placed
from plugin_gateway.tools.flat_object import flatten
from tests.narrow import present

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject
    from plugin_gateway.tools.flat_object import FlatObject

TEXT = {"type": "string"}
SCHEMAS = {
    "Base": {
        "type": "object",
        "properties": {"id": {**TEXT, "readOnly": True}, "name": TEXT},
        "required": ["id", "name"],
    },
    "Closed": {"required": ["a"], "additionalProperties": False},
}


def flat(schema: Any, is_alone: bool = True) -> FlatObject | None:
    document = Document(root={"openapi": "3.1.0", "components": {"schemas": SCHEMAS}}, name="o")
    return flatten(Definitions(document, hidden="readOnly"), Placed(schema), is_alone=is_alone)


def members(*names: str, **more: Any) -> JsonObject:
    return {"type": "object", "properties": dict.fromkeys(names, TEXT), **more}


def test_the_parts_of_an_all_of_are_one_object() -> None:
    found = flat({"allOf": [{"$ref": "#/components/schemas/Base"}, members("tag", required=["tag"])]})

    assert found is not None
    assert found.properties == {"name": TEXT, "tag": TEXT}
    assert found.required == ("name", "tag")


def test_a_property_that_two_parts_describe_satisfies_both() -> None:
    found = flat({"allOf": [members("a"), {"properties": {"a": {"maxLength": 3}}}]})

    assert found is not None
    assert found.properties == {"a": {"allOf": [TEXT, {"maxLength": 3}]}}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array"},
        {"type": "object"},
        {"oneOf": [members("a"), members("b")]},
        {"allOf": [members("a"), {"oneOf": [members("b"), members("c")]}]},
        members("a", anyOf=[members("b")]),
        {"allOf": [members("a"), {"type": "string"}]},
        members("a", then=members("b"), **{"if": {"required": ["a"]}}),
        True,
    ],
)
def test_a_schema_whose_properties_depend_on_a_choice_is_not_flat(schema: Any) -> None:
    assert flat(schema) is None


def test_an_object_or_null_is_the_object() -> None:
    assert present(flat({"anyOf": [{"type": "null"}, members("a")]})).properties == {"a": TEXT}


@pytest.mark.parametrize(
    ("more", "others"),
    [
        ({}, False),
        ({"additionalProperties": False}, False),
        ({"additionalProperties": True}, True),
        ({"additionalProperties": TEXT}, TEXT),
        ({"unevaluatedProperties": TEXT}, TEXT),
        ({"patternProperties": {"^x": TEXT}}, {}),
    ],
)
def test_other_members_are_allowed_only_where_the_document_says_so(more: JsonObject, others: Any) -> None:
    assert present(flat(members("a", **more))).others == others


CHOICE = {"anyOf": [{"required": ["a"]}, {"required": ["b", "c"]}]}


def test_a_choice_of_required_members_is_described_in_words() -> None:
    found = flat(members("a", "b", "c", **CHOICE))

    assert found is not None
    assert found.rules == {}
    assert found.note == "At least one of these is required: `a`, `b` and `c`."
    assert present(flat(members("a", "b", oneOf=[{"required": ["a"]}, {"required": ["b"]}]))).note.startswith(
        "Exactly one"
    )
    assert present(flat(members("a", allOf=[{"anyOf": [{"required": ["a"]}, {"minProperties": 1}]}]))).note == ""


def test_a_schema_that_names_its_dialect_keeps_its_choices() -> None:
    found = flat(members("a", "b", "c", allOf=[CHOICE], **{"$schema": DIALECT}))

    assert found is not None
    assert found.rules == {"$schema": DIALECT, "allOf": [CHOICE]}


CONDITION = {"if": {"required": ["a"]}, "then": {"required": ["b"]}}


def test_a_condition_on_members_stays_if_it_judges_no_other_argument() -> None:
    closed = {"if": {"required": ["a"]}, "then": {"$ref": "#/components/schemas/Closed"}}

    assert present(flat(members("a", "b", **CONDITION), is_alone=False)).rules == CONDITION
    assert present(flat(members("a", "b", **closed), is_alone=False)).rules == {}
    assert present(flat(members("a", "b", **closed), is_alone=True)).rules != {}


def test_a_count_of_members_stays_if_there_are_no_other_arguments() -> None:
    assert present(flat(members("a", minProperties=1))).rules == {"minProperties": 1}
    assert present(flat(members("a", minProperties=1), is_alone=False)).rules == {}


def test_a_schema_that_contains_itself_ends() -> None:
    SCHEMAS["Loop"] = {"allOf": [{"$ref": "#/components/schemas/Loop"}], "properties": {"a": TEXT}}

    assert flat({"$ref": "#/components/schemas/Loop"}) is None
