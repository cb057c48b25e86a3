from __future__ import annotations

import pickle
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.request.reader import Reader
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.problem import Problem
from plugin_gateway.shape.values.reading import Style
from plugin_gateway.shape.values.validator import Validator


def reader(schema: Any, style: str = "form", *, explode: bool = True, **more: Any) -> Reader:
    kind = kind_of(schema, Document(root={}, name="d"))
    return Reader("query", "p", Style(style, explode, "p"), kind, Validator(schema), **more)


INTEGER = {"type": "integer", "maximum": 50}
INTEGERS = {"type": "array", "items": INTEGER}
POINT = {"type": "object", "properties": {"x": INTEGER, "y": INTEGER}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("one", "pairs"),
    [
        (reader(INTEGER), [("p", b"50")]),
        (reader(INTEGER), [("p", b"%35")]),
        (reader(INTEGER), []),
        (reader(INTEGER, allows_empty=True), [("p", b"")]),
        (reader(INTEGERS), [("p", b"1"), ("p", b"2")]),
        (reader(INTEGERS, explode=False), [("p", b"1,2")]),
        (reader(INTEGERS, explode=False), [("p", b"1%2c2")]),
        (reader(INTEGERS, "pipeDelimited", explode=False), [("p", b"1|2%7C3")]),
        (reader(POINT), [("x", b"1"), ("y", b"2")]),
        (reader(POINT, "deepObject"), [("p[x]", b"1"), ("p[y]", b"2")]),
        (reader({"type": ["string", "array"], "items": {"type": "string"}}), [("p", b"a")]),
        (reader({"type": ["string", "array"], "items": {"type": "string"}}), [("p", b"a"), ("p", b"b")]),
        (reader({"type": ["integer", "string"], "minLength": 1}), [("p", b"a")]),
        (reader({"anyOf": [{"type": "integer", "maximum": 5}, {"type": "string", "pattern": "^9"}]}), [("p", b"9")]),
        (reader({}), [("p", b"anything")]),
    ],
)
def test_texts_that_fit_have_no_problem(one: Reader, pairs: list[tuple[str, bytes]]) -> None:
    assert one.judge(pairs) == ()


@pytest.mark.parametrize(
    ("one", "pairs", "pointer", "detail"),
    [
        (reader(INTEGER), [("p", b"51")], "/query/p", "must be at most 50"),
        (reader(INTEGER), [("p", b"x")], "/query/p", "expected integer, got string"),
        (reader(INTEGER), [("p", b"")], "/query/p", "expected integer, got string"),
        (reader(INTEGER), [("p", b"1"), ("p", b"1")], "/query/p", "must be sent only once"),
        (reader(INTEGER, is_required=True), [], "/query/p", "is missing"),
        (reader(INTEGERS), [("p", b"1"), ("p", b"51")], "/query/p/1", "must be at most 50"),
        (reader(INTEGERS, explode=False), [("p", b"1"), ("p", b"2")], "/query/p", "must be sent only once"),
        (reader(POINT), [("x", b"1"), ("z", b"2")], "/query/p/z", "is not declared"),
        (reader(POINT), [("x", b"1"), ("x", b"2")], "/query/p", "must have each member only once"),
        (reader(POINT, "deepObject"), [("p[x]", b"a")], "/query/p/x", "expected integer, got string"),
        (reader(POINT, "deepObject"), [("p", b"a")], "/query/p", "must be written as `p[member]=value`"),
        (reader(POINT, explode=False), [("p", b"x,1,y")], "/query/p", "must be written as names and values in turn"),
        (reader({"type": "string"}), [("p", b"%FF")], "/query/p", "must be UTF-8"),
    ],
)
def test_a_problem_has_the_pointer_to_its_place(
    one: Reader, pairs: list[tuple[str, bytes]], pointer: str, detail: str
) -> None:
    assert one.judge(pairs) == (Problem(pointer, detail),)


@given(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "boolean"},
            {"type": "string", "enum": ["true", "a", "a&b"]},
            {"type": "string", "maxLength": 2},
            {"type": "integer", "minimum": -3, "exclusiveMaximum": 20},
            {"type": "integer", "format": "int64"},
            {"type": "integer", "multipleOf": 2},
            {"type": ["integer", "null"], "maximum": 5},
        ]
    ),
    st.one_of(
        st.binary(max_size=5),
        st.integers(-5, 25).map(lambda number: b"%d" % number),
        st.sampled_from([b"true", b"a", b"a&b", b"%41", b"+", b"%FF"]),
    ),
)
def test_a_plain_text_has_no_problem(schema: Any, text: bytes) -> None:
    one = reader(schema)
    expression = one.plain_texts()
    if expression and re.fullmatch(expression, text):
        assert one.judge([("p", text)]) == ()
        assert b"&" not in text


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "string"}, b"a%20b"),
        ({"type": "boolean"}, b"false"),
        ({"type": "string", "enum": ["a", "b"]}, b"b"),
        ({"type": "integer", "maximum": 20}, b"-20"),
    ],
)
def test_a_simple_schema_has_an_expression(schema: Any, text: bytes) -> None:
    assert re.fullmatch(reader(schema).plain_texts(), text)


@pytest.mark.parametrize(
    "one",
    [
        reader({"type": "integer", "multipleOf": 2}),
        reader({"type": "string", "maxLength": 2}),
        reader(INTEGERS),
        reader({"type": "string"}, "deepObject"),
    ],
)
def test_other_schemas_and_styles_have_no_expression(one: Reader) -> None:
    assert one.plain_texts() == b""


def test_a_reader_is_pickled_whole() -> None:
    one = reader(INTEGERS, is_required=True, allows_empty=True, is_enforced=False)
    copy = pickle.loads(pickle.dumps(one))
    assert (copy.is_required, copy.allows_empty, copy.is_enforced) == (True, True, False)
    assert copy.judge([("p", b"51")]) == one.judge([("p", b"51")])


def test_only_an_exploded_object_has_pairs_of_its_members() -> None:
    assert reader(POINT).is_exploded
    assert not reader(POINT, explode=False).is_exploded
    assert not reader(INTEGERS).is_exploded
