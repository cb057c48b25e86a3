"""Tool calls: the answer gathered, cut or broken off, and the limits that hold for REST."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from msgspec.structs import force_setattr

from plugin_gateway.mcp.result import LEFT_OUT_KEY, PROBLEM_KEY
from plugin_gateway.mcp.tool_call import MOST_READ_BYTES
from tests.mcp.world import answer, play, revision_of

if TYPE_CHECKING:
    import pytest

    from tests.mcp.world import World


def test_an_answer_of_unknown_length_is_gathered() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"

    async def scene(world: World) -> None:
        assert (await world.call("getPet", {"petId": "1"})).result["structuredContent"] == {"a": 1}

    play(scene, api=lambda _head, _body: head + b'4\r\n{"a"\r\n4\r\n: 1}\r\n0\r\n\r\n')


def test_the_gateway_stops_reading_an_answer_that_no_result_can_hold() -> None:
    body = b"[" + b"1," * MOST_READ_BYTES + b"1]"

    async def scene(world: World) -> None:
        reply = await world.call("getPet", {"petId": "1"})
        notice = reply.result["_meta"][LEFT_OUT_KEY]

        assert notice["is_longer"] is True
        assert len(reply.body) < 101_000
        assert reply.result["structuredContent"]["result"][:3] == [1, 1, 1]
        while world.holder.serving.pool.open_connections:  # noqa: ASYNC110  # the loop closes it without an event
            await asyncio.sleep(0)

    records = play(scene, api=answer(body)).records
    assert [(one.status, one.reason) for one in records] == [(200, "response-too-large"), (200, "")]


def test_an_answer_that_breaks_off_is_an_error_with_its_beginning() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nxx\r\n"

    async def scene(world: World) -> None:
        reply = await world.call("getPet", {"petId": "1"})

        assert reply.result["isError"] is True
        assert reply.result["_meta"][PROBLEM_KEY]["code"] == "bad-upstream-answer"

    play(scene, api=lambda _head, _body: head)


def test_the_limit_of_request_bodies_holds_for_the_body_of_a_call() -> None:
    async def scene(world: World) -> None:
        assert "isError" in (await world.call("createPet", {"name": "x" * 90})).result
        reply = await world.call("createPet", {"name": "x" * 100})

        assert reply.result["isError"] is True
        assert reply.result["_meta"][PROBLEM_KEY]["code"] == "request-too-large"

    world = play(scene, more="limits: {request_body: 102B}")
    assert [len(body) for _, body in world.heads] == [101]


def test_rate_limits_hold_for_calls_of_tools() -> None:
    async def scene(world: World) -> None:
        first = await world.call("getPet", {"petId": "1"})
        second = await world.call("getPet", {"petId": "1"})

        assert first.result["isError"] is False
        assert second.result["_meta"][PROBLEM_KEY]["code"] == "rate-limited"
        assert second.status == 200

    play(scene, more="limits: {rate: 1/h}")


def test_the_body_of_a_call_has_its_type_and_length() -> None:
    async def scene(world: World) -> None:
        for _ in range(3):
            await world.call("createPet", {"name": "Tom"})

    heads = play(scene, api=answer(status="201 Created")).heads
    assert [json.loads(body) for _, body in heads] == [{"name": "Tom"}] * 3
    assert all(b"\r\nContent-Length: 14\r\n" in head for head, _ in heads)
    assert all(b"\r\ncontent-type: application/json\r\n" in head.lower() for head, _ in heads)


def test_a_failed_connection_is_an_error() -> None:
    async def scene(world: World) -> None:
        world.holder.swap(revision_of(port=1, number=2))
        reply = await world.call("getPet", {"petId": "1"})

        assert reply.result["_meta"][PROBLEM_KEY]["code"] == "upstream-unreachable"

    play(scene)


def test_an_answer_at_which_the_gateway_fails_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(world: World) -> None:
        tool = world.holder.serving.revision.tools.by_name["listPets"]
        force_setattr(tool, "definition", b"{")
        reply = await world.call("listPets")

        assert reply.status == 200
        assert reply.result["_meta"][PROBLEM_KEY]["code"] == "internal-error"

    play(scene, api=answer(b'{"next_cursor": "2"}'))
    assert "No result could be made" in caplog.text


def test_an_answer_of_control_characters_that_breaks_off_keeps_to_the_limit() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n%b\r\n" % (100_001, b"\n" + b"\x01" * 100_000)

    async def scene(world: World) -> None:
        reply = await world.call("getPet", {"petId": "1"})

        assert "The beginning of the answer:" in reply.result["content"][1]["text"]
        assert len(json.dumps(reply.result["content"])) <= 5_100

    play(scene, api=lambda _head, _body: head + chunk * 6 + b"xx\r\n", more="mcp: {result_bytes: 5kB}")
