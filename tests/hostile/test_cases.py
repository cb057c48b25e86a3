from collections import Counter

import pytest

from plugin_gateway.hostile.case import Case, Feature
from plugin_gateway.hostile.cases import CANARY, cases_for
from plugin_gateway.hostile.shaped import ShapedOperation
from plugin_gateway.hostile.terrain import AttackedOperation, AttackedTool, Terrain

TERRAIN = Terrain(
    allowed=(AttackedOperation("GET", "/pets/{id}"), AttackedOperation("POST", "/pets")),
    denied=(
        AttackedOperation("GET", "/pets/mine"),
        AttackedOperation("DELETE", "/pets/{id}"),
        AttackedOperation("GET", "/admin/keys"),
    ),
    injected_headers=("X-Api-Key",),
    injected_query=("key",),
    injected_cookies=("session",),
    mcp_path="/mcp",
    tools=(AttackedTool("getPet", ("id",)),),
)


def named(feature: Feature, terrain: Terrain = TERRAIN) -> list[Case]:
    return [case for case in cases_for(terrain) if case.feature is feature]


def test_each_feature_that_a_terrain_offers_has_cases() -> None:
    count = Counter(case.feature for case in cases_for(TERRAIN))
    assert set(count) == set(Feature) - {Feature.ANONYMOUS, Feature.HIDDEN, Feature.DROPPED, Feature.HELD}
    assert min(count.values()) >= 2


def test_each_allowed_operation_is_called_plainly_once() -> None:
    lines = [case.octets.partition(b" HTTP/")[0] for case in named(Feature.CONTROL)]
    assert lines == [b"GET /pets/pgattack", b"POST /pets"]


def test_an_allowed_operation_with_a_shaped_body_is_called_with_a_body() -> None:
    shaped = Terrain(
        allowed=TERRAIN.allowed,
        denied=(),
        shaped=(ShapedOperation(AttackedOperation("POST", "/pets"), takes_json=True),),
    )
    assert [case.octets.endswith(b"\r\n\r\n{}") for case in named(Feature.CONTROL, shaped)] == [False, True]


def test_each_denied_operation_is_called_as_documented() -> None:
    lines = {case.octets.partition(b" HTTP/")[0] for case in named(Feature.DENIED)}
    assert {b"GET /pets/mine", b"DELETE /pets/pgattack", b"GET /admin/keys"} <= lines


def test_no_denied_case_is_an_allowed_call() -> None:
    allowed = {case.octets.partition(b" HTTP/")[0] for case in named(Feature.CONTROL)}
    assert not allowed & {case.octets.partition(b" HTTP/")[0] for case in named(Feature.DENIED)}


@pytest.mark.parametrize(
    "target",
    [
        b"/pets/%6D%69%6E%65", b"/PETS/MINE", b"/pets/mine/", b"/pets/mine%00", b"/pets%2fmine", b"/pets/./mine",
        b"/pets/pgattack/../../pets/mine", b"/pets/mine;x=1", b"http://localhost/pets/mine", b"/pets/m%C4%B0ne",
    ],
)  # fmt: skip
def test_a_denied_path_is_spelt_in_many_ways(target: bytes) -> None:
    assert target in {case.octets.split(b" ")[1] for case in named(Feature.SPELLING)}


def test_every_field_that_is_injected_is_sent_by_the_caller_too() -> None:
    sent = b"".join(case.octets for case in named(Feature.CREDENTIALS))
    for text in ("X-Api-Key: ", "X_Api_Key: ", "?key=", "Cookie: session=", "Authorization: Bearer "):
        assert f"{text}{CANARY}".encode() in sent


def test_fields_that_callers_may_send_are_no_attack() -> None:
    terrain = Terrain(allowed=TERRAIN.allowed, denied=(), passed_fields=frozenset({"authorization"}))
    assert not any(b"\r\nAuthorization:" in case.octets for case in named(Feature.CREDENTIALS, terrain))


def test_a_smuggled_request_is_for_a_denied_operation() -> None:
    assert all(b"pgattack HTTP/1.1" in case.octets for case in named(Feature.FRAMING))
    assert any(b"\r\n\r\nGET /pets/mine/pgattack HTTP/1.1" in case.octets for case in named(Feature.FRAMING))


def test_the_number_of_operations_is_bounded() -> None:
    many = Terrain(allowed=tuple(AttackedOperation("GET", f"/p{number}") for number in range(100)), denied=())
    assert len([case for case in cases_for(many, 3) if case.feature is Feature.CONTROL]) == 3
