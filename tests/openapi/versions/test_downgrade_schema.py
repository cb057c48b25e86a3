"""A schema that is downgraded to 3.0 accepts the values that it accepted in 3.1, or more, never fewer."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.versions.downgrade_schema import schemas_to_3_0
from plugin_gateway.openapi.versions.upgrade import upgrade
from tests.octets import Reader, just, lists, objects, one_of, recursive, sampled_from, structures

INSTANCES = [None, True, 0, 1, 2, 3, 2.5, "", "a", "abc", [], [1], [1, "a"], ["a", 1, None], {}, {"a": 1}, {"a": None}, {"b": "x"}, {"x1": 1}, {"a": "abc", "x1": []}]  # fmt: skip
VALUES = sampled_from([None, 1, 2, "a"])
NUMBERS = sampled_from([0, 1, 2, 3])
TYPES = sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])
LEAVES = one_of(
    sampled_from([True, False]),
    objects(
        {},
        {
            "type": one_of(TYPES, lists(TYPES, min_size=1, max_size=3, unique=True)),
            "const": VALUES,
            "enum": lists(VALUES, max_size=3, unique=True),
            "minimum": NUMBERS,
            "exclusiveMinimum": NUMBERS,
            "maximum": NUMBERS,
            "exclusiveMaximum": NUMBERS,
            "required": lists(sampled_from("ab"), max_size=2, unique=True),
        },
    ),
)


def _schemas(leaves: Reader) -> Reader:
    return recursive(
        leaves,
        lambda inner: objects(
            {},
            {
                "anyOf": lists(inner, min_size=1, max_size=2),
                "oneOf": lists(inner, min_size=1, max_size=2),
                "not": inner,
                "type": one_of(TYPES, lists(TYPES, min_size=2, max_size=3, unique=True)),
                "prefixItems": lists(inner, min_size=1, max_size=2),
                "items": inner,
                "contains": inner,
                "properties": objects({"a": inner}),
                "patternProperties": objects({"^x": inner}),
                "additionalProperties": inner,
                "propertyNames": just({"maxLength": 1}),
                "if": inner,
                "then": inner,
                "else": inner,
                "dependentRequired": just({"a": ["b"]}),
                "unevaluatedProperties": sampled_from([True, False]),
            },
        ),
        depth=3,
    )


REFERENCE = just({"$ref": "#/components/schemas/Other"})
REFERRING = objects({}, {"$ref": just("#/components/schemas/Other"), "type": TYPES, "minimum": NUMBERS})


@given(schema=structures(_schemas(one_of(LEAVES, REFERENCE, REFERRING)), 48), other=structures(_schemas(LEAVES), 48))
def test_a_schema_in_3_0_accepts_all_earlier_values_and_without_a_finding_no_others(schema: Any, other: Any) -> None:
    lowered, findings = upgrade(_document(schema, other), "3.0")
    raised, _ = upgrade(lowered, "3.1")
    before, after = _validator(_document(schema, other)), _validator(raised)
    for instance in INSTANCES:
        if before.is_valid(instance):
            assert after.is_valid(instance), instance
        elif not findings:
            assert not after.is_valid(instance), instance


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": "null"}, {"type": "string", "nullable": True, "enum": [None]}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"type": ["array", "string", "null"]}, {"anyOf": [{"type": "array", "items": {}, "nullable": True}, {"type": "string"}]}),
        ({"const": 1}, {"enum": [1]}),
        ({"const": 1, "enum": [1, 2]}, {"enum": [1, 2], "allOf": [{"enum": [1]}]}),
        ({"exclusiveMinimum": 3}, {"minimum": 3, "exclusiveMinimum": True}),
        ({"exclusiveMinimum": 3, "minimum": 4}, {"minimum": 4}),
        ({"exclusiveMaximum": 3, "maximum": 3}, {"maximum": 3, "exclusiveMaximum": True}),
        ({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}),
        ({"type": "string", "contentEncoding": "base64"}, {"type": "string", "format": "byte"}),
        ({"type": "string", "contentMediaType": "application/octet-stream"}, {"type": "string", "format": "binary"}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"properties": {"a": True, "b": False}}, {"properties": {"a": {}, "b": {"not": {}}}}),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        ({"$ref": "#/components/schemas/Other", "description": "d"}, {"description": "d", "allOf": [{"$ref": "#/components/schemas/Other"}]}),
        ({"$comment": "c", "$anchor": "a", "$schema": "s", "title": "t", "required": []}, {"title": "t"}),
        ({"properties": {"const": {"type": "string"}}, "default": {"const": 1}}, {"properties": {"const": {"type": "string"}}, "default": {"const": 1}}),
    ],
)  # fmt: skip
def test_each_keyword_of_3_1_has_its_counterpart(before: Any, after: Any) -> None:
    root: dict[str, Any] = {"openapi": "3.1.0", "components": {"schemas": {"S": before}}}
    assert schemas_to_3_0(root) == []
    assert root["components"]["schemas"]["S"] == after


A = {"type": "string"}
LOOSE: dict[str, Any] = {"contains": {}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"prefixItems": [A]}, {"items": {"anyOf": [A, {}]}}),
        ({"prefixItems": [A], "items": {"type": "object"}}, {"items": {"anyOf": [A, {"type": "object"}]}}),
        ({"prefixItems": [A], "items": False}, {"items": {"anyOf": [A]}, "maxItems": 1}),
        ({"patternProperties": {"^x": A}}, {}),
        ({"patternProperties": {"^x": A}, "additionalProperties": False}, {"additionalProperties": {"anyOf": [A]}}),
        ({"patternProperties": {"^x": A}, "additionalProperties": LOOSE}, {"additionalProperties": {"anyOf": [A, {}]}}),
        ({"if": A, "then": A}, {}),
        ({"unevaluatedProperties": False}, {}),
        ({"not": LOOSE, "title": "t"}, {"title": "t"}),
        ({"not": {"properties": {"a": {"$ref": "#/components/schemas/Other"}}}}, {}),
        ({"oneOf": [LOOSE, A]}, {"anyOf": [{}, A]}),
        ({"oneOf": [{"$ref": "#/components/schemas/Other"}], "anyOf": [A]}, {"anyOf": [A], "allOf": [{"anyOf": [{"$ref": "#/components/schemas/Other"}]}]}),
        ({"enum": []}, {"allOf": [{"not": {}}]}),
    ],
)  # fmt: skip
def test_a_constraint_that_3_0_lacks_becomes_looser_and_makes_no_outer_schema_tighter(before: Any, after: Any) -> None:
    root: dict[str, Any] = {
        "openapi": "3.1.0",
        "components": {"schemas": {"S": deepcopy(before), "Other": {"contains": {}}}},
    }
    schemas_to_3_0(root)
    assert root["components"]["schemas"]["S"] == after


def test_a_boolean_schema_is_an_object_wherever_it_stands() -> None:
    content = {"j": {"schema": True}, "k": {"schema": False}}
    root: dict[str, Any] = {"components": {"schemas": {"S": False}, "requestBodies": {"B": {"content": content}}}}
    schemas_to_3_0(root)
    assert root["components"]["schemas"]["S"] == {"not": {}}
    assert root["components"]["requestBodies"]["B"]["content"] == {"j": {"schema": {}}, "k": {"schema": {"not": {}}}}


def test_a_definition_inside_a_schema_becomes_a_component() -> None:
    schema = {"$defs": {"item": {"type": "string", "$anchor": "it"}}, "items": {"$ref": "#/components/schemas/S/$defs/item"}, "not": {"$ref": "#it"}}  # fmt: skip
    document, findings = upgrade(_document(schema, {}), "3.0")
    schemas = document.root["components"]["schemas"]
    assert findings == ()
    assert schemas["S"] == {
        "items": {"$ref": "#/components/schemas/S_defs_item"},
        "not": {"$ref": "#/components/schemas/S_defs_item"},
    }
    assert schemas["S_defs_item"] == {"type": "string"}


def test_a_dynamic_reference_becomes_a_plain_one() -> None:
    schema = {"$dynamicAnchor": "node", "properties": {"child": {"$dynamicRef": "#node"}}}
    document, _ = upgrade(_document(schema, {}), "3.0")
    assert document.root["components"]["schemas"]["S"] == {"properties": {"child": {"$ref": "#/components/schemas/S"}}}


def test_each_looser_keyword_gets_one_warning() -> None:
    root: dict[str, Any] = {
        "components": {"schemas": {"A": {"contains": {}}, "B": {"contains": {}, "propertyNames": {}}}}
    }
    assert sorted(finding.message.split(":")[1] for finding in schemas_to_3_0(root)) == [
        " 1 schemas are served looser than they are",
        " 2 schemas are served looser than they are",
    ]


def _document(schema: Any, other: Any) -> Document:
    root = {"openapi": "3.1.0", "info": {}, "paths": {}, "components": {"schemas": {"S": schema, "Other": other}}}
    return Document(root=root, name="x")


def _validator(document: Document) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**document.root, "$ref": "#/components/schemas/S"})


@pytest.mark.parametrize(
    "odd",
    [
        {"prefixItems": None},
        {"prefixItems": [{}], "items": False, "maxItems": "3"},
        {"patternProperties": [], "additionalProperties": False},
        {"patternProperties": {"a": {}}, "oneOf": True},
        {"exclusiveMinimum": 1, "minimum": "0"},
        {"const": 1, "enum": [1], "allOf": None},
    ],
)
def test_a_keyword_with_a_value_that_it_cannot_have_stops_nothing(odd: dict[str, Any]) -> None:
    schemas_to_3_0({"paths": {}, "components": {"schemas": {"A": odd}}})
