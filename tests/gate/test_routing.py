"""Routes: the most specific allowed template, and the methods of a path."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.gate.routing import RouteTable, compile_routes
from plugin_gateway.gate.search import find_routes
from plugin_gateway.gate.target import MAX_SEGMENTS, Target, read_target
from plugin_gateway.gate.template import parse_template
from plugin_gateway.gate.variant import required_pairs
from plugin_gateway.openapi.document import OperationKey

if TYPE_CHECKING:
    from collections.abc import Sequence


def table_of(allowed: list[str], denied: Sequence[str] = ()) -> RouteTable:
    keys = [OperationKey(*text.split(" ")) for text in [*allowed, *denied]]
    rules = {
        key: OperationRule(
            method=key.method,
            path_template=key.path,
            operation_id=str(key),
            required=required_pairs(parse_template(key.path).query),
        )
        for key in keys[: len(allowed)]
    }
    return compile_routes(rules, keys, {})


def route_of(table: RouteTable, method: bytes, path: bytes) -> str | None:
    target = read_target(path)
    assert isinstance(target, Target)
    routes = find_routes(table.root, target.segments, 1, method)
    return routes[0].rule.path_template if routes else None


@pytest.mark.parametrize(
    ("path", "template"),
    [
        (b"/pets", "/pets"),
        (b"/pets/", None),
        (b"/pets/mine", "/pets/mine"),
        (b"/pets/1", "/pets/{id}"),
        (b"/pets/1.json", "/pets/{id}.json"),
        (b"/pets/a-b.json", "/pets/{a}-{b}.json"),
        (b"/a/b/c", "/a/{x}/c"),
        (b"/a/b/d", "/a/b/d"),
        (b"/a/b/d/", "/a/{x}/d/"),
        (b"/A/b/d", None),
        (b"/", "/"),
        (b"/pets/1/2", None),
        (b"/caf%c3%a9", "/café"),
        (b"/p%65ts", None),
    ],
)
def test_the_most_specific_template_wins_and_the_search_goes_back(path: bytes, template: str | None) -> None:
    allowed = [
        "GET /pets", "GET /pets/{id}", "GET /pets/mine", "GET /pets/{id}.json", "GET /pets/{a}-{b}.json", "GET /a/{x}/c",
        "GET /a/b/d", "GET /a/{x}/d/", "GET /", "GET /café",
    ]  # fmt: skip

    assert route_of(table_of(allowed), b"GET", path) == template


def test_a_more_specific_path_without_the_method_gives_way() -> None:
    table = table_of(["POST /a/b/{y}", "GET /a/{x}/c"])

    assert route_of(table, b"GET", b"/a/b/c") == "/a/{x}/c"
    assert route_of(table, b"POST", b"/a/b/c") == "/a/b/{y}"


@pytest.mark.parametrize(
    ("denied", "head"),
    [([], "/pets"), (["HEAD /pets"], None), (["HEAD /pets/{id}"], "/pets"), (["POST /pets"], "/pets")],
)
def test_head_goes_where_get_goes_unless_it_is_declared(denied: list[str], head: str | None) -> None:
    assert route_of(table_of(["GET /pets"], denied), b"HEAD", b"/pets") == head


def test_the_methods_of_a_path_leave_out_the_denied_ones() -> None:
    allowed = ["GET /pets/{id}", "DELETE /pets/{id}", "POST /pets/export", "PUT /files/{name}.json"]
    table = table_of(allowed, ["GET /pets/export"])

    def methods(path: bytes) -> list[bytes]:
        target = read_target(path)
        assert isinstance(target, Target)
        return table.methods(target)

    assert methods(b"/pets/1") == [b"DELETE", b"GET", b"HEAD"]
    assert methods(b"/pets/export") == [b"POST"]
    assert methods(b"/pets/EXPORT") == []
    assert methods(b"/files/a.json") == [b"PUT"]
    assert methods(b"/files/a.xml") == []
    assert methods(b"/nowhere") == []


def test_templates_that_differ_in_their_query_share_a_node_the_most_demanding_first() -> None:
    table = table_of(["GET /a", "GET /a?x=1", "GET /a?x=1&y=2"])
    routes = find_routes(table.root, ["", "a"], 1, b"GET")

    assert routes is not None
    assert [[*map(str, route.rule.required)] for route in routes] == [["x=1", "y=2"], ["x=1"], []]


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
def test_a_method_that_is_never_forwarded_has_no_route(method: str) -> None:
    assert route_of(table_of([f"{method} /a"]), method.encode(), b"/a") is None


def test_of_templates_that_are_one_on_the_wire_the_same_wins_in_any_order() -> None:
    assert route_of(table_of(["GET /a#x", "GET /a"]), b"GET", b"/a") == "/a"
    assert route_of(table_of(["GET /a", "GET /a#x"]), b"GET", b"/a") == "/a"


def test_a_template_deeper_than_any_target_is_left_out_and_no_other_one() -> None:
    deepest = "/a" * MAX_SEGMENTS
    table = table_of(["GET " + "/a" * 1500, "GET " + deepest])

    assert route_of(table, b"GET", deepest.encode()) == deepest
    assert table.methods(Target(b"", b"", [""] + ["a"] * 1500)) == []


@pytest.mark.parametrize("paths", [["/0{x}", "/{x}0"], ["/{x}0", "/0{x}"]])
def test_of_patterns_with_as_many_literals_the_one_that_begins_with_a_parameter_wins(paths: list[str]) -> None:
    assert route_of(table_of([f"GET {path}" for path in paths]), b"GET", b"/0000") == "/{x}0"


def paths_of(*segments: str) -> list[Any]:
    return [path for length in range(1, 5) for path in product(segments, repeat=length)]


TEMPLATES = st.sampled_from(["/" + "/".join(path) for path in paths_of("a", "b", "{x}", "{x}.j", "a{x}")])


@given(
    st.lists(TEMPLATES, min_size=1, max_size=8, unique=True),
    st.sampled_from(paths_of("a", "b", "ab", "a.j", "z")),
    st.integers(0, 999),
)
def test_the_tree_finds_the_same_templates_as_a_search_through_all_in_any_order(
    paths: list[str], values: tuple[str, ...], seed: int
) -> None:
    shuffled = Random(seed).sample(paths, len(paths))
    path = ("/" + "/".join(values)).encode()
    expected = {
        p
        for p in paths
        if len(parse_template(p).segments) == len(values)
        and all(s.pattern.matches(v) for s, v in zip(parse_template(p).segments, values, strict=True))
    }

    found = route_of(table_of([f"GET {p}" for p in paths]), b"GET", path)

    assert (found in expected) if expected else found is None
    assert (
        found is None
        or parse_template(found).shape
        == parse_template(route_of(table_of([f"GET {p}" for p in shuffled]), b"GET", path) or "").shape
    )
