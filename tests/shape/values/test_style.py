"""Values are written as the table "Style Values" of OpenAPI 3.1.1 says; other values are refused where the table has no form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.shape.values.scalar import UnwritableError, escape, escape_but_reserved
from plugin_gateway.shape.values.style import MAX_VALUES, bare, deep_members, deep_object, form, label, matrix, simple

if TYPE_CHECKING:
    from collections.abc import Callable

EMPTY, STRING, ARRAY, OBJECT = "", "blue", ["blue", "black", "brown"], {"R": 100, "G": 200, "B": 150}


@pytest.mark.parametrize(
    ("explode", "value", "text"),
    [
        (False, EMPTY, ""),
        (False, STRING, "blue"),
        (False, ARRAY, "blue,black,brown"),
        (False, OBJECT, "R,100,G,200,B,150"),
        (True, EMPTY, ""),
        (True, STRING, "blue"),
        (True, ARRAY, "blue,black,brown"),
        (True, OBJECT, "R=100,G=200,B=150"),
        (True, {"a=b": "c=d,e"}, "a%3Db=c%3Dd%2Ce"),
        (False, [None, 1, None], "1"),
        (False, [], ""),
    ],
)
def test_simple_style_is_written_as_in_the_openapi_table(explode: bool, value: object, text: str) -> None:
    assert simple(value, explode=explode, escaped=escape) == text


@pytest.mark.parametrize(
    ("explode", "value", "text"),
    [
        (False, EMPTY, "."),
        (False, STRING, ".blue"),
        (False, ARRAY, ".blue,black,brown"),
        (False, OBJECT, ".R,100,G,200,B,150"),
        (True, STRING, ".blue"),
        (True, ARRAY, ".blue.black.brown"),
        (True, OBJECT, ".R=100.G=200.B=150"),
        (True, [], ""),
        (True, {}, ""),
        (True, "1.5", ".1.5"),
    ],
)
def test_label_style_is_written_as_in_the_openapi_table(explode: bool, value: object, text: str) -> None:
    assert label(value, explode=explode, escaped=escape) == text


@pytest.mark.parametrize(
    ("explode", "value", "text"),
    [
        (False, "a b", ";m=a%20b"),
        (True, "a", ";m=a"),
        (False, ["a", "b,c"], ";m=a,b%2Cc"),
        (True, ["a", None, "b"], ";m=a;m=b"),
        (False, {"R": 1, "G": 2}, ";m=R,1,G,2"),
        (False, "", ""),
        (True, [], ""),
    ],
)
def test_matrix_style_is_written_with_its_name(explode: bool, value: object, text: str) -> None:
    assert matrix("m", value, explode=explode, escaped=escape) == text


@pytest.mark.parametrize(
    ("explode", "value", "pairs"),
    [
        (False, EMPTY, "color="),
        (False, STRING, "color=blue"),
        (False, ARRAY, "color=blue,black,brown"),
        (False, OBJECT, "color=R,100,G,200,B,150"),
        (True, EMPTY, "color="),
        (True, STRING, "color=blue"),
        (True, ARRAY, "color=blue&color=black&color=brown"),
        (True, OBJECT, "R=100&G=200&B=150"),
        (True, [], ""),
        (False, [], ""),
        (False, {}, ""),
        (False, {"a": None}, ""),
        (True, [None, "&"], "color=%26"),
        (False, ["a,b", "c"], "color=a%2Cb,c"),
        (True, [{"a": 1}], "color=%7B%22a%22%3A1%7D"),
        (False, [{"a": 1}, 2], "color=%7B%22a%22%3A1%7D,2"),
        (False, {"a": [1, True]}, "color=a,%5B1%2Ctrue%5D"),
    ],
)
def test_form_style_is_written_as_in_the_openapi_table(explode: bool, value: object, pairs: str) -> None:
    assert "&".join(form("color", value, explode=explode, escaped=escape)) == pairs


@pytest.mark.parametrize(("delimiter", "written"), [("%20", "blue%20black%20brown"), ("%7C", "blue%7Cblack%7Cbrown")])
def test_space_and_pipe_delimited_styles_join_values_with_their_delimiter(delimiter: str, written: str) -> None:
    assert form("color", ARRAY, explode=False, escaped=escape, delimiter=delimiter) == [f"color={written}"]
    assert form("color", {"R": 1}, explode=False, escaped=escape, delimiter=delimiter) == [f"color=R{delimiter}1"]


def test_deep_object_style_names_each_member_in_brackets() -> None:
    assert (
        "&".join(deep_object("color", OBJECT, escaped=escape)) == "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"
    )


def test_lists_and_nested_objects_are_deep_as_most_servers_read_them() -> None:
    value = {"a": {"b": 1}, "c": ["x", None, "y"], "d": [{"e": 1}, {"e": 2}], "f": None, "g": "", "h": []}

    assert deep_members("q", value) == [
        ("q[a][b]", "1"),
        ("q[c][]", "x"),
        ("q[c][]", "y"),
        ("q[d][0][e]", "1"),
        ("q[d][1][e]", "2"),
        ("q[g]", ""),
    ]
    assert deep_members("q", 5) == [("q", "5")]


def test_reserved_characters_that_separate_values_are_escaped_inside_them() -> None:
    assert form("q", ["a,b/c", "d"], explode=False, escaped=escape_but_reserved) == ["q=a%2Cb/c,d"]


REFUSED = {
    "a list in a list": lambda: simple([["a"]], explode=False, escaped=escape),
    "an object in an object": lambda: simple({"a": {}}, explode=True, escaped=escape),
    "a comma in a field": lambda: simple(["a,b"], explode=False, escaped=bare),
    "an equals sign in a field": lambda: simple({"a=b": 1}, explode=True, escaped=bare, escaped_name=bare),
    "a dot between dots": lambda: label(["a.b"], explode=True, escaped=escape),
    "a dot in a member": lambda: label({"a": "1.5"}, explode=True, escaped=escape),
    "a blank between blanks": lambda: form("q", ["a b"], explode=False, escaped=escape, delimiter="%20"),
    "a bar in a key": lambda: form("q", {"a|b": 1}, explode=False, escaped=escape, delimiter="%7C"),
    "a closing bracket": lambda: deep_members("q", {"a]": 1}),
    "an opening bracket": lambda: deep_members("q", {"[": 1}),
    "many values": lambda: form("q", [1] * (MAX_VALUES + 1), explode=True, escaped=escape),
    "many members": lambda: simple(dict.fromkeys(map(str, range(MAX_VALUES + 1)), 1), explode=True, escaped=escape),
    "an exploded object after a semicolon": lambda: matrix("m", {"a": 1}, explode=True, escaped=escape),
    "many labels": lambda: label([1] * (MAX_VALUES + 1), explode=True, escaped=escape),
    "many deep values": lambda: deep_members("q", {"a": [1] * (MAX_VALUES + 2)}),
    "a long key above many values": lambda: deep_members("q", {"a" * 300: dict.fromkeys("abc", 1)}),
    "an empty key": lambda: deep_members("q", {"": 1}),
}


@pytest.mark.parametrize("write", REFUSED.values(), ids=REFUSED)
def test_a_value_that_the_upstream_would_read_differently_is_refused(write: Callable[..., Any]) -> None:
    with pytest.raises(UnwritableError):
        write()


def test_a_nested_value_is_reported_as_nested() -> None:
    with pytest.raises(UnwritableError, match="nested"):
        simple([["a"]], explode=False, escaped=escape)


def test_a_value_of_many_levels_is_refused() -> None:
    value: Any = "x"
    for _ in range(50_000):
        value = {"a": value}

    with pytest.raises(UnwritableError):
        deep_members("q", value)
