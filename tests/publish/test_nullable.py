"""Null beside one type: written as `anyOf`, which permits exactly the values that the list of types did."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from plugin_gateway.publish.nullable import spell_out_null
from tests.octets import dictionaries, just, lists, objects, one_of, recursive, sampled_from, structures

NULL = {"type": "null"}


def _spelt_out(schema: dict[str, Any], **schemas: Any) -> Any:
    root: dict[str, Any] = {
        "openapi": "3.1.0",
        "paths": {},
        "components": {"schemas": {"S": copy.deepcopy(schema), **schemas}},
    }
    spell_out_null(root)
    return root["components"]["schemas"]["S"]


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": ["integer", "null"]}, {"anyOf": [{"type": "integer"}, NULL]}),
        ({"type": ["null", "string"], "format": "date"}, {"anyOf": [{"type": "string", "format": "date"}, NULL]}),
        (
            {"description": "d", "type": ["array", "null"], "items": {"type": ["string", "null"]}, "default": None},
            {
                "description": "d",
                "anyOf": [{"type": "array", "items": {"anyOf": [{"type": "string"}, NULL]}}, NULL],
                "default": None,
            },
        ),
        ({"type": ["string", "null"], "enum": ["a", None]}, {"anyOf": [{"type": "string", "enum": ["a"]}, NULL]}),
        # Null is not among the values, so it never passed.
        ({"type": ["string", "null"], "enum": ["a"]}, {"type": "string", "enum": ["a"]}),
        ({"type": ["object", "null"], "allOf": [{}]}, {"anyOf": [{"type": "object"}, NULL], "allOf": [{}]}),
    ],
)
def test_one_type_or_null_becomes_any_of(schema: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert _spelt_out(schema) == wanted
    assert list(_spelt_out(schema)) == list(wanted)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": ["string", "integer"]},
        {"type": ["string", "integer", "null"]},
        {"type": ["null"]},
        {"type": ["string", "null"], "enum": [None]},
        {"type": ["string", "null"], "anyOf": [{"minLength": 2}, {"maxLength": 1}]},
        {"type": ["object", "null"], "allOf": [{}], "unevaluatedProperties": False},
        {"const": {"type": ["string", "null"]}},
    ],
)
def test_a_schema_that_any_of_cannot_express_stays_unchanged(schema: dict[str, Any]) -> None:
    assert _spelt_out(schema) == schema


def test_a_schema_that_a_reference_leads_through_stays_as_it_is() -> None:
    schema = {"type": ["object", "null"], "properties": {"a": {"type": ["string", "null"]}}}
    for ref in ("#/components/schemas/S/properties/a", "other.json#/properties/a"):
        spelt_out = _spelt_out(schema, T={"$ref": ref})
        assert spelt_out["type"] == ["object", "null"]
    assert "type" not in _spelt_out(schema, T={"$ref": "#/components/schemas/S"})


VALUES = recursive(
    sampled_from([None, True, 0, 1.5, 7, "", "abc", "2026-01-01"]),
    lambda inner: one_of(lists(inner, max_size=2), dictionaries(sampled_from("ab"), inner, max_size=2)),
    depth=2,
)
TYPES = sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])
ONE_OR_TWO_TYPES = lists(TYPES, min_size=1, max_size=2, unique=True)
SCHEMAS = recursive(
    objects(
        {"type": ONE_OR_TWO_TYPES},
        {
            "enum": lists(VALUES, min_size=1, max_size=3),
            "minLength": just(2),
            "maximum": just(3),
            "required": just(["a"]),
            "default": VALUES,
        },
    ),
    lambda inner: objects(
        {"type": ONE_OR_TWO_TYPES},
        {
            "items": inner,
            "properties": objects({"a": inner}),
            "additionalProperties": inner,
            "allOf": lists(inner, min_size=1, max_size=2),
            "anyOf": lists(inner, min_size=1, max_size=2),
            "not": inner,
            "unevaluatedProperties": just(False),
        },
    ),
    depth=3,
)


@given(schema=structures(SCHEMAS, 64), values=structures(lists(VALUES, min_size=1, max_size=8), 64))
def test_each_value_passes_as_it_did(schema: dict[str, Any], values: list[Any]) -> None:
    before, after = (jsonschema.Draft202012Validator(one) for one in (schema, _spelt_out(schema)))
    assert [after.is_valid(value) for value in values] == [before.is_valid(value) for value in values]


@pytest.mark.parametrize("token", ["\u00b2", "9" * 5000, "7"])
def test_a_reference_to_a_missing_item_does_not_raise(token: str) -> None:
    schema = {"type": ["string", "null"], "allOf": [{}]}
    assert _spelt_out(schema, Wrong={"$ref": f"#/components/schemas/S/allOf/{token}/type"}) == schema
