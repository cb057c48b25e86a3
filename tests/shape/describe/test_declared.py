from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.config.parameter_rule import ParameterRule
from plugin_gateway.shape.describe.declared import DeclaredParameter, find_named, written
from plugin_gateway.shape.values.scalar import UnwritableError


def declared(place: str = "query", name: str = "p", rule: Any = None, **node: Any) -> DeclaredParameter:
    parsed = None if rule is None else ParameterRule.parse(rule)
    return DeclaredParameter({"in": place, "name": name, **node}, place, name, parsed)


@pytest.mark.parametrize(
    ("one", "style", "explode"),
    [
        (declared(), "form", True),
        (declared("path"), "simple", False),
        (declared("header"), "simple", False),
        (declared("cookie"), "form", True),
        (declared(style="pipeDelimited"), "pipeDelimited", False),
        (declared(explode=False), "form", False),
        (declared(content={"application/json": {}}), "content", False),
    ],
)
def test_the_defaults_of_openapi_are_filled_in(one: DeclaredParameter, style: str, explode: bool) -> None:
    assert (one.style, one.explode) == (style, explode)


def test_the_schema_is_in_the_parameter_or_in_its_media_type() -> None:
    one = declared(content={"application/vnd.api+json; v=1": {"schema": {"type": "object"}}})
    assert one.is_json
    assert one.schema == {"type": "object"}
    one.schema = {}
    assert one.node["content"] == {"application/vnd.api+json; v=1": {"schema": {}}}
    assert declared(schema={"type": "string"}).schema == {"type": "string"}
    assert declared(content={"text/plain": None}).schema == {}


@pytest.mark.parametrize(
    ("rule", "name"),
    [(None, "p"), ("hidden", ""), ({"fixed": 1}, ""), ({"rename": "q"}, "q"), ({"maximum": 1}, "p")],
)
def test_clients_send_the_new_name_of_a_renamed_parameter_and_no_hidden_one(rule: Any, name: str) -> None:
    assert declared(rule=rule).visible_name == name


@pytest.mark.parametrize(
    ("key", "places"),
    [
        ("id", ["path", "query"]),
        ("query:id", ["query"]),
        ("header:x-a", ["header"]),
        ("X-a", ["header"]),
        ("a:b", ["query"]),
        ("query:a:b", ["query"]),
        ("ID", []),
        ("body:id", []),
    ],
)
def test_a_key_names_a_parameter_with_or_without_its_place(key: str, places: list[str]) -> None:
    all_of_them = [declared("path", "id"), declared("query", "id"), declared("header", "X-A"), declared("query", "a:b")]
    assert [one.place for one in find_named(key, all_of_them)] == places


@pytest.mark.parametrize(
    ("one", "value", "text"),
    [
        (declared(), "a b", b"p=a%20b"),
        (declared(), [1, 2], b"p=1&p=2"),
        (declared(explode=False), [1, 2], b"p=1,2"),
        (declared(style="deepObject"), {"a": 1}, b"p%5Ba%5D=1"),
        (declared(content={"application/json": {}}), {"a": 1}, b"p=%7B%22a%22%3A1%7D"),
        (declared(content={"text/plain": {}}), "a", b"p=a"),
        (declared(name="a[]"), 1, b"a%5B%5D=1"),
        (declared("header", "X-A"), True, b"X-A: true\r\n"),
        (declared("header", "X-A", content={"application/json": {}}), [1], b"X-A: [1]\r\n"),
        (declared("cookie"), "a b", b"p=a%20b"),
        (declared("cookie"), [1, 2], b"p=1%2C2"),
        (declared("cookie", content={"application/json": {}}), [1], b"p=%5B1%5D"),
    ],
)
def test_a_value_is_written_in_the_style_of_its_parameter(one: DeclaredParameter, value: Any, text: bytes) -> None:
    assert written(one, value) == text


@pytest.mark.parametrize(
    ("one", "value"),
    [
        (declared("header"), "a\r\nb"),
        (declared("header"), " a"),
        (declared("header"), "é"),
        (declared("header"), ""),
        (declared(), float("inf")),
        (declared(style="deepObject"), {"a]": 1}),
    ],
)
def test_a_value_that_cannot_be_written_is_refused(one: DeclaredParameter, value: Any) -> None:
    with pytest.raises(UnwritableError):
        written(one, value)
