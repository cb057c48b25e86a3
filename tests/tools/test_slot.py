"""Each slot writes its value into its place, or refuses a value that would not arrive as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.shape.values.scalar import UnwritableError
from plugin_gateway.tools.draft import Draft
from plugin_gateway.tools.path import Spot
from plugin_gateway.tools.slot import (
    MAX_FIELD_BYTES,
    CookieSlot,
    HeaderSlot,
    PathSlot,
    QuerySlot,
    QueryStringSlot,
    SettledSlot,
    Slot,
    UnusedSlot,
)
from plugin_gateway.tools.tool import Argument, Place

if TYPE_CHECKING:
    from collections.abc import Collection

    from plugin_gateway.openapi.document import JsonObject


def argument(place: Place, style: str = "", **given: Any) -> Argument:
    return Argument(name="n", place=place, wire_name="n", style=style, **given)


def written(slot: Slot, value: object) -> Draft:
    draft = Draft(["/", ""], [])
    slot.add(value, draft)
    return draft


def path_slot(style: str = "simple", rivals: Collection[str] = (), **given: Any) -> PathSlot:
    return PathSlot(argument(Place.PATH, style, **given), [Spot(1, 0, is_whole=True)], rivals)


def query_slot(style: str = "form", others: Collection[str] = (), **given: Any) -> QuerySlot:
    return QuerySlot(argument(Place.QUERY, style, **given), "n[]", frozenset({"n", *others}))


@pytest.mark.parametrize(
    ("style", "given", "value", "text"),
    [
        ("simple", {}, "v1.2", "v1.2"),
        ("simple", {}, "a/b", "a%2Fb"),
        ("simple", {}, 5, "5"),
        ("simple", {}, ["a", "b"], "a,b"),
        ("simple", {"explode": True}, {"a": 1}, "a=1"),
        ("simple", {"allow_reserved": True}, "a:b/c", "a:b%2Fc"),
        ("label", {}, "a", ".a"),
        ("matrix", {}, "a", ";n=a"),
        ("matrix", {}, ["a", 2], ";n=a,2"),
        ("matrix", {"explode": True}, ["a", 2], ";n=a;n=2"),
        ("", {"media_type": "application/json"}, {"a": 1}, "%7B%22a%22%3A1%7D"),
    ],
)
def test_a_path_value_is_escaped(style: str, given: JsonObject, value: object, text: str) -> None:
    assert written(path_slot(style, **given), value).path == ["/", text]


@pytest.mark.parametrize(
    ("style", "value"), [("simple", ""), ("simple", []), ("label", {}), ("simple", None), ("matrix", ""), ("matrix", []),
                          ("matrix", {"a": 1}), ("matrix", "a;b"), ("matrix", "a%b")],
)  # fmt: skip
def test_an_empty_path_value_and_one_that_servers_read_in_different_ways_are_refused(style: str, value: object) -> None:
    with pytest.raises(UnwritableError):
        written(path_slot(style, explode=True), value)


@pytest.mark.parametrize(
    ("value", "is_suspect", "is_doubtful"),
    [("b", False, False), ("mine", False, True), ("a b", True, True), (7, False, False)],
)
def test_values_that_the_gate_may_read_differently_are_marked(
    value: str | int, is_suspect: bool, is_doubtful: bool
) -> None:
    draft = written(path_slot(rivals={"mine"}), value)

    assert (bool(draft.suspects), draft.is_doubtful) == (is_suspect, is_doubtful)


def test_each_part_of_a_segment_is_suspect() -> None:
    slot = PathSlot(argument(Place.PATH, "simple"), [Spot(1, 0, is_whole=False)], ())

    assert written(slot, "a").suspects == [0]


@pytest.mark.parametrize(
    ("style", "given", "value", "pairs"),
    [
        ("form", {}, "a", ["n%5B%5D=a"]),
        ("form", {}, 2**65, ["n%5B%5D=36893488147419103232"]),
        ("form", {}, True, ["n%5B%5D=true"]),
        ("form", {"explode": True}, [1, 2], ["n%5B%5D=1", "n%5B%5D=2"]),
        ("form", {}, [1, 2], ["n%5B%5D=1,2"]),
        ("spaceDelimited", {}, [1, 2], ["n%5B%5D=1%202"]),
        ("pipeDelimited", {}, [1, 2], ["n%5B%5D=1%7C2"]),
        ("deepObject", {}, {"a": 1}, ["n%5B%5D%5Ba%5D=1"]),
        ("form", {"allow_reserved": True}, "a/b", ["n%5B%5D=a/b"]),
        ("", {"media_type": "application/json"}, "a", ["n%5B%5D=%22a%22"]),
        ("", {"media_type": "application/json"}, 7, ["n%5B%5D=7"]),
    ],
)
def test_a_query_value_is_written_in_its_style(style: str, given: JsonObject, value: object, pairs: list[str]) -> None:
    assert written(query_slot(style, **given), value).pairs == pairs


def test_names_that_depend_on_values_are_marked() -> None:
    assert written(query_slot("deepObject"), {"a": 1}).is_doubtful
    assert written(query_slot(explode=True), {"a": 1}).is_doubtful
    assert not written(query_slot(), {"a": 1}).is_doubtful


def test_a_member_of_an_exploded_object_does_not_become_another_parameter() -> None:
    with pytest.raises(UnwritableError):
        written(query_slot(explode=True, others={"limit"}), {"limit": 1})


@pytest.mark.parametrize(
    ("media_type", "value", "pairs"),
    [
        ("application/x-www-form-urlencoded", {"a b": [1, 2], "c": None}, ["a%20b=1", "a%20b=2"]),
        ("application/json", {"a": "é"}, ["%7B%22a%22%3A%22%5Cu00e9%22%7D"]),
        ("text/plain", "a&b", ["a%26b"]),
        ("text/plain", "", []),
    ],
)
def test_a_whole_query_is_written_as_its_media_type(media_type: str, value: Any, pairs: list[str]) -> None:
    draft = written(QueryStringSlot(argument(Place.QUERYSTRING, media_type=media_type)), value)

    assert (draft.pairs, draft.is_doubtful) == (pairs, True)


def test_a_settled_value_is_accepted_but_no_other() -> None:
    slot = SettledSlot(argument(Place.QUERY), "true")

    assert written(slot, True).pairs == []
    with pytest.raises(UnwritableError):
        written(slot, "false")


@pytest.mark.parametrize(
    ("given", "value", "text"),
    [
        ({}, "a, b", b"a, b"),
        ({}, "", b""),
        ({}, "é", "é".encode()),
        ({}, ["a", "b"], b"a,b"),
        ({"explode": True}, {"a": 1}, b"a=1"),
        ({"media_type": "application/json"}, {"a": "é\n"}, b'{"a":"\\u00e9\\n"}'),
    ],
)
def test_a_field_value_is_not_escaped(given: JsonObject, value: object, text: bytes) -> None:
    assert written(HeaderSlot(argument(Place.HEADER, "simple", **given)), value).fields == [(b"n", text)]


@pytest.mark.parametrize(
    "value", ["a\r\nX: y", "a\nb", "\x00", "\x7f", " a", "a\t", "\ud800", ["a,b"], [["a"]], "a" * (MAX_FIELD_BYTES + 1)],
    ids=["crlf", "lf", "nul", "del", "blank", "tab", "surrogate", "comma", "nested", "long"],
)  # fmt: skip
def test_a_value_that_could_end_its_field_is_refused(value: object) -> None:
    with pytest.raises(UnwritableError):
        written(HeaderSlot(argument(Place.HEADER, "simple")), value)


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Content-Type", "X-Forwarded-For", "Cookie", "a b", "a\r\nb", "é"]
)
def test_a_field_that_the_gateway_does_not_forward_has_no_slot(name: str) -> None:
    assert not HeaderSlot.takes(name)
    assert HeaderSlot.takes("X-Trace")


@pytest.mark.parametrize(
    ("style", "given", "value", "cookies"),
    [
        ("form", {}, "a b,c", ["n=a%20b%2Cc"]),
        ("form", {"explode": False}, ["a", "b"], ["n=a%2Cb"]),
        ("form", {"explode": True}, ["a", "b"], ["n=a&n=b"]),
        ("form", {"explode": False}, {"a": 1}, ["n=a%2C1"]),
        ("cookie", {"explode": True}, ["a", "b"], ["n=a", "n=b"]),
        ("cookie", {"explode": True}, "a%b", ["n=a%b"]),
        ("", {"media_type": "application/json"}, ["a"], ["n=%5B%22a%22%5D"]),
        ("form", {"explode": True}, [], []),
    ],
)
def test_a_cookie_is_one_that_every_server_reads_alike(
    style: str, given: JsonObject, value: object, cookies: list[str]
) -> None:
    assert written(CookieSlot(argument(Place.COOKIE, style, **given)), value).cookies == cookies


@pytest.mark.parametrize(
    ("style", "explode", "value"),
    [
        ("form", True, {"session": "x"}),
        ("form", False, ["a,b"]),
        ("cookie", True, "a;b"),
        ("cookie", True, "a, b"),
        ("cookie", False, ["a", "b"]),
        ("cookie", True, "é"),
        ("form", True, "a\x00"),
    ],
)
def test_a_value_that_could_be_another_cookie_is_refused(style: str, explode: bool, value: object) -> None:
    with pytest.raises(UnwritableError):
        written(CookieSlot(argument(Place.COOKIE, style, explode=explode)), value)


@pytest.mark.parametrize("name", ["$Path", "a;b", "a b", ""])
def test_a_cookie_name_that_parsers_read_in_different_ways_has_no_slot(name: str) -> None:
    assert not CookieSlot.takes(name)
    assert CookieSlot.takes("theme")


def test_an_argument_without_a_place_changes_nothing() -> None:
    draft = written(UnusedSlot(argument(Place.PATH)), "a")

    assert (draft.path, draft.pairs) == (["/", ""], [])
