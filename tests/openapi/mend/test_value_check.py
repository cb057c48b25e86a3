"""Default values that their own schema refuses, and values for which that is uncertain."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.mend.value_check import ValueCheck

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
        ({"nullable": True, "oneOf": [{"type": "string"}, {"type": "array"}]}, None),
        ({"type": "string", "nullable": True, "enum": ["a"]}, None),
        (False, 1),
    ],
)
def test_a_default_that_does_not_fit_is_refused(schema: bool | dict[str, Any], value: Any) -> None:
    assert ValueCheck(DOCUMENT).refuses(schema, value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "nullable": True}, None),
        ({"type": "string", "nullable": True, "enum": ["a", None]}, None),
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
def test_a_default_that_is_not_certainly_wrong_is_accepted(schema: bool | dict[str, Any], value: Any) -> None:
    assert not ValueCheck(DOCUMENT).refuses(schema, value)


def _spreading(levels: int, ways: int) -> Document:
    """A document whose last schema is reached from the first in ways^levels ways."""
    schemas: dict[str, Any] = {
        f"S{level}": {"oneOf": [{"$ref": f"#/components/schemas/S{level + 1}"}] * ways} for level in range(levels)
    }
    schemas[f"S{levels}"] = {"type": "integer"}
    root = {"openapi": "3.1.0", "info": {}, "paths": {}, "components": {"schemas": schemas}}
    return Document(root=root, name="x")


FIRST = {"$ref": "#/components/schemas/S0"}


def test_a_check_that_takes_too_long_ends_and_refuses_nothing() -> None:
    assert ValueCheck(_spreading(9, 2)).refuses(FIRST, "x")
    assert not ValueCheck(_spreading(9, 9)).refuses(FIRST, "x")


def test_a_check_that_took_too_long_does_not_end_the_next_one() -> None:
    check = ValueCheck(_spreading(9, 9))
    assert not check.refuses(FIRST, "x")
    assert check.refuses({"type": "integer"}, "x")


def test_the_checks_of_one_document_end_together() -> None:
    check = ValueCheck(DOCUMENT)
    long = {"enum": list(range(19_000))}
    assert check.refuses(long, "x")
    assert sum(check.refuses(long, "x") for _ in range(100)) < 30
    assert not check.refuses({"type": "integer"}, "x")


@pytest.mark.parametrize(
    ("pattern", "is_checked"),
    [
        ("^(a+)+$", False),
        ("^(a|aa){40}$", False),
        ("(a?){40}a{40}", False),
        ("^" + "a?" * 40 + "a{40}$", False),
        ("^" + "a*" * 20 + "$", False),
        ("^" + "(a|a)" * 30 + "$", False),
        ("^a+[.]a+$", True),
        ("^[0-9a-f]{8}-[0-9a-f]{4}$", True),
        ("^(b|c)$", True),
        (r"^\(a\)$", True),
    ],
)
def test_a_pattern_is_checked_where_it_cannot_take_long(pattern: str, is_checked: bool) -> None:
    assert ValueCheck(DOCUMENT).refuses({"pattern": pattern}, "a" * 39 + "!") == is_checked


def test_a_pattern_that_is_not_checked_leaves_the_rest_to_be_checked() -> None:
    properties = {"a": {"pattern": "^" + "a*" * 20 + "$"}, "b": {"type": "integer"}}
    assert ValueCheck(DOCUMENT).refuses({"properties": properties}, {"a": "a" * 39 + "!", "b": "x"})


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
def test_a_validator_refuses_every_value_that_the_check_refuses(schema: dict[str, Any], value: Any) -> None:
    if ValueCheck(DOCUMENT).refuses(schema, value):
        assert not jsonschema.Draft202012Validator(schema).is_valid(value)
