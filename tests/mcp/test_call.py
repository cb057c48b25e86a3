"""MCP calls: one POST in each era, with its status, its batches, its events and its end."""

from __future__ import annotations

import gc
import json
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.mcp.batch import MOST_ANSWER_BYTES
from plugin_gateway.mcp.call import McpCall
from plugin_gateway.mcp.message import (
    HEADER_MISMATCH,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
)
from plugin_gateway.mcp.tool_call import ToolCall
from plugin_gateway.proxy.exchange import Exchange
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.in_process import InProcessClient, field_block
from tests.mcp.world import DOCUMENT, MODERN_META, answer, call_message, play, read, seen, when_asked
from tests.narrow import present

if TYPE_CHECKING:
    from tests.mcp.world import World


LEGACY = {b"mcp-protocol-version": b"2025-11-25"}
MODERN = {b"mcp-protocol-version": b"2026-07-28"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
NOTICE = {"jsonrpc": "2.0", "method": "notifications/initialized"}
TOM = {b"authorization": b"Bearer t0ken-of-tom-77"}
TOKENS = "auth: {type: service_http, tokens: [{name: tom, env: TOKEN}]}"


def garbage() -> list[object]:
    """Return what only a garbage collection frees."""
    before = len(gc.garbage)
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
    finally:
        gc.set_debug(0)
    found = gc.garbage[before:]
    del gc.garbage[before:]
    return found


def modern(method: str, params: Any = None, meta: Any = MODERN_META) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 9, "method": method, "params": {"_meta": meta, **(params or {})}}


def test_a_call_answers_in_both_eras() -> None:
    async def scene(world: World) -> None:
        old = await world.call("getPet", {"petId": "a b"})
        new = await world.ask_modern("tools/call", {"name": "getPet", "arguments": {"petId": "a b"}})

        assert old.result["structuredContent"] == new.result["structuredContent"] == {"ok": True}
        assert "resultType" not in old.result
        assert new.result["resultType"] == "complete"
        assert old.fields[b"content-type"] == b"application/json"

    assert {head.split(b"\r\n")[0] for head, _ in play(scene).heads} == {b"GET /pets/a%20b HTTP/1.1"}


@pytest.mark.parametrize(
    ("message", "fields", "status", "code"),
    [
        (b"{", {}, 400, -32700),
        ({"id": 1}, {}, 400, INVALID_REQUEST),
        ({"jsonrpc": "2.0", "id": 1, "method": "nope"}, LEGACY, 200, METHOD_NOT_FOUND),
        (modern("nope"), MODERN | {b"mcp-method": b"nope"}, 404, METHOD_NOT_FOUND),
        (modern("ping"), MODERN | {b"mcp-method": b"ping"}, 404, METHOD_NOT_FOUND),
        (modern("tools/list"), MODERN, 400, HEADER_MISMATCH),
        (modern("tools/list"), {b"mcp-method": b"tools/list"}, 400, HEADER_MISMATCH),
        (modern("tools/list"), LEGACY | {b"mcp-method": b"tools/list"}, 400, HEADER_MISMATCH),
        (
            modern("tools/list", meta=MODERN_META | {"io.modelcontextprotocol/protocolVersion": "2025-11-25"}),
            MODERN | {b"mcp-method": b"tools/list"},
            400,
            HEADER_MISMATCH,
        ),
        (modern("tools/list", meta={}), MODERN | {b"mcp-method": b"tools/list"}, 400, INVALID_PARAMS),
        (PING, {b"mcp-protocol-version": b"1999-01-01"}, 400, -32022),
        ([PING], {b"mcp-protocol-version": b"1999-01-01"}, 400, -32022),
        ([PING], LEGACY, 400, INVALID_REQUEST),
        ([PING], MODERN, 400, INVALID_REQUEST),
        (
            modern("tools/call", {"name": "nope"}),
            MODERN | {b"mcp-method": b"tools/call", b"mcp-name": b"nope"},
            400,
            INVALID_PARAMS,
        ),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "nope"}}, LEGACY, 200, INVALID_PARAMS),
    ],
)
def test_a_wrong_message_gets_the_error_and_the_status_of_its_era(
    message: Any, fields: Any, status: int, code: int
) -> None:
    reply = seen(message, fields)

    assert (reply.status, reply.json["error"]["code"]) == (status, code)


def test_the_record_of_a_wrong_message_has_the_code_of_the_error_and_no_text_of_the_client() -> None:
    async def scene(world: World) -> None:
        await world.post(b"not JSON", LEGACY)
        await world.post({"jsonrpc": "2.0", "id": 1, "method": "sekret"}, LEGACY)
        await world.ask("ping")

    causes = [record.cause for record in play(scene).records]
    assert causes == [f"JSON-RPC error {PARSE_ERROR}", f"JSON-RPC error {METHOD_NOT_FOUND}", ""]


def test_an_error_has_the_id_of_the_request_and_an_unsupported_version_lists_the_others() -> None:
    reply = seen({**PING, "id": "x"}, {b"mcp-protocol-version": b"v999"})

    assert reply.json["id"] == "x"
    assert reply.json["error"]["data"]["requested"] == "v999"
    assert reply.json["error"]["data"]["supported"][0] == "2026-07-28"


@pytest.mark.parametrize("fields", [{}, LEGACY, MODERN])
@pytest.mark.parametrize("message", [NOTICE, {"jsonrpc": "2.0", "id": 1, "result": {}}])
def test_a_notification_or_response_is_accepted_without_an_answer(message: Any, fields: Any) -> None:
    reply = seen(message, fields)

    assert (reply.status, reply.body) == (202, b"")


def test_a_client_that_takes_events_only_gets_the_response_as_an_event() -> None:
    reply = seen(PING, LEGACY | {b"accept": b"text/event-stream"})

    assert reply.fields[b"content-type"] == b"text/event-stream"
    assert reply.fields[b"x-accel-buffering"] == b"no"
    assert reply.events == [{"jsonrpc": "2.0", "id": 1, "result": {}}]


def test_progress_is_reported_while_the_api_is_slow_and_only_if_it_was_asked_for() -> None:
    async def scene(world: World) -> None:
        cases: list[tuple[dict[str, Any], list[float]]] = [
            ({}, []),
            ({"progressToken": "p"}, [1.0, 2.0]),
            ({"progressToken": True}, []),
            ({"progressToken": 7}, [1.0, 2.0]),
        ]
        for meta, progress in cases:
            world.heads.clear()
            client = world.begin(call_message(meta or None), LEGACY)
            await when_asked(world)
            sent_at = present(client.call).sent_at
            for seconds in (0.5, 1.0, 1.5, 2.0):
                client.on_tick(sent_at + seconds)
            client.close()
            pieces = b"".join(client._out).decode()
            told = [json.loads(line[6:])["params"] for line in pieces.split("\n") if line.startswith("data: ")]

            assert [one["progress"] for one in told] == progress
            assert all(one["progressToken"] == meta["progressToken"] for one in told)

    play(scene, api=lambda _head, _body: None)


def test_a_call_that_ended_leaves_no_cycle_to_the_garbage_collector() -> None:
    async def scene(world: World) -> None:
        await world.call("getPet", {"petId": "1"})
        gc.collect()
        gc.disable()
        try:
            await world.call("getPet", {"petId": "2"})
            world.begun.clear()
            # The client in process has cycles, but no gateway has that client.
            left = [one for one in garbage() if isinstance(one, McpCall | ToolCall | Exchange)]
        finally:
            gc.enable()

        assert left == []

    play(scene)


def test_an_answer_that_comes_at_once_is_json_even_if_progress_was_asked_for() -> None:
    reply = seen(call_message({"progressToken": "p"}), LEGACY)

    assert reply.fields[b"content-type"] == b"application/json"


def test_an_idle_stream_of_events_is_kept_alive() -> None:
    async def scene(world: World) -> None:
        message = json.dumps(modern("subscriptions/listen", {"notifications": {}})).encode()
        client = world.begin(message, MODERN | {b"mcp-method": b"subscriptions/listen"})
        begun_at = present(client.call).answered_at
        await client.read()
        client.on_tick(begun_at + 14)
        client.on_tick(begun_at + 16)
        assert await client.read() == b": keep-alive\n\n"
        client.close()

    play(scene)


def test_a_subscription_needs_events() -> None:
    fields = MODERN | {b"mcp-method": b"subscriptions/listen", b"accept": b"application/json"}

    assert seen(modern("subscriptions/listen", {"notifications": {}}), fields).status == 400


@pytest.mark.parametrize("request_id", [5, "5"], ids=repr)
def test_a_caller_with_a_credential_withdraws_its_own_request_only(request_id: int | str) -> None:
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": request_id}}

    async def scene(world: World) -> None:
        client = world.begin(call_message(), LEGACY | TOM)
        await when_asked(world)
        assert (await world.post(cancelled, LEGACY | TOM)).status == 202
        assert client.is_over is (request_id == 5)
        if request_id == 5:
            reply = await read(client)
            assert (reply.status, reply.body) == (202, b"")
            assert world.records[0].reason == "client-cancelled"
        client.close()

    play(scene, api=lambda _head, _body: None, more=TOKENS)


def test_without_a_credential_no_caller_can_withdraw_the_request_of_another() -> None:
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}}

    async def scene(world: World) -> None:
        client = world.begin(call_message(), LEGACY)
        await when_asked(world)
        assert (await world.post(cancelled, LEGACY)).status == 202
        assert not client.is_over
        client.close()

    play(scene, api=lambda _head, _body: None)


def test_a_body_that_comes_in_pieces_is_read_whole() -> None:
    async def scene(world: World) -> None:
        client = world.begin(json.dumps(PING).encode(), LEGACY)
        assert (await read(client)).json["result"] == {}
        client.close()
        text = json.dumps(PING).encode()
        client = InProcessClient(world.holder.clock, world.records.append)
        serving = world.holder.serving
        block = field_block(
            [
                (b"host", b"localhost"),
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(text)),
                (b"expect", b"100-continue"),
            ]
        )
        serving.endpoints[b"/mcp"].read(RequestHead(b"POST", b"/mcp", block)).begin(serving, client, b"", False)
        await client.send(text[:9], is_last=False)
        await client.send(text[9:], is_last=True)
        assert (await read(client)).json["result"] == {}
        client.close()

    play(scene)


def test_unfinished_messages_have_a_limit_together_and_leave_nothing_behind() -> None:
    async def scene(world: World) -> None:
        serving, under_way = world.holder.serving, world.endpoints._under_way
        under_way.most_held_bytes = 100
        clients = []
        for _ in range(3):
            client = InProcessClient(world.holder.clock, world.records.append)
            fields = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"content-length", b"90")]
            block = field_block(fields)
            serving.endpoints[b"/mcp"].read(RequestHead(b"POST", b"/mcp", block)).begin(
                serving, client, b" " * 45, False
            )
            clients.append(client)
        assert [client.is_over for client in clients] == [False, False, True]
        assert (await read(clients[2])).status == 503
        assert under_way.held_bytes == 90
        await clients[0].send(json.dumps(PING).encode().ljust(45), is_last=True)
        assert (await read(clients[0])).json["result"] == {}
        for client in clients:
            client.close()
        assert under_way.held_bytes == 0

    play(scene)


def test_a_failure_of_the_api_is_a_result_and_not_a_failure_of_the_transport() -> None:
    async def scene(world: World) -> None:
        reply = await world.call("getPet", {"petId": "1"})

        assert reply.status == 200
        assert reply.result["isError"] is True
        assert "500 Internal Server Error" in reply.text
        assert "no luck" in reply.text

    play(scene, api=answer(b"no luck", "text/plain", "500 Internal Server Error"))


@pytest.mark.parametrize("accept", [b"application/json", b"text/event-stream"])
def test_an_unexpected_failure_is_answered_recorded_and_logged(accept: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(world: World) -> None:
        world.break_writer()
        reply = await world.post(call_message(), LEGACY | {b"accept": accept})
        assert reply.status == 500
        assert (reply.json["id"], reply.json["error"]["code"]) == (5, INTERNAL_ERROR)
        assert (await world.ask("ping")).result == {}

    world = play(scene)
    assert [record.status for record in world.records] == [500, 200]
    assert "could not be answered" in caplog.text


def test_a_batch_of_the_revision_that_has_them_is_answered_in_order() -> None:
    call = {
        "jsonrpc": "2.0",
        "id": 2,
        "method": "tools/call",
        "params": {"name": "getPet", "arguments": {"petId": "1"}},
    }
    wrong = {"jsonrpc": "2.0", "id": 3, "method": "initialize", "params": {"protocolVersion": "2025-03-26"}}
    reply = seen([call, NOTICE, PING, wrong, 7, {**call, "id": 4}])

    assert reply.status == 200
    assert [one["id"] for one in reply.json] == [2, 1, 3, None, 4]
    assert [("result" in one) for one in reply.json] == [True, True, False, False, True]


def test_a_batch_of_notifications_is_accepted() -> None:
    assert seen([NOTICE, NOTICE]).status == 202


def test_an_unexpected_failure_in_a_batch_leaves_no_request_without_a_response() -> None:
    other = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "listPets"}}

    async def scene(world: World) -> None:
        world.break_writer()
        reply = await world.post([PING, other, json.loads(call_message()), {**PING, "id": 8}])
        assert reply.status == 500
        assert [one["id"] for one in reply.json] == [1, 7, 5, 8]
        assert ["result" in one for one in reply.json] == [True, False, False, False]
        assert not world.endpoints._under_way._entered

    records = play(scene, api=lambda _head, _body: None).records
    assert [record.reason for record in records] == ["internal-error", ""]


def test_a_batch_of_lists_keeps_to_the_limit_of_an_answer() -> None:
    paths = "".join(
        f"  /p{at}: {{get: {{operationId: op{at}, description: {'x' * 900}, responses: {{'200': {{description: ok}}}}}}}}\n"
        for at in range(400)
    )
    document = DOCUMENT.partition("  /pets:")[0] + paths
    found = []

    async def scene(world: World) -> None:
        asked = [{"jsonrpc": "2.0", "id": at, "method": "tools/list"} for at in range(50)]
        found.append(await world.post(asked))

    play(scene, allow=", ".join(f"op{at}" for at in range(400)), document=document)
    assert MOST_ANSWER_BYTES // 2 < len(found[0].body) < MOST_ANSWER_BYTES + 50 * 300
    assert 0 < sum("error" in one for one in found[0].json) < 50


@pytest.mark.parametrize(
    ("withdrawn", "status", "answered"), [([5], 200, [6]), ([6, 7, 6], 200, [5]), ([5, 6], 202, [])], ids=repr
)
def test_a_caller_withdraws_one_request_of_a_batch_and_gets_the_others(
    withdrawn: list[int], status: int, answered: list[int]
) -> None:
    requests = [{**json.loads(call_message()), "id": id_} for id_ in (5, 6)]
    for request in requests:
        request["params"] = {"name": "getPet", "arguments": {"petId": str(request["id"])}}

    def api(head: bytes, body: bytes) -> bytes | None:
        return answer()(head, body) if head.startswith(b"GET /pets/%d " % (answered or [0])[0]) else None

    async def scene(world: World) -> None:
        client = world.begin(json.dumps(requests).encode(), TOM)
        await when_asked(world, 2)
        for id_ in withdrawn:
            notice = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id_}}
            assert (await world.post(notice, TOM)).status == 202
        reply = await read(client)
        assert reply.status == status
        assert [one["id"] for one in (reply.json if reply.body else [])] == answered
        client.close()

    reasons = [record.reason for record in play(scene, api=api, more=TOKENS).records]
    assert reasons.count("client-cancelled") == 2 - len(answered)


def test_one_message_is_answered_as_in_the_other_revisions() -> None:
    async def scene(world: World) -> None:
        client = world.begin(json.dumps(PING).encode(), {})
        assert (await read(client)).json == {"jsonrpc": "2.0", "id": 1, "result": {}}
        client.close()
        world.break_writer()
        reply = await world.post(call_message())
        assert (reply.status, reply.json["id"]) == (500, 5)

    play(scene)
