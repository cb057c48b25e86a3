"""The stdio session: lines in, lines out, in both eras, with progress and cancellation."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.mcp.caller import Caller
from plugin_gateway.mcp.message import INTERNAL_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR
from plugin_gateway.mcp.stdio import Lines, StdioSession
from plugin_gateway.proxy.in_process import field_block
from tests.mcp.world import MODERN_META, play

if TYPE_CHECKING:
    from tests.mcp.world import World


CALL = {"name": "getPet", "arguments": {"petId": "1"}}


def request(id_: int | str, method: str, params: Any = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id_, "method": method, "params": params or {}}


class Session:
    """A session in a world, and the messages that it wrote."""

    def __init__(self, world: World) -> None:
        self.lines: list[bytes] = []
        self.session = StdioSession(
            Caller(world.clientele, field_block([(b"host", b"localhost")]).request), self.lines.append
        )
        self.world = world

    def say(self, message: Any) -> None:
        self.session.take(message if isinstance(message, bytes | None) else json.dumps(message).encode())

    @property
    def heard(self) -> list[Any]:
        assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in self.lines)
        return [json.loads(line) for line in self.lines]

    async def settle(self) -> None:
        while not self.session.is_idle:  # noqa: ASYNC110  # a call has no event for its end
            await asyncio.sleep(0)


def heard(*messages: Any, **more: Any) -> list[Any]:
    found = []

    async def scene(world: World) -> None:
        session = Session(world)
        for message in messages:
            session.say(message)
        await session.settle()
        found.extend(session.heard)

    play(scene, **more)
    return found


def test_a_legacy_client_begins_with_initialize_and_calls() -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    notice = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    first, second = heard(request(1, "initialize", hello), notice, request(2, "tools/call", CALL))

    assert first["result"]["protocolVersion"] == "2025-06-18"
    assert second["id"] == 2
    assert second["result"]["structuredContent"] == {"ok": True}
    assert "resultType" not in second["result"]


def test_a_modern_client_needs_no_handshake() -> None:
    (only,) = heard(request("a", "tools/call", {**CALL, "_meta": MODERN_META}))

    assert only["id"] == "a"
    assert only["result"]["resultType"] == "complete"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"{", PARSE_ERROR),
        (None, PARSE_ERROR),
        (b"[]", INVALID_REQUEST),
        ([request(1, "ping")], INVALID_REQUEST),
        (request(1, "nope"), METHOD_NOT_FOUND),
        (request(1, "ping", {"_meta": MODERN_META}), METHOD_NOT_FOUND),
        (request(1, "tools/list", {"_meta": {"io.modelcontextprotocol/protocolVersion": "1999-01-01"}}), -32022),
    ],
)
def test_a_wrong_message_gets_an_error(message: Any, code: int) -> None:
    (only,) = heard(message)

    assert only["error"]["code"] == code


def test_a_session_of_the_revision_with_batches_takes_them() -> None:
    hello = request(1, "initialize", {"protocolVersion": "2025-03-26"})

    assert [one["id"] for one in heard(hello, [request(2, "ping"), request(3, "ping")])] == [1, 2, 3]


def test_a_cancelled_call_gets_no_response_and_ends() -> None:
    async def scene(world: World) -> None:
        session = Session(world)
        session.say(request(7, "tools/call", CALL))
        session.say(request("7", "tools/call", CALL))
        session.say({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}})
        session.say({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": True}})
        assert not session.session.is_idle
        session.session.close()
        assert session.session.is_idle
        assert session.heard == []

    records = play(scene, api=lambda _head, _body: None).records
    assert [one.reason for one in records] == ["client-cancelled", "client-gone"]


def test_an_id_that_is_under_way_is_refused() -> None:
    async def scene(world: World) -> None:
        session = Session(world)
        session.say(request(7, "tools/call", CALL))
        session.say(request(7, "ping"))
        assert session.heard[0]["error"]["code"] == INVALID_REQUEST
        session.session.close()

    play(scene, api=lambda _head, _body: None)


def test_progress_is_reported_each_second_if_it_was_asked_for() -> None:
    async def scene(world: World) -> None:
        session = Session(world)
        session.say(request(1, "tools/call", {**CALL, "_meta": {"progressToken": "p"}}))
        session.say(request(2, "tools/call", CALL))
        begun_at = next(iter(session.session._calls.values())).started_at
        for seconds in (0.5, 1.0, 1.5, 2.0):
            session.session.on_tick(begun_at + seconds)
        assert [one["params"]["progress"] for one in session.heard] == [1.0, 2.0]
        session.session.close()

    play(scene, api=lambda _head, _body: None)


def test_a_subscription_is_acknowledged() -> None:
    (only,) = heard(
        request(5, "subscriptions/listen", {"_meta": MODERN_META, "notifications": {"toolsListChanged": True}})
    )

    assert only["method"] == "notifications/subscriptions/acknowledged"
    assert only["params"]["_meta"] == {"io.modelcontextprotocol/subscriptionId": 5}


@given(
    st.lists(st.binary(max_size=12).filter(lambda line: b"\n" not in line and line.strip())),
    st.lists(st.integers(0, 9)),
)
def test_lines_are_the_same_however_the_stream_is_cut(lines: list[bytes], cuts: list[int]) -> None:
    stream, found, splitter = b"\n".join(lines), [], Lines()
    for cut in cuts:
        found += splitter.feed(stream[:cut])
        stream = stream[cut:]
    found += splitter.feed(stream) + splitter.finish()

    assert found == lines


def test_a_line_over_the_limit_is_skipped_and_reported_once() -> None:
    lines = Lines(4)

    assert lines.feed(b"12345") == [None]
    assert lines.feed(b"67890") == []
    assert lines.feed(b"1\nab\n") == [b"ab"]
    assert lines.feed(b"123456\ncd\n") == [None, b"cd"]


def test_a_message_at_which_the_gateway_fails_gets_an_error_and_the_session_goes_on() -> None:
    found = []

    async def scene(world: World) -> None:
        session = Session(world)
        world.break_writer()
        session.say(request(1, "tools/call", CALL))
        session.say(request(2, "ping"))
        assert session.session.is_idle
        found.extend(session.heard)

    play(scene)
    assert found[0]["error"]["code"] == INTERNAL_ERROR
    assert found[1] == {"jsonrpc": "2.0", "id": 2, "result": {}}
