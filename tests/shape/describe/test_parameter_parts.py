from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.config.parameter_rule import ParameterRule
from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.describe.declared import DeclaredParameter
from plugin_gateway.shape.describe.parameter_parts import is_spread, part_of, path_parts, reader_of
from plugin_gateway.shape.request.reader import Reader
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.reading import Style
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


def reader(name: str) -> Reader:
    kind = kind_of({}, Document(root={}, name="d"))
    return Reader("path", name, Style("simple", False, name, "path"), kind, Validator({}))


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("/pets/{id}", b"/pets/7", {"id": b"7"}),
        ("/pets/{id}/x/{key}", b"/pets/7/x/a%2Fb", {"id": b"7", "key": b"a%2Fb"}),
        ("/files/{name}.{kind}", b"/files/a.b.json", {"name": b"a", "kind": b"b.json"}),
        ("/files/v{id}", b"/files/v7", {"id": b"7"}),
        ("/pets/{id}?type={type}", b"/pets/7", {"id": b"7"}),
        ("/pets", b"/pets", {}),
    ],
)
def test_the_value_of_each_parameter_is_found_in_the_path(template: str, path: bytes, values: dict[str, bytes]) -> None:
    segments = path.split(b"/")
    found: dict[str, bytes] = {}
    for part in path_parts(template, {name: reader(name) for name in ("id", "key", "name", "kind")}):
        match = part.pattern.fullmatch(segments[part.segment]) if part.pattern is not None else None
        found[part.reader.name] = match[part.group] if match is not None else segments[part.segment]
    assert found == values


def test_a_path_without_readers_has_no_parts() -> None:
    assert path_parts("/pets/{id}", {}) == ()
