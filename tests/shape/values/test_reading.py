"""Reading is the inverse of writing: each style gives back the value that `style.py` wrote."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.reading import (
    DECODED,
    TEXTUAL,
    TYPED,
    ReadingMode,
    Style,
    UnreadableError,
    decoded,
    modes_of,
    read_deep,
    read_exploded,
    read_json,
    read_many,
    read_one,
    read_scalar,
)
from plugin_gateway.shape.values.scalar import UnwritableError, escape
from plugin_gateway.shape.values.style import DELIMITERS, bare, deep_object, form, label, simple
from plugin_gateway.shape.values.validator import type_of

EMPTY = Document(root={}, name="d")
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXTS,
    "integer": st.integers(),
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-100, 100),
    "boolean": st.booleans(),
}
NAMES = st.sampled_from(["a", "b c", "d.e", "é", "x-y", "1"])


@st.composite
def scalars(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    kind = draw(st.sampled_from(sorted(SCALARS)))
    return {"type": kind}, draw(SCALARS[kind])


@st.composite
def arrays(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    kind = draw(st.sampled_from(sorted(SCALARS)))
    return {"type": "array", "items": {"type": kind}}, draw(st.lists(SCALARS[kind], min_size=1, max_size=4))


@st.composite
def objects(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    kinds = draw(st.dictionaries(NAMES, st.sampled_from(sorted(SCALARS)), min_size=1, max_size=4))
    value = {name: draw(SCALARS[kind]) for name, kind in kinds.items()}
    return {"type": "object", "properties": {name: {"type": kind} for name, kind in kinds.items()}}, value


ALL = st.one_of(scalars(), arrays(), objects())


def pairs_of(texts: list[str]) -> list[tuple[str, bytes]]:
    split = (text.encode().partition(b"=") for text in texts)
    return [(unquote_to_bytes(name).decode(), value) for name, _, value in split]


@given(ALL, st.booleans(), st.sampled_from(["simple", "label"]))
def test_a_path_value_is_read_as_it_was_written(case: tuple[Any, Any], explode: bool, name: str) -> None:
    schema, value = case
    try:
        write = simple if name == "simple" else label
        text = write(value, explode=explode, escaped=escape)
    except UnwritableError:
        assume(False)
    kind = kind_of(schema, EMPTY)
    assert read_one(text.encode(), Style(name, explode, "p", "path"), kind, TYPED) == value


@given(ALL, st.booleans())
def test_a_field_is_read_as_it_was_written(case: tuple[Any, Any], explode: bool) -> None:
    schema, value = case
    try:
        text = simple(value, explode=explode, escaped=bare, escaped_name=bare)
    except UnwritableError:
        assume(False)
    # Blanks around commas belong to the list.
    assume(all(one == one.strip(" \t") for part in text.split(",") for one in part.split("=")))
    kind = kind_of(schema, EMPTY)
    assert read_one(text.encode(), Style("simple", explode, "p", "none"), kind, TYPED) == value


@given(ALL, st.sampled_from(sorted(DELIMITERS)))
def test_a_joined_query_value_is_read_as_it_was_written(case: tuple[Any, Any], style: str) -> None:
    schema, value = case
    try:
        [text] = form("p", value, explode=False, escaped=escape, delimiter=DELIMITERS[style])
    except UnwritableError:
        assume(False)
    kind = kind_of(schema, EMPTY)
    assert read_one(text.encode().partition(b"=")[2], Style(style, False, "p"), kind, TYPED) == value


@given(arrays())
def test_an_exploded_array_is_read_as_it_was_written(case: tuple[Any, Any]) -> None:
    schema, value = case
    pairs = pairs_of(form("p", value, explode=True, escaped=escape))
    assert read_many([text for _, text in pairs], Style("form", True, "p"), kind_of(schema, EMPTY), TYPED) == (
        value if value != [""] or schema["items"]["type"] == "string" else []
    )


@given(objects())
def test_an_exploded_object_is_read_as_it_was_written(case: tuple[Any, Any]) -> None:
    schema, value = case
    pairs = pairs_of(form("p", value, explode=True, escaped=escape))
    assert read_exploded(pairs, Style("form", True, "p"), kind_of(schema, EMPTY), TYPED) == value


@given(objects(), arrays())
def test_a_deep_object_is_read_as_it_was_written(outer: tuple[Any, Any], inner: tuple[Any, Any]) -> None:
    schema = {
        "type": "object",
        "properties": {"o": outer[0], "l": inner[0], "n": {"items": {"properties": {"o": outer[0]}}}},
    }
    value = {"o": outer[1], "l": inner[1], "n": [{"o": outer[1]}, {"o": outer[1]}]}
    pairs = pairs_of(deep_object("p", value, escaped=escape))
    assert read_deep(pairs, Style("deepObject", True, "p"), kind_of(schema, EMPTY), TYPED) == value


@pytest.mark.parametrize(
    ("text", "schema", "mode", "value"),
    [
        ("5", {"type": "integer"}, TYPED, 5),
        ("-0", {"type": "integer"}, TYPED, 0),
        ("05", {"type": "integer"}, TYPED, "05"),
        ("+5", {"type": "integer"}, TYPED, "+5"),
        ("5.0", {"type": "integer"}, TYPED, "5.0"),
        ("5e1", {"type": "integer"}, TYPED, "5e1"),
        ("0x10", {"type": "integer"}, TYPED, "0x10"),
        ("\u0665", {"type": "integer"}, TYPED, "\u0665"),
        (" 5", {"type": "integer"}, TYPED, " 5"),
        ("9" * 5000, {"type": "integer"}, TYPED, "9" * 5000),
        ("5e1", {"type": "number"}, TYPED, 50.0),
        ("1e999", {"type": "number"}, TYPED, "1e999"),
        ("NaN", {"type": "number"}, TYPED, "NaN"),
        ("true", {"type": "boolean"}, TYPED, True),
        ("True", {"type": "boolean"}, TYPED, "True"),
        ("1", {"type": "boolean"}, TYPED, "1"),
        ("", {"type": ["integer", "null"]}, TYPED, None),
        ("null", {"type": ["string", "null"]}, TYPED, None),
        ("null", {"type": ["string", "null"]}, TEXTUAL, "null"),
        ("5", {"type": ["integer", "string"]}, TYPED, 5),
        ("5", {"type": ["integer", "string"]}, TEXTUAL, "5"),
    ],
)
def test_a_text_is_read_as_a_type_only_in_the_spelling_of_json(
    text: str, schema: Any, mode: ReadingMode, value: Any
) -> None:
    found = read_scalar(text, kind_of(schema, EMPTY), mode)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "style", "mode", "value"),
    [
        (b"a,b", Style("form", False, "p"), TYPED, ["a", "b"]),
        (b"a%2Cb", Style("form", False, "p"), TYPED, ["a,b"]),
        (b"a%2Cb", Style("form", False, "p"), DECODED, ["a", "b"]),
        (b"a+b|c", Style("pipeDelimited", False, "p"), TYPED, ["a b", "c"]),
        (b"a+b%20c", Style("spaceDelimited", False, "p"), TYPED, ["a", "b", "c"]),
        (b"a, b ,c", Style("simple", False, "p", "none"), TYPED, ["a", "b", "c"]),
        (b".a.b", Style("label", True, "p", "path"), TYPED, ["a", "b"]),
        (b";p=a,b", Style("matrix", False, "p", "path"), TYPED, ["a", "b"]),
        (b";p=a;p=b", Style("matrix", True, "p", "path"), TYPED, ["a", "b"]),
        (b'["a"]', Style("content", False, "p", is_json=True), TYPED, ["a"]),
    ],
)
def test_a_list_is_read_in_its_style(text: bytes, style: Style, mode: ReadingMode, value: Any) -> None:
    assert read_one(text, style, kind_of({"type": "array", "items": {"type": "string"}}, EMPTY), mode) == value


@pytest.mark.parametrize(
    ("text", "style"),
    [
        (b";R=100;G=200", Style("matrix", True, "p", "path")),
        (b";p=R,100,G,200", Style("matrix", False, "p", "path")),
        (b".R=100.G=200", Style("label", True, "p", "path")),
        (b"R=100,G=200", Style("simple", True, "p", "path")),
        (b"R,100,G,200", Style("form", False, "p")),
    ],
)
def test_an_object_is_read_in_its_style(text: bytes, style: Style) -> None:
    schema = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert read_one(text, style, kind_of(schema, EMPTY), TYPED) == {"R": 100, "G": 200}


@pytest.mark.parametrize(
    ("text", "style"),
    [
        (b"a", Style("label", False, "p", "path")),
        (b"a", Style("matrix", False, "p", "path")),
        (b";q=a", Style("matrix", False, "p", "path")),
        (b";p=1;p=2", Style("matrix", False, "p", "path")),
        (b"R,100,G", Style("form", False, "p")),
        (b"R,1,R,2", Style("form", False, "p")),
        (b"R", Style("simple", True, "p", "path")),
        (b"%FF", Style("content", False, "p")),
        (b'{"a":1,"a":2}', Style("content", False, "p", is_json=True)),
        (b"NaN", Style("content", False, "p", is_json=True)),
        (b"[" * 10000, Style("content", False, "p", is_json=True)),
    ],
)
def test_a_text_in_another_style_is_unreadable(text: bytes, style: Style) -> None:
    with pytest.raises(UnreadableError):
        read_one(text, style, kind_of({"type": "object"}, EMPTY), TYPED)


@pytest.mark.parametrize(
    "names",
    [
        ["p", "p"],
        ["p", "p[a]"],
        ["p[a]", "p[a]"],
        ["p[a]", "p[a][b]"],
        ["p" + "[a]" * 100],
        ["p[][a]", "p[]"],
        ["p[]", "p[][a]"],
    ],
)
def test_a_deep_object_that_is_ambiguous_is_unreadable(names: list[str]) -> None:
    with pytest.raises(UnreadableError):
        read_deep([(name, b"1") for name in names], Style("deepObject", True, "p"), kind_of({}, EMPTY), TYPED)


@pytest.mark.parametrize("schema", [{"type": "object"}, {"type": "array"}, {"type": ["array", "object"]}])
def test_a_deep_object_that_is_no_object_is_unreadable(schema: Any) -> None:
    with pytest.raises(UnreadableError, match=r"must be written as `p\[member\]=value`"):
        read_deep([("p", b"1")], Style("deepObject", True, "p"), kind_of(schema, EMPTY), TYPED)


@given(st.one_of(st.integers(-99, 99), st.booleans(), st.text("ab+% ", min_size=1)), st.booleans())
def test_a_scalar_in_the_place_of_a_deep_object_is_read_as_it_was_written(value: Any, is_any: bool) -> None:
    schema = {} if is_any else {"anyOf": [{"type": "object"}, {"type": type_of(value)}]}
    pairs = pairs_of(deep_object("p", value, escaped=escape))
    assert read_deep(pairs, Style("deepObject", True, "p"), kind_of(schema, EMPTY), TYPED) == value


def test_an_exploded_object_has_each_member_once() -> None:
    with pytest.raises(UnreadableError):
        read_exploded([("a", b"1"), ("a", b"2")], Style("form", True, "p"), kind_of({}, EMPTY), TYPED)


def test_nested_values_are_read_as_json() -> None:
    kind = kind_of({"type": "array", "items": {"type": "object"}}, EMPTY)
    assert read_many([b'{"a":1}', b"{a"], Style("form", True, "p"), kind, TYPED) == [{"a": 1}, "{a"]


def test_no_text_is_an_empty_list_of_numbers_and_an_empty_object() -> None:
    style = Style("form", False, "p")
    assert read_one(b"", style, kind_of({"items": {"type": "integer"}}, EMPTY), TYPED) == []
    assert read_one(b"", style, kind_of({"items": {"type": "string"}}, EMPTY), TYPED) == [""]
    assert read_one(b"", style, kind_of({"type": "object"}, EMPTY), TYPED) == {}


def test_a_plus_sign_is_a_blank_in_queries_only() -> None:
    assert decoded(b"a+b%2B", "form") == "a b+"
    assert decoded(b"a+b", "path") == "a+b"
    assert decoded(b"%41", "none") == "%41"


def test_the_ways_to_read_depend_on_the_kind() -> None:
    assert modes_of(Style("form", False, "p"), kind_of({"type": "integer"}, EMPTY)) == (TYPED,)
    assert modes_of(Style("form", False, "p"), kind_of({"items": {"type": "integer"}}, EMPTY)) == (TYPED, DECODED)
    assert modes_of(Style("form", True, "p"), kind_of({}, EMPTY)) == (TYPED, TEXTUAL)


@given(st.text(), st.sampled_from([TYPED, TEXTUAL, DECODED]))
def test_reading_json_never_raises_another_error(text: str, mode: ReadingMode) -> None:
    with contextlib.suppress(UnreadableError):
        read_json(text)
    read_scalar(text, kind_of({}, EMPTY), mode)
