"""Rendering: both renderings read back as the value they were made from."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.decode.text import decode
from plugin_gateway.openapi.render import to_canonical_json, to_json, to_yaml
from tests.octets import dictionaries, lists, mapped, one_of, pooled, recursive, structures

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
LINES = st.lists(st.text(st.sampled_from(" \t#:-|>a'\"é😀{}[]&*!%@`"), max_size=6), max_size=5).map("\n".join)
WORDS = st.sampled_from([
    "on", "off", "yes", "NO", "y", "N", "true", "TRUE", "null", "Null", "~", "012", "0o17", "0b1", "1e3", "1_000", "0x1f",
    "12:30:45", "2020-01-01", "2001-12-14t21:59:43.10-05:00", "=", "<<", "-", "---", "...", "?", ":", "#", "a:b", "a:", "x", "-x",
    ".inf", ".nan", "nan", "inf", "+1", ".5", "5.", "$ref", "/pets/{id}", "#/a", "%a", "@a", "`a", "a#b", "!!str", "&a", "*a",
    "|", ">", "{a}", "{}", "[]", "a,b", "", " ", " a", "a ", "a #b", "a: b", "a\n", "\n", "\na", "a\n\n", "a\n b\n\nc",
    "a\r\nb", "\x85", "\u2028", "\ufeff", "\x7f",
])  # fmt: skip
STRINGS = TEXT | LINES | WORDS
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | STRINGS
KEYS = mapped(pooled, lambda value: value if isinstance(value, str) else repr(value))
VALUES = recursive(
    pooled,
    lambda inner: one_of(lists(inner, max_size=3), dictionaries(KEYS, inner, max_size=3)),
    depth=3,
)
DOCUMENTS = structures(dictionaries(KEYS, VALUES, min_size=1, max_size=3), 64, SCALARS)
NESTED_LEVELS = 1500


@given(document=DOCUMENTS)
def test_yaml_and_json_read_back_equal_in_every_reader(document: dict[str, Any]) -> None:
    text = to_yaml(document)
    assert _same(yaml.load(text, yaml.SafeLoader), document), "PyYAML, which reads YAML 1.1"
    assert _same(yaml.load(text, yaml.CSafeLoader), document), "libyaml, which reads YAML 1.1"
    assert _same(decode(b"--- \n" + text, "x.yaml"), document), "our reader of YAML 1.2"
    assert _same(json.loads(to_json(document)), document)
    assert _same(json.loads(to_json(document, indent=True)), document)


@pytest.mark.parametrize(
    "word", ["on", "No", "012", "1e3", "2020-01-01", "=", "<<", "0x1f", "~", "", "12:30:45", "null", "200"]
)
def test_a_string_that_some_reader_would_take_for_something_else_is_quoted(word: str) -> None:
    assert to_yaml({word: word}) == f'"{word}": "{word}"\n'.encode()


def test_lines_are_a_literal_block() -> None:
    assert to_yaml({"description": "One.\n\n  * two\n"}) == b"description: |\n  One.\n\n    * two\n"


def test_a_key_too_long_to_be_a_simple_one_is_explicit() -> None:
    document = {"a": [{"k" * 3000: {"b": 1}}], "é" * 1100: "x"}
    assert yaml.safe_load(to_yaml(document)) == document


def test_an_object_that_occurs_twice_is_written_twice() -> None:
    shared = {"type": "string"}
    assert b"&" not in to_yaml({"a": shared, "b": shared})


def test_a_number_that_is_not_finite_is_null_in_both() -> None:
    document = {"a": math.inf, "b": [math.nan, 2**70], "c": -math.inf}
    assert (
        json.loads(to_json(document)) == yaml.safe_load(to_yaml(document)) == {"a": None, "b": [None, 2**70], "c": None}
    )


def test_nesting_costs_no_stack() -> None:
    value: Any = "deep"
    for _ in range(NESTED_LEVELS):
        value = [{"a": value}, {}, []]
    assert to_json({"a": value}).count(b"[") == 2 * NESTED_LEVELS
    assert to_yaml({"a": value}).count(b"[]") == NESTED_LEVELS


def test_keys_keep_their_order() -> None:
    assert to_json({"b": 1, "a": 2}) == b'{"b":1,"a":2}'
    assert to_yaml({"b": 1, "a": 2}) == b"b: 1\na: 2\n"


def _same(left: Any, right: Any) -> bool:
    """Equality that distinguishes 1, 1.0 and True, as JSON Schema and YAML do, but not -0.0 and 0.0."""
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return type(left) is type(right) and left == right


@given(st.dictionaries(st.text(), st.integers(), max_size=5))
def test_canonical_json_does_not_depend_on_the_order_of_keys(value: dict[str, int]) -> None:
    backwards = dict(reversed(value.items()))
    assert to_canonical_json(value) == to_canonical_json(backwards)
    assert json.loads(to_canonical_json(value)) == value


@pytest.mark.parametrize("value", [{"b": 2**70, "a": 1}, {"b": "\ud800", "a": 1}])
def test_canonical_json_has_what_orjson_cannot_write(value: dict[str, Any]) -> None:
    assert json.loads(to_canonical_json(value)) == value
    assert to_canonical_json(value).startswith(b'{"a":1,')
