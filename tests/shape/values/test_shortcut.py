"""A shortcut accepts what the validator of the same schema accepts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.shape.values.shortcut import range_of, takes_booleans, takes_every_text, words_of
from plugin_gateway.shape.values.validator import Validator

BOUNDS = st.one_of(st.integers(-60, 60), st.floats(-60, 60))
RANGES = st.fixed_dictionaries(
    {"type": st.just("integer")},
    optional={
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), BOUNDS),
        "format": st.sampled_from(["int32", "int64", "date", "other"]),
        "description": st.text(max_size=3),
        "x-more": st.integers(),
    },
)


@given(RANGES, st.one_of(st.integers(-70, 70), st.integers(-(1 << 40), 1 << 40)))
def test_a_range_has_the_integers_that_the_schema_accepts(schema: dict[str, Any], value: int) -> None:
    found = range_of(schema)
    assert found is not None
    assert (found[0] <= value <= found[1]) == Validator(schema).accepts(value)


@given(st.lists(st.one_of(st.text(max_size=3), st.integers()), min_size=1, unique=True), st.text(max_size=3))
def test_words_are_accepted_and_no_other_text_is(words: list[Any], text: str) -> None:
    schema = {"type": "string", "enum": words}
    for one in (*words, text):
        if isinstance(one, str) and one.isascii() and one.isalnum():
            assert (one.encode() in words_of(schema)) == Validator(schema).accepts(one)


@pytest.mark.parametrize("word", ["a b", "a+b", "a%62", "ä"])
def test_a_word_that_a_url_may_write_in_two_ways_is_left_to_the_validator(word: str) -> None:
    assert words_of({"type": "string", "enum": [word, "plain"]}) == {b"plain"}


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        {"type": ["integer", "null"]},
        {"type": "integer", "multipleOf": 5},
        {"type": "integer", "enum": [1]},
        {"type": "integer", "allOf": [{"maximum": 5}]},
        {"type": "integer", "maximum": "5"},
        {"type": "integer", "maximum": float("inf")},
        {"type": "integer", "minimum": True},
        {"type": "string", "maxLength": 5},
        {"type": "string", "enum": "abc"},
        {"type": "string", "format": "date"},
        {"type": "string", "enum": ["2026-01-01", "x"], "format": "date"},
        {"type": "boolean", "enum": [True]},
        {"type": "boolean", "$ref": "#/$defs/a"},
    ],
)
def test_a_schema_that_asserts_more_has_no_shortcut(schema: Any) -> None:
    assert range_of(schema) is None
    assert words_of(schema) == frozenset()
    assert not takes_every_text(schema)
    assert not takes_booleans(schema)


def test_a_schema_that_asserts_a_type_alone_takes_every_value_of_it() -> None:
    assert takes_every_text({"type": ["string"], "description": "any", "format": "uri"})
    assert takes_booleans({"type": "boolean", "default": True})
