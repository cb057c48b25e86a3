from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.tools.strict_schema import strict_schema

if TYPE_CHECKING:
    from collections.abc import Collection

    from plugin_gateway.openapi.document import JsonObject

TEXT = {"type": "string"}


def strict(nullable: Collection[str] = (), required: tuple[str, ...] = ("p",), **properties: Any) -> Any:
    return strict_schema({"type": "object", "properties": properties, "required": [*required]}, nullable)


def test_a_schema_of_required_arguments_is_strict() -> None:
    assert strict(p={"type": "string", "title": "T", "default": "a", "description": "d"}) == {
        "type": "object",
        "properties": {"p": {"type": "string", "description": "d"}},
        "required": ["p"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"type": "integer", "enum": [1]}, {"type": ["integer", "null"], "enum": [1, None]}),
        ({"enum": ["a"]}, {"enum": ["a", None], "type": ["string", "null"]}),
        ({"$ref": "#/$defs/A"}, {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}),
        ({"$ref": "#/$defs/A", "description": "d"}, {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}], "description": "d"}),
        ({"oneOf": [TEXT, {"type": "integer"}]}, {"anyOf": [TEXT, {"type": "integer"}, {"type": "null"}]}),
    ],
)  # fmt: skip
def test_an_argument_that_null_leaves_out_is_required_and_may_be_null(schema: JsonObject, shown: JsonObject) -> None:
    assert strict(nullable=["p"], required=(), p=schema)["properties"]["p"] == shown


def test_a_body_whose_member_null_would_change_is_not_strict() -> None:
    assert strict(required=(), p=TEXT) is None


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object"},
        {"type": "object", "additionalProperties": TEXT},
        {"type": "object", "properties": {"a": TEXT}},
        {"type": "object", "properties": {"a": TEXT}, "required": ["a"], "additionalProperties": True},
        {"type": "array"},
        {"allOf": [TEXT]},
        {"type": "string", "not": {"const": "a"}},
        {"const": 1},
        {"type": "string", "enum": [str(number) for number in range(1001)]},
        True,
    ],
)
def test_a_schema_that_strict_mode_cannot_say_is_not_strict(schema: Any) -> None:
    assert strict(p=schema) is None


def test_a_nested_object_is_closed_and_takes_all_its_members() -> None:
    inner = {"properties": {"a": {"type": "array", "items": TEXT}}, "required": ["a"]}

    assert strict(p=inner)["properties"]["p"] == {"type": "object", **inner, "additionalProperties": False}


def test_definitions_are_strict_too() -> None:
    schema: JsonObject = {
        "properties": {"p": {"$ref": "#/$defs/A"}},
        "required": ["p"],
        "$defs": {"A": {"type": "object"}},
    }

    assert strict_schema(schema, ()) is None
    schema["$defs"]["A"] = TEXT
    assert (strict_schema(schema, ()) or {})["$defs"] == {"A": TEXT}


@pytest.mark.parametrize("more", [{"additionalProperties": TEXT}, {"anyOf": [{}]}, {"not": {}}, {"if": {}}])
def test_a_root_with_more_than_properties_is_not_strict(more: JsonObject) -> None:
    assert strict_schema({"properties": {"p": TEXT}, "required": ["p"], **more}, ()) is None


def test_a_schema_that_is_too_deep_is_not_strict() -> None:
    schema: JsonObject = TEXT
    for _ in range(11):
        schema = {"type": "array", "items": schema}

    assert strict(p=schema) is None
