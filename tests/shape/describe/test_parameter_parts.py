from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.config.parameter_rule import ParameterRule
from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.describe.declared import DeclaredParameter
from plugin_gateway.shape.describe.parameter_parts import is_spread, part_of, reader_of
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.validator import Validator

EMPTY = Document(root={}, name="d")
POINT = {"type": "object", "properties": {"x": {}}}


def declared(place: str = "query", rule: Any = None, **node: Any) -> DeclaredParameter:
    return DeclaredParameter({**node}, place, "p[]", None if rule is None else ParameterRule.parse(rule))


def test_only_an_exploded_object_of_the_query_is_spread_over_several_parameters() -> None:
    kind = kind_of(POINT, EMPTY)
    assert is_spread(declared(), kind)
    assert not is_spread(declared(explode=False), kind)
    assert not is_spread(declared("header"), kind)
    assert not is_spread(declared(style="deepObject"), kind)
    assert not is_spread(declared(), kind_of({}, EMPTY))


@pytest.mark.parametrize(
    ("place", "rule", "name", "wire_name"),
    [
        ("query", {"rename": "q"}, "q", b"p%5B%5D"),
        ("header", {"rename": "q"}, "q", b"p[]"),
        ("query", {"default": 1}, "p[]", b""),
        ("query", {"fixed": 1}, "", b""),
    ],
)
def test_a_part_has_the_names_of_both_sides(place: str, rule: Any, name: str, wire_name: bytes) -> None:
    part = part_of(declared(place, rule), None, kind_of({}, EMPTY), b"p=1")
    assert (part.name, part.wire_name, part.is_fixed) == (name, wire_name, "fixed" in rule)


def test_the_members_of_a_hidden_object_are_not_read() -> None:
    kind = kind_of(POINT, EMPTY)
    assert part_of(declared(), None, kind, b"").members == (b"x",)
    assert part_of(declared(rule={"fixed": {"x": 1}}), None, kind, b"x=1").members == ()


def test_a_narrowed_parameter_may_not_be_empty() -> None:
    one = declared(allowEmptyValue=True)
    kind = kind_of({}, EMPTY)
    assert reader_of(one, Validator({}), kind, is_enforced=True).allows_empty
    one.is_narrowed = True
    assert not reader_of(one, Validator({}), kind, is_enforced=True).allows_empty


def test_a_path_parameter_is_always_required() -> None:
    kind = kind_of({}, EMPTY)
    assert reader_of(declared("path"), Validator({}), kind, is_enforced=True).is_required
    assert not reader_of(declared(), Validator({}), kind, is_enforced=True).is_required
