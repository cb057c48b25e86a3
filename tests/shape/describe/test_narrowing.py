"""A narrowed schema admits nothing that the document's schema does not admit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.parameter_rule import ParameterRule
from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.describe.narrowing import narrow, validator_of

DOCUMENT = Document(root={"components": {"schemas": {"Size": {"type": "integer", "maximum": 100}}}}, name="d")
BOUNDS = st.none() | st.integers(-20, 20)


def rule(**settings: Any) -> ParameterRule:
    return ParameterRule.parse(settings)


@given(BOUNDS, BOUNDS, BOUNDS, BOUNDS, st.integers(-30, 30))
def test_a_narrowing_never_widens(least: Any, most: Any, minimum: Any, maximum: Any, value: int) -> None:
    bounds = {"minimum": least, "maximum": most}
    schema = {"type": "integer", **{word: bound for word, bound in bounds.items() if bound is not None}}
    said = {"minimum": minimum, "maximum": maximum}
    narrowed = narrow(schema, rule(**{word: one for word, one in said.items() if one is not None}), DOCUMENT)
    if isinstance(narrowed, list):
        return
    if validator_of(narrowed, DOCUMENT).accepts(value):
        assert validator_of(schema, DOCUMENT).accepts(value)
        assert minimum is None or value >= minimum
        assert maximum is None or value <= maximum


@pytest.mark.parametrize(
    ("schema", "settings", "narrowed"),
    [
        ({"$ref": "#/components/schemas/Size"}, {"maximum": 50}, {"type": "integer", "maximum": 50}),
        ({"type": ["integer", "string"]}, {"maximum": 50}, {"type": "integer", "maximum": 50}),
        ({"type": ["number", "null"]}, {"maximum": 0.5}, {"type": "number", "maximum": 0.5}),
        ({}, {"minimum": 1}, {"type": "number", "minimum": 1}),
        ({"enum": ["a", "b"]}, {"enum": ["b"]}, {"enum": ["b"]}),
        ({"type": "integer", "enum": ["1", "2"]}, {"enum": ["1"]}, {"type": "integer", "enum": ["1"]}),
        ({"type": "integer", "default": 9, "examples": [9, 4]}, {"maximum": 5}, {"type": "integer", "examples": [4], "maximum": 5}),
        ({"type": "integer", "examples": [9]}, {"maximum": 5}, {"type": "integer", "maximum": 5}),
        ({"type": "array", "items": {"type": "string"}}, {"enum": ["a"]}, {"type": "array", "items": {"type": "string", "enum": ["a"]}}),
    ],
)  # fmt: skip
def test_a_schema_is_narrowed(schema: Any, settings: dict[str, Any], narrowed: dict[str, Any]) -> None:
    assert narrow(schema, rule(**settings), DOCUMENT) == narrowed


@pytest.mark.parametrize(
    ("schema", "settings", "field", "name"),
    [
        ({"$ref": "#/components/schemas/Size"}, {"maximum": 101}, "maximum", "widens"),
        ({"allOf": [{"$ref": "#/components/schemas/Size"}]}, {"maximum": 101}, "maximum", "widens"),
        ({"type": "integer", "exclusiveMaximum": 10}, {"maximum": 11}, "maximum", "widens"),
        ({"type": "string"}, {"minimum": 1}, "minimum", "wrong-type"),
        ({"type": "integer"}, {"enum": ["a"]}, "enum", "widens"),
        ({"type": "object"}, {"enum": [{}]}, "enum", "widens"),
        ({"type": "string", "pattern": "^a"}, {"enum": ["b"]}, "enum", "widens"),
    ],
)
def test_a_rule_that_does_not_narrow_is_reported(schema: Any, settings: dict[str, Any], field: str, name: str) -> None:
    wrong = narrow(schema, rule(**settings), DOCUMENT)
    assert isinstance(wrong, list)
    assert [(one.field, one.rule) for one in wrong] == [(field, name)]
    assert wrong[0].hint


def test_a_validator_takes_the_values_of_an_enum_whose_type_is_wrong() -> None:
    assert validator_of({"type": "integer", "enum": ["1", "2"]}, DOCUMENT).accepts("1")
