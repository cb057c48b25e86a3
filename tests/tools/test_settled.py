"""What the path template of a tool settles."""

from __future__ import annotations

import pytest

from plugin_gateway.gate.template import parse_template
from plugin_gateway.gate.variant import RequiredPair, required_pairs
from plugin_gateway.tools.settled import Settled
from plugin_gateway.tools.tool import Argument, Place


def settled(path: str, *more: RequiredPair) -> Settled:
    template = parse_template(path)
    return Settled(template, (*required_pairs(template.query), *more))


def argument(place: Place, name: str) -> Argument:
    return Argument(name=name, wire_name=name, place=place)


def test_pairs_with_a_value_are_in_every_query_and_others_are_free() -> None:
    one = settled("/a?Action=List&acl&by={key}&x%20y=%26", RequiredPair(b"Version", b"1 2"))
    assert one.pairs == ["Action=List", "acl", "x%20y=%26", "Version=1%202"]
    assert one.fields == []
    assert one.free == {"by": "by", "key": "by"}


def test_a_field_that_selects_is_in_every_request() -> None:
    one = settled("/", RequiredPair(b"x-amz-target", b"Q.List", "header"))
    assert one.fields == [(b"x-amz-target", b"Q.List")]
    assert one.pairs == []


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        (Place.QUERY, "Action", "List"),
        (Place.QUERY, "action", None),
        (Place.QUERY, "by", None),
        (Place.QUERY, "X-Amz-Target", None),
        (Place.HEADER, "X-Amz-Target", "Q.List"),
        (Place.HEADER, "x-amz-target", "Q.List"),
        (Place.HEADER, "Action", None),
        (Place.PATH, "Action", None),
        (Place.BODY, "Action", None),
    ],
)
def test_an_argument_of_that_place_and_name_must_have_the_value(place: Place, name: str, value: str | None) -> None:
    one = settled("/?Action=List&by={by}", RequiredPair(b"x-amz-target", b"Q.List", "header"))
    assert one.value(argument(place, name)) == value
