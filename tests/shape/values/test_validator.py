from __future__ import annotations

import pickle
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.shape.values.problem import MOST_PROBLEMS, Problem
from plugin_gateway.shape.values.validator import Validator, is_of_type, type_of

OBJECT = {
    "type": "object",
    "properties": {"user": {"anyOf": [{"$ref": "#/$defs/User"}, {"type": "null"}]}, "tags": {"type": "array"}},
    "required": ["user"],
    "additionalProperties": False,
    "$defs": {"User": {"type": "object", "properties": {"age": {"type": "integer"}}}},
}


@pytest.mark.parametrize(
    ("schema", "value", "pointer", "detail"),
    [
        ({"type": "integer"}, "x", "", "expected integer, got string"),
        ({"type": ["integer", "null"]}, [], "", "expected integer or null, got array"),
        ({"enum": ["a", "b"]}, "c", "", 'must be one of "a", "b"'),
        ({"const": 1}, 2, "", "must be 1"),
        ({"minimum": 1}, 0, "", "must be at least 1"),
        ({"maximum": 50}, 51, "", "must be at most 50"),
        ({"exclusiveMaximum": 50}, 50, "", "must be less than 50"),
        ({"multipleOf": 2}, 3, "", "must be a multiple of 2"),
        ({"minLength": 2}, "a", "", "must have at least 2 characters"),
        ({"maxItems": 1}, [1, 2], "", "must have at most 1 items"),
        ({"uniqueItems": True}, [1, 1], "", "must not have an item twice"),
        ({"pattern": "^a"}, "b", "", "must match the pattern ^a"),
        ({"format": "date"}, "b", "", "must have the format date"),
        ({"format": "int32"}, 1 << 31, "", f"must be at most {(1 << 31) - 1}"),
        ({"format": "int64"}, 1 << 63, "", f"must be at most {(1 << 63) - 1}"),
        ({"items": {"format": "int32"}}, [1 << 31], "/0", f"must be at most {(1 << 31) - 1}"),
        ({"not": {}}, 1, "", "has a form that is not allowed here"),
        (False, 1, "", "is not allowed here"),
        (OBJECT, {}, "/user", "is missing"),
        (OBJECT, {"user": None, "a/b": 1}, "/a~1b", "is not declared"),
        (OBJECT, {"user": {"age": "x"}}, "/user/age", "expected integer, got string"),
        (OBJECT, {"user": 1}, "/user", "does not fit any of the forms that are allowed here"),
        ({"oneOf": [{"minimum": 1}, {"maximum": 9}]}, 5, "", "must fit exactly one of the forms that are allowed here"),
    ],
)
def test_a_problem_names_the_place_and_the_expectation(schema: Any, value: Any, pointer: str, detail: str) -> None:
    validator = Validator(schema)
    assert not validator.accepts(value)
    assert validator.problems(value) == (Problem(pointer, detail),)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"format": "email"}, "not an address"),
        ({"format": "uri"}, "not an address"),
        ({"format": "made-up"}, "x"),
        ({"format": "date-time"}, "2026-11-27T08:00:00Z"),
        ({"properties": {"format": {"type": "string"}}}, {"format": "date"}),
        ({"format": "int32", "maximum": 5, "allOf": [{"minimum": 1}]}, 5),
    ],
)
def test_formats_that_documents_use_loosely_are_not_asserted(schema: Any, value: Any) -> None:
    assert Validator(schema).accepts(value)


def test_bounds_beside_a_format_are_asserted_too() -> None:
    assert not Validator({"format": "int32", "maximum": 5}).accepts(6)
    assert not Validator({"format": "int32", "allOf": [{"minimum": 1}]}).accepts(0)


def test_places_are_put_before_pointers() -> None:
    assert Validator({"items": {"type": "integer"}}).problems(["x"], ("query", "ids"))[0].pointer == "/query/ids/0"


def test_an_answer_lists_a_bounded_number_of_problems() -> None:
    assert len(Validator({"items": {"type": "integer"}}).problems(["x"] * 1000)) == MOST_PROBLEMS


def test_a_validator_is_pickled_as_its_schema() -> None:
    validator = Validator({"type": "integer"})
    assert validator.accepts(1)
    copy = pickle.loads(pickle.dumps(validator))
    assert copy == validator
    assert hash(copy) == hash(validator)
    assert not copy.accepts("x")


def test_a_schema_that_cannot_be_compiled_is_reported() -> None:
    with pytest.raises(ValueError, match="regex"):
        Validator({"pattern": "[a-"}).compile()


@given(st.text(min_size=11), st.text(min_size=11))
def test_problems_say_the_same_of_two_values_that_break_the_same_rules(value: str, other: str) -> None:
    schema = {
        "type": "integer",
        "enum": [1],
        "pattern": "^$",
        "maxLength": 1,
        "format": "date",
        "not": {"type": "string"},
    }
    validator = Validator(schema)
    assert [one.detail for one in validator.problems(value)] == [one.detail for one in validator.problems(other)]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "boolean"),
        (1, "integer"),
        (1.5, "number"),
        (Decimal("1e400"), "number"),
        ("", "string"),
        ([], "array"),
        ({}, "object"),
    ],
)
def test_types_have_the_names_of_json_schema(value: object, name: str) -> None:
    assert type_of(value) == name


@pytest.mark.parametrize("schema", [{"type": "nope"}, {"type": "string", "pattern": "(("}, {"$ref": "#/$defs/gone"}])
def test_a_schema_that_no_validator_accepts_fails_no_call(schema: Any) -> None:
    assert Validator(schema).accepts("a")


TYPE_NAMES = st.sampled_from(["array", "boolean", "integer", "null", "number", "object", "string", "file", 5, None])
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([1.0, 1.5, -0.0, "", "a", [], {}])


def compiles(schema: Any) -> bool:
    try:
        Validator(schema).compile()
    except ValueError:
        return False
    return True


@given(TYPE_NAMES | st.lists(TYPE_NAMES, min_size=1, max_size=3, unique_by=str), SCALARS)
def test_a_value_is_of_a_type_if_a_validator_says_so(types: object, value: object) -> None:
    schema = {"type": types}

    assert is_of_type(value, types) == (compiles(schema) and Validator(schema).accepts(value))


WORDS = {
    "type": TYPE_NAMES,
    "description": st.sampled_from(["d", 5]),
    "format": st.sampled_from(["int32", "odd", "", 5]),
    "minimum": SCALARS | st.sampled_from([10**400, 1 << 53]),
    "maximum": SCALARS,
    "default": SCALARS,
    "example": SCALARS,
    "enum": st.lists(SCALARS, max_size=3) | SCALARS,
    "pattern": st.sampled_from(["^a", "("]),
    "x-a": SCALARS,
}
SCHEMAS = st.recursive(
    st.fixed_dictionaries({}, optional=WORDS) | SCALARS,
    lambda inner: st.fixed_dictionaries(
        {}, optional={"items": inner, "oneOf": st.lists(inner, max_size=2), "anyOf": st.lists(inner, max_size=2)}
    ),
    max_leaves=5,
)


@given(SCHEMAS)
def test_a_check_finds_every_schema_that_no_validator_accepts(schema: Any) -> None:
    validator, is_accepted = Validator(schema), True
    try:
        validator.check()
    except ValueError:
        is_accepted = False

    assert is_accepted == compiles(schema)


@pytest.mark.parametrize(
    "schema", [{}, {"type": "string", "default": "a"}, {"oneOf": [{"type": "integer", "minimum": 1}, {"enum": ["a"]}]}]
)
def test_a_plain_schema_is_compiled_only_to_judge_a_value(schema: Any) -> None:
    validator = Validator(schema)
    validator.check()
    assert validator._compiled is None
    assert validator.accepts("a")
    assert validator._compiled is not None
