"""Default values that their own schema refuses, and those of which that is not certain."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.mend.default_value import is_refused

DOCUMENT = Document(
    root={
        "openapi": "3.1.0",
        "info": {},
        "paths": {},
        "components": {"schemas": {"E": {"enum": ["a"]}, "L": {"$ref": "#/components/schemas/L"}}},
    },
    name="x",
)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, "a''"),
        ({"type": "boolean"}, 1),
        ({"type": ["integer", "null"]}, "1"),
        ({"enum": ["a", "b"]}, "c"),
        ({"enum": [1]}, True),
        ({"const": 1}, 2),
        ({"minimum": 3}, 2),
        ({"minimum": 3, "exclusiveMinimum": True}, 3),
        ({"exclusiveMaximum": 3}, 3),
        ({"multipleOf": 5}, 3),
        ({"maxLength": 1}, "ab"),
        ({"pattern": "^a"}, "b"),
        ({"type": "array", "items": {"type": "string"}}, [1]),
        ({"minItems": 1}, []),
        ({"required": ["a"]}, {}),
        ({"properties": {"a": {"type": "string"}}}, {"a": 1}),
        ({"$ref": "#/components/schemas/E"}, "b"),
        ({"allOf": [{"type": "string"}, {"maxLength": 1}]}, "ab"),
        ({"anyOf": [{"type": "string"}, {"type": "boolean"}]}, 1),
        ({"type": "string"}, None),
        (False, 1),
    ],
)
def test_a_default_that_does_not_fit_is_refused(schema, value):
    assert is_refused(DOCUMENT, schema, value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "nullable": True}, None),
        ({"type": "integer"}, 3.0),
        ({"pattern": r"^\p{L}$"}, "1"),
        ({"$ref": "#/components/schemas/Gone"}, 1),
        ({"$ref": "#/components/schemas/L"}, 1),
        ({"type": "object"}, {"$ref": ""}),
        ({"oneOf": [{"type": "string"}, {}]}, 1),
        ({"type": "file"}, 1),
        (True, 1),
        ({}, 1),
    ],
)
def test_a_default_of_which_it_is_not_certain_is_taken(schema, value):
    assert not is_refused(DOCUMENT, schema, value)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)
SCHEMAS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "array", "object", "boolean", "null", "number"]),
        "enum": st.lists(VALUES, min_size=1, max_size=2),
        "minimum": st.integers(-2, 2),
        "exclusiveMaximum": st.integers(-2, 2),
        "maxLength": st.integers(0, 2),
        "minItems": st.integers(0, 2),
        "items": st.sampled_from([{"type": "string"}, True, {"maximum": 1}]),
        "required": st.lists(st.sampled_from("ab"), max_size=1),
        "anyOf": st.just([{"type": "string"}, {"minimum": 0}]),
    },
)


@given(schema=SCHEMAS, value=VALUES)
def test_what_is_refused_is_refused_by_a_validator_too(schema, value):
    if is_refused(DOCUMENT, schema, value):
        assert not jsonschema.Draft202012Validator(schema).is_valid(value)
