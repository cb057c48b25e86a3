import asyncio
import gzip
import json
from typing import Any

import pytest

from plugin_gateway.hostile.case import Case, Feature
from plugin_gateway.hostile.cases import CANARY
from plugin_gateway.hostile.remote_shaped import judge_dropped, judge_held, judge_hidden, judged
from plugin_gateway.hostile.shaped import ShapedOperation
from plugin_gateway.hostile.terrain import AttackedOperation, Terrain

PETS = ShapedOperation(
    AttackedOperation("GET", "/pets"),
    parameters=(("query", "debug"), ("header", "X-Debug")),
    keep=(("items", "*", "id"), ("next",)),
    drop=(("items", "*", "id", "internal"),),
    tool="listPets",
)
HELD = ShapedOperation(AttackedOperation("POST", "/pets"), is_held=True, takes_json=True)
REFUSED = b'HTTP/1.1 400 Bad Request\r\n\r\n{"type":"urn:plugin-gateway:problem:undeclared-parameter"}'
WAITS = b'HTTP/1.1 202 Accepted\r\n\r\n{"approval":{"id":"a1","url":"http://x"},"detail":"A person must approve it."}'


def answer(value: Any, *, status: int = 200, is_compressed: bool = False) -> bytes:
    body = json.dumps(value).encode()
    return b"HTTP/1.1 %d OK\r\n\r\n" % status + (gzip.compress(body, mtime=0) if is_compressed else body)


def tool_result(value: Any) -> Any:
    return {"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": json.dumps(value)}]}}


@pytest.mark.parametrize(
    ("value", "status", "is_leak"),
    [
        ({"items": [{"id": 1}, {"id": {"a": 2}}], "next": {"any": 1}}, 200, False),
        ({"items": None}, 200, False),
        ({"items": [{"id": 1, "name": "x"}]}, 200, True),
        ({"total": 1}, 200, True),
        ({"total": 1}, 302, True),
        ({"error": "x"}, 404, False),
        ({"items": [{"id": {"internal": 1}}]}, 200, True),
        ({"items": [{"id": {"internal": 1}}]}, 500, True),
    ],
)
@pytest.mark.parametrize("is_compressed", [False, True])
def test_an_answer_with_a_place_that_clients_must_not_get_is_a_leak(
    value: Any, status: int, is_leak: bool, is_compressed: bool
) -> None:
    assert bool([*judge_dropped(PETS, answer(value, status=status, is_compressed=is_compressed))]) is is_leak


def test_the_result_of_a_tool_is_read_too() -> None:
    assert [*judge_dropped(PETS, answer(tool_result({"items": [{"id": {"internal": 1}}]})))]
    assert [*judge_dropped(PETS, answer(tool_result({"total": 1})))]
    assert not [*judge_dropped(PETS, answer(tool_result({"items": [{"id": 1}]})))]


@pytest.mark.parametrize(
    ("line", "got", "is_leak"),
    [
        (f"GET /pets?debug={CANARY}", REFUSED, False),
        (f"GET /pets?debug={CANARY}", answer({}), True),
        (f"GET /pets?debug={CANARY}", b"", False),
        ("GET /pets", answer({}), False),
        ("GET /pets", answer({"echo": CANARY}), True),
        ("GET /pets", answer({"echo": CANARY}, is_compressed=True), True),
    ],
)
def test_a_closed_value_leaks_if_it_is_not_refused_or_if_the_answer_repeats_it(
    line: str, got: bytes, is_leak: bool
) -> None:
    case = Case(feature=Feature.HIDDEN, name="", octets=f"{line} HTTP/1.1\r\n\r\n".encode())
    assert bool([*judge_hidden(PETS, case, got)]) is is_leak


@pytest.mark.parametrize(
    ("got", "is_leak"),
    [
        (WAITS, False),
        (REFUSED, False),
        (b"", False),
        (answer({"id": 1}), True),
        (WAITS + answer({}), True),
        (WAITS + REFUSED, False),
    ],
)
def test_a_held_call_with_another_answer_leaks(got: bytes, is_leak: bool) -> None:
    assert bool([*judge_held(got)]) is is_leak


class Gateway:
    """Stands in for a running gateway that gives the same answer to every call."""

    def __init__(self, got: bytes) -> None:
        self.got, self.asked = got, list[bytes]()

    def may_call(self, method: str) -> bool:
        return method == "GET"

    async def send(self, octets: bytes) -> bytes:
        self.asked.append(octets)
        return self.got


async def features_of(gateway: Any) -> dict[Feature, tuple[int, int]]:
    terrain = Terrain(allowed=(PETS.place, HELD.place), denied=(), shaped=(PETS, HELD), mcp_path="/mcp")
    found: dict[Feature, tuple[int, int]] = {}
    async for case, leaks in judged(gateway, terrain, 50):
        played, leaked = found.get(case.feature, (0, 0))
        found[case.feature] = (played + 1, leaked + bool(leaks))
    return found


def test_every_kind_of_case_is_sent_and_a_gateway_that_refuses_all_leaks_nothing() -> None:
    found = asyncio.run(features_of(Gateway(REFUSED)))
    assert found.keys() == {Feature.HIDDEN, Feature.DROPPED, Feature.HELD}
    assert not any(leaked for _, leaked in found.values())


def test_a_gateway_that_lets_every_call_through_leaks_in_each_kind() -> None:
    found = asyncio.run(features_of(Gateway(answer({"closed": CANARY}))))
    assert all(leaked for _, leaked in found.values())
    assert found[Feature.HELD][0] == found[Feature.HELD][1]


def test_a_false_claim_names_the_approval_that_waits() -> None:
    gateway = Gateway(WAITS)
    asyncio.run(features_of(gateway))
    assert any(b"X-Approval-Id: a1" in octets for octets in gateway.asked)
