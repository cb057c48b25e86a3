from typing import Any

import pytest

from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.request.bodies import Bodies, DeclaredType, JudgedBody
from plugin_gateway.shape.request.json_body import JsonBody
from plugin_gateway.shape.request.json_edit import compile_edit
from plugin_gateway.shape.values.problem import Problem
from plugin_gateway.shape.values.validator import Validator

NUMBERS = JsonBody(Validator({"type": "integer"}))
TEXTS = JsonBody(Validator({"type": "string"}))


def bodies(**changes: Any) -> Bodies:
    declared = (
        DeclaredType(b"application/json", NUMBERS),
        DeclaredType(b"application/merge-patch+json", TEXTS),
        DeclaredType(b"image/png"),
    )
    return Bodies(declared, **{"is_required": True, "is_enforced": True, **changes})


def outcome(found: JudgedBody | Refusal) -> object:
    return (found.status, found.code) if isinstance(found, Refusal) else found


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        (b"application/json", b"1", (b"1", ())),
        (b"Application/JSON; charset=utf-8", b"1", (b"1", ())),
        (b"application/json", b'"x"', (400, "invalid-request")),
        (b"application/merge-patch+json", b'"x"', (b'"x"', ())),
        (b"application/merge-patch+json", b"1", (400, "invalid-request")),
        (b"application/json; charset=latin1", '"é"'.encode(), (400, "invalid-request")),
        (b"application/json", b"", (400, "invalid-request")),
        (b"image/png", b"\x89PNG", (b"\x89PNG", ())),
    ],
)
def test_each_body_is_judged_by_the_schema_of_its_type(media_type: bytes, body: bytes, expected: object) -> None:
    assert outcome(bodies().write(media_type, body)) == expected


def test_a_reported_body_goes_up_as_it_came_with_its_problems() -> None:
    found = bodies(is_enforced=False).write(b"application/json", b'"x"')
    assert found == JudgedBody(b'"x"', (Problem("", "expected integer, got string"),))


def test_only_types_with_a_schema_are_held() -> None:
    assert bodies().judges(b"application/json")
    assert not bodies().judges(b"image/png")
    assert bodies(is_narrowed=True).judges(b"image/png")


def test_a_type_that_the_gateway_cannot_change_is_refused_where_members_are_removed() -> None:
    refusal = bodies(is_narrowed=True).write(b"image/png", b"x")
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.code) == (415, "undeclared-media-type")
    assert refusal.members["declared"] == ["application/json", "application/merge-patch+json"]
    assert outcome(bodies(is_narrowed=True).write(b"", b"x")) == (415, "undeclared-media-type")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (400, "invalid-request")),
        ({"is_required": False}, (b"", ())),
        ({"is_enforced": False, "has_fixed": True}, (400, "invalid-request")),
    ],
)
def test_a_missing_body_is_refused_if_there_must_be_one(changes: dict[str, Any], expected: object) -> None:
    assert outcome(bodies(**changes).without_body(b"")) == expected


@pytest.mark.parametrize(
    ("media_type", "changes", "expected"),
    [
        (b"image/png", {}, (b"", ())),
        (b"Image/PNG; a=b", {}, (b"", ())),
        (b"image/png", {"is_narrowed": True}, (400, "invalid-request")),
        (b"image/gif", {}, (400, "invalid-request")),
        (b"image", {}, (400, "invalid-request")),
        (b"application/json", {}, (400, "invalid-request")),
    ],
)
def test_no_octets_are_an_empty_file_where_their_type_is_not_judged(
    media_type: bytes, changes: dict[str, Any], expected: object
) -> None:
    assert outcome(bodies(**changes).without_body(media_type)) == expected


def test_a_missing_body_is_only_reported_in_report_mode() -> None:
    found = bodies(is_enforced=False).without_body(b"")
    assert isinstance(found, JudgedBody)
    assert [one.pointer for one in found.problems] == [""]


def test_an_empty_body_passes_where_none_is_required() -> None:
    assert bodies(is_required=False).write(b"application/json", b"") == JudgedBody(b"")


def test_a_range_judges_the_json_types_that_it_admits() -> None:
    ranged = Bodies((DeclaredType(b"*/*", NUMBERS),), is_required=True, is_enforced=True)
    assert outcome(ranged.write(b"application/problem+json", b'"x"')) == (400, "invalid-request")
    assert ranged.write(b"text/csv", b"a,b") == JudgedBody(b"a,b")


def test_a_body_that_could_hide_a_dropped_member_is_refused_even_in_report_mode() -> None:
    drops = JsonBody(None, compile_edit(None, frozenset({("a",)}), {}))
    narrowed = Bodies(
        (DeclaredType(b"application/json", drops),), is_required=False, is_enforced=False, is_narrowed=True
    )
    assert outcome(narrowed.write(b"application/json", b'{"a":1,"a":2}')) == (400, "invalid-request")


def test_a_shape_that_only_reports_says_so() -> None:
    assert bodies(is_enforced=False).only_reports
    assert not bodies().only_reports
    assert not bodies(is_enforced=False, is_narrowed=True).only_reports
