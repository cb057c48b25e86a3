"""Forwarding, over real sockets and both fronts: the connection front, and the ASGI front behind it."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.proxy.clock import Clock
from plugin_gateway.proxy.connect import connect
from plugin_gateway.proxy.exchange import Exchange
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.in_process import InProcessClient
from plugin_gateway.proxy.received import Permitted
from plugin_gateway.proxy.shaped_request import Shaped
from plugin_gateway.revision import Bounds
from plugin_gateway.shape.answer.check import AnswerCheck
from plugin_gateway.shape.shape import Shape
from plugin_gateway.shape.values.validator import Validator
from plugin_gateway.telemetry.series import SeriesKey
from tests.bounds import until
from tests.narrow import stand_in
from tests.proxy.real import plan_of, serving_of
from tests.proxy.running import (
    MIB,
    NOT_FOUND,
    READ,
    WRITE,
    Gateway,
    Upstream,
    answers,
    echo,
    get,
    ok,
    post,
    read_answer,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from plugin_gateway.proxy.upstream import UpstreamConnection
    from plugin_gateway.refusal import Refusal
    from plugin_gateway.telemetry import AccessRecord


def test_a_permitted_call_goes_up_with_our_key_and_comes_back(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _head, body, whole = await gateway.ask(get("/p/1?q=2", "X-Api-Key: mine\r\nAccept: a/b\r\n"))
        assert (status, whole) == (200, True)
        assert json.loads(body)["line"] == "GET /p/1?q=2&k=********** HTTP/1.1"
        [sent] = gateway.upstream.heads
        assert b"X-Api-Key: s3cret-key\r\n" in sent
        assert b"Host: up.test\r\n" in sent
        assert b"mine" not in sent
        [record] = gateway.records
        assert (record.rule, record.status, record.reason, record.bytes_out) == (READ, 200, "", len(body))
        assert record.target == b"/p/1"

    run(echo, scene)


def test_a_refused_call_is_answered_with_a_problem_and_the_connection_lives_on(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        connection = await gateway.open()
        status, head, body, _ = await gateway.ask(get("/denied"), connection=connection)
        assert status == 404
        assert b"application/problem+json" in head
        assert json.loads(body)["code"] == "operation-not-found"
        assert (await gateway.ask(get(), connection=connection))[0] == 200
        assert len(gateway.upstream.heads) == 1
        assert [record.reason for record in gateway.records] == ["operation-not-found", ""]
        connection[1].close()

    run(echo, scene)


def test_the_gateways_own_paths_and_preflights_go_to_the_app(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        assert (await gateway.ask(get("/app?x=y")))[2] == b"app GET /app"
        assert (await gateway.ask(get("/p/1", method="OPTIONS")))[2] == b"app OPTIONS /p/1"
        assert not gateway.upstream.heads

    run(echo, scene)


def test_pipelined_requests_are_answered_in_order(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(get("/p/1") + get("/denied") + post(b"body") + get("/p/2") + get("/denied") + get("/app"))
        seen = [await read_answer(reader) for _ in range(6)]
        assert [answer[0] for answer in seen] == [200, 404, 200, 200, 404, 200]
        assert [json.loads(seen[at][2])["line"].split("?")[0] for at in (0, 2, 3)] == [
            "GET /p/1",
            "POST /p",
            "GET /p/2",
        ]
        writer.close()

    run(echo, scene)


def test_a_connection_to_the_upstream_is_used_again(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        for _ in range(5):
            assert (await gateway.ask(get()))[0] == 200
        assert gateway.upstream.connections == 1

    run(echo, scene)


def test_two_request_ids_go_up_as_the_one_that_is_recorded(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        await gateway.ask(get(fields="X-Request-Id: r1\r\nX-Request-Id: r2\r\n"))
        (head,) = gateway.upstream.heads
        assert re.findall(rb"(?i)x-request-id: (.*)\r\n", head) == [b"r1"]
        assert [record.request_id for record in gateway.records] == [b"r1"]

    run(answers(ok()), scene)


def test_a_body_that_no_operation_expects_is_refused(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, body, _ = await gateway.ask(get(fields="Content-Length: 3\r\n") + b"abc")
        assert (status, json.loads(body)["code"]) == (400, "body-not-declared")
        assert not gateway.upstream.heads

    run(echo, scene)


@pytest.mark.parametrize("settings", [{"read_timeout_s": 0.1}, {"total_timeout_s": 0.1}])
def test_an_upstream_that_hangs_is_a_504_in_time(run: Callable[..., Any], settings: dict[str, float]) -> None:
    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        await reader.read()

    async def scene(gateway: Gateway) -> None:
        status, _, body, _ = await gateway.ask(get())
        assert (status, json.loads(body)["code"]) == (504, "upstream-timeout")
        await gateway.upstream.closed.wait()

    run(play, scene, settings=settings)


def test_an_upstream_that_hangs_in_its_body_is_cut(run: Callable[..., Any]) -> None:
    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")
        await reader.read()

    async def scene(gateway: Gateway) -> None:
        assert (await gateway.ask(get()))[3] is False
        assert await gateway.reason() == "upstream-timeout"

    # Long enough for the head to arrive on a busy machine.
    run(play, scene, settings={"read_timeout_s": 1.0})


class Ticks:
    """Counts the ticks of a gateway's clock, so that a test can wait until deadlines were looked at."""

    def __init__(self, gateway: Gateway) -> None:
        self.count = 0
        gateway.holder.clock.watch(self)

    def on_tick(self, now: float) -> None:
        self.count += 1


@pytest.mark.parametrize("settings", [{"total_timeout_s": 1.0}, {"read_timeout_s": 1.0}])
def test_a_slow_upload_is_not_counted_as_the_upstreams_time(
    run: Callable[..., Any], settings: dict[str, float]
) -> None:
    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        ticks = Ticks(gateway)
        writer.write(post(b"slow")[:-2])
        await until(lambda: gateway.upstream.heads and ticks.count > 60)
        writer.write(b"ow")
        assert (await read_answer(reader))[0] == 200
        gateway.holder.clock.unwatch(ticks)

    run(echo, scene, settings=settings)


def test_a_client_that_reads_slowly_is_not_counted_as_the_upstreams_time(run: Callable[..., Any]) -> None:
    size = 32 * MIB  # more than the sockets and the gateway hold

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        writer.write(ok(b"x" * size))
        await writer.drain()

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open(limit=MIB)
        ticks = Ticks(gateway)
        writer.write(get())
        await until(lambda: ticks.count > 60)
        await reader.readuntil(b"\r\n\r\n")
        assert len(await reader.readexactly(size)) == size
        gateway.holder.clock.unwatch(ticks)

    run(play, scene, settings={"read_timeout_s": 1.0})


def test_the_upstreams_time_begins_when_a_slow_upload_ends(run: Callable[..., Any]) -> None:
    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        await reader.read()

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(post(b"slow")[:-2])
        await until(lambda: gateway.upstream.heads)
        writer.write(b"ow")
        status, _, body, _ = await read_answer(reader)
        assert (status, json.loads(body)["code"]) == (504, "upstream-timeout")

    run(play, scene, settings={"total_timeout_s": 0.1})


def test_an_answer_in_small_pieces_does_not_outlast_the_total_time(run: Callable[..., Any]) -> None:
    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not reader.at_eof():
            writer.write(b"1\r\nx\r\n")
            await asyncio.sleep(0)

    async def scene(gateway: Gateway) -> None:
        assert (await gateway.ask(get()))[3] is False
        assert await gateway.reason() == "upstream-timeout"
        assert re.fullmatch(r"127\.0\.0\.1:\d+: timeout of 1 s expired", gateway.records[0].cause)

    run(play, scene, settings={"total_timeout_s": 1.0, "read_timeout_s": 5.0})


def test_an_upstream_that_is_not_there_is_a_502(run: Callable[..., Any]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))

        async def scene(gateway: Gateway) -> None:
            status, _, body, _ = await gateway.ask(get())
            assert (status, json.loads(body)["code"]) == (502, "upstream-unreachable")
            assert b"refused" not in body
            assert (await gateway.ask(post(b"abc")))[0] == 502
            assert [record.cause for record in gateway.records] == [f"127.0.0.1:{port}: connection refused"] * 2

        port = closed.getsockname()[1]
        run(echo, scene, settings={"port": port})


def test_a_call_whose_connection_is_being_opened_does_not_get_the_error_of_a_full_queue(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = asyncio.Event()

    async def slow(target: Any, *arguments: Any) -> UpstreamConnection:
        await opening.wait()
        return await connect(replace(target, connect_timeout_s=5.0), *arguments)

    monkeypatch.setattr("plugin_gateway.proxy.pool.connect", slow)

    async def scene(gateway: Gateway) -> None:
        ticks = Ticks(gateway)
        asked = asyncio.ensure_future(gateway.ask(get()))
        await until(lambda: ticks.count > 5)
        opening.set()
        assert (await asked)[0] == 200
        gateway.holder.clock.unwatch(ticks)

    run(echo, scene, settings={"connections": 1, "connect_timeout_s": 0.02})


async def closes_after_one(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers one request on each connection, reads the next one and closes without a byte."""
    await upstream.request(reader)
    writer.write(ok(b"%d" % upstream.connections))
    await upstream.request(reader)


def test_a_safe_request_on_a_stale_connection_is_sent_again_on_a_fresh_one(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        assert [(await gateway.ask(get()))[2] for _ in range(3)] == [b"1", b"2", b"3"]

    run(closes_after_one, scene)


@pytest.mark.parametrize("body", [b"abc", b""])
def test_a_post_is_sent_once_only(run: Callable[..., Any], body: bytes) -> None:
    async def scene(gateway: Gateway) -> None:
        assert (await gateway.ask(get()))[0] == 200
        assert (await gateway.ask(post(body)))[0] == 502
        assert [head[:4] for head in gateway.upstream.heads] == [b"GET ", b"POST"]

    run(closes_after_one, scene)


def test_a_safe_request_with_a_body_is_sent_once_only(run: Callable[..., Any]) -> None:
    """The body has gone up by then and was not kept."""

    async def scene(gateway: Gateway) -> None:
        assert (await gateway.ask(get()))[0] == 200
        status, _, body, _ = await gateway.ask(get("/p/search", "Content-Length: 3\r\n") + b"abc")
        assert (status, json.loads(body)["code"]) == (502, "upstream-closed")
        assert len(gateway.upstream.heads) == 2

    run(closes_after_one, scene)


def test_a_request_is_sent_again_once_only() -> None:
    """The pool opens a new connection for the second attempt, which cannot be stale. The exchange does not rely on that."""

    async def scene(client: InProcessClient) -> None:
        client.call = exchange = Exchange(client, permitted_of(READ))
        exchange.on_stale()
        assert not client.is_over
        exchange.on_stale()
        assert client.is_over

    assert recorded(scene).reason == "upstream-closed"


def test_a_call_with_refused_parameters_never_goes_up_whatever_its_body_is() -> None:
    async def scene(client: InProcessClient) -> None:
        permitted = permitted_of(WRITE, b"Content-Length: 2\r\nContent-Type: image/png\r\n", refused=NOT_FOUND)
        Exchange(client, permitted).start(b"ab", True)
        assert client.is_over

    assert recorded(scene).reason == NOT_FOUND.code


@pytest.mark.parametrize("trace", [b"", b"Traceparent: ours\r\n"])
def test_a_traced_call_goes_up_with_the_gateways_trace_in_place_of_the_clients(trace: bytes) -> None:
    async def scene(client: InProcessClient) -> None:
        permitted = permitted_of(READ, b"Traceparent: theirs\r\n")
        client.call = exchange = Exchange(client, permitted)
        exchange.add_trace(trace)
        upstream = permitted.plan.pool.new_connection()
        upstream.connection_made(stand_in(SimpleNamespace(write=sent.append, abort=list)))
        exchange.on_connected(upstream)

    sent: list[bytes] = []
    recorded(scene)
    (head,) = sent
    assert (trace or b"Traceparent: theirs\r\n") in head
    assert head.count(b"Traceparent") == 1


def recorded(scene: Callable[[InProcessClient], Awaitable[None]]) -> AccessRecord:
    """Let a scene begin a call for a client; return the call's record."""
    records: list[AccessRecord] = []

    async def whole() -> None:
        client = InProcessClient(Clock(), records.append)
        await scene(client)
        client.close()

    asyncio.run(whole())
    return records[0]


def permitted_of(rule: OperationRule, fields: bytes = b"", refused: Refusal | None = None) -> Permitted:
    serving = serving_of()
    block = serving.read(b"Host: a\r\n" + fields, 1)
    permit = Permit(rule, b"/p/1", b"")
    return Permitted(
        plan_of(rule),
        serving.anybody,
        RequestHead(rule.method.encode(), b"/p/1", block),
        permit,
        shaped=Shaped(refusal=refused),
    )


def test_a_fresh_connection_that_closes_is_not_tried_again(run: Callable[..., Any]) -> None:
    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)

    async def scene(gateway: Gateway) -> None:
        assert (await gateway.ask(get()))[0] == 502
        assert gateway.upstream.connections == 1

    run(play, scene)


def test_calls_wait_for_a_connection_if_the_pool_is_at_its_limit(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        seen = await asyncio.gather(*(gateway.ask(get(f"/p/{number}")) for number in range(8)))
        assert {answer[0] for answer in seen} == {200}
        assert gateway.upstream.connections <= 2

    run(echo, scene, settings={"connections": 2})


def test_a_full_queue_answers_503_with_retry_after(run: Callable[..., Any]) -> None:
    async def play(upstream: Any, reader: Any, writer: Any) -> None:
        await reader.read()

    async def scene(gateway: Gateway) -> None:
        waiting = [asyncio.ensure_future(gateway.ask(get())) for _ in range(70)]
        done, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        status, head, body, _ = done.pop().result()
        assert (status, json.loads(body)["code"]) == (503, "upstream-busy")
        assert b"retry-after: 1" in head.lower()
        for task in pending:
            task.cancel()

    run(play, scene, settings={"connections": 1})


def test_a_call_does_not_wait_for_a_connection_for_ever(run: Callable[..., Any]) -> None:
    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scene(gateway: Gateway) -> None:
        first = asyncio.ensure_future(gateway.ask(get()))
        await until(lambda: gateway.upstream.connections)
        status, _, _, _ = await gateway.ask(get())
        assert status == 503
        first.cancel()

    run(play, scene, settings={"connections": 1, "connect_timeout_s": 1.0})


@pytest.mark.parametrize("answered", [False, True])
def test_when_the_client_leaves_the_upstream_is_closed_at_once(run: Callable[..., Any], answered: bool) -> None:
    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        if answered:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\n\r\n")
        await reader.read()

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(get())
        await until(lambda: gateway.upstream.heads)
        if answered:
            await reader.readuntil(b"hello")
        writer.close()
        await gateway.upstream.closed.wait()
        assert await gateway.reason() == "client-gone"

    run(play, scene)


def test_expect_continue_is_answered_by_the_gateway(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(post(b"", "Expect: 100-continue\r\n").replace(b"Length: 0", b"Length: 3"))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"abc")
        assert json.loads((await read_answer(reader))[2])["body"] == "abc"
        assert b"Expect" not in gateway.upstream.heads[0]
        writer.close()

    run(echo, scene)


def test_a_refused_call_with_expect_gets_no_continue(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(b"POST /denied HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
        writer.close()

    run(echo, scene)


def test_an_answer_to_an_unfinished_upload_reaches_the_client(run: Callable[..., Any]) -> None:
    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.head(reader)
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        await reader.read()

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + b"y" * 1000)
        status, _head, body, _ = await read_answer(reader)
        assert (status, body) == (413, b"big")
        writer.write(b"y" * 1000)
        assert await reader.read() == b""
        writer.close()

    run(play, scene)


async def settled(value: Callable[[], int]) -> int:
    """Wait until a value has not changed for many turns of the loop; return it."""
    last, turns = value(), 0
    while turns < 500:
        await asyncio.sleep(0)
        turns = turns + 1 if value() == last else 0
        last = value()
    return last


def test_an_upload_waits_for_an_upstream_that_does_not_read(run: Callable[..., Any]) -> None:
    size, sent, may_read = 48 * MIB, 0, asyncio.Event()

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        transport: Any = writer.transport
        transport.pause_reading()
        await may_read.wait()
        transport.resume_reading()
        _, body = await upstream.request(reader)
        writer.write(ok(b"%d" % len(body)))

    async def upload(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
        while sent < size:
            writer.write(b"y" * 65536)
            sent += 65536
            await writer.drain()

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        uploading = asyncio.ensure_future(upload(writer))
        assert await settled(lambda: sent) < 40 * MIB
        may_read.set()
        await uploading
        assert (await read_answer(reader))[2] == b"%d" % size

    run(play, scene, limits=Bounds(request_body_bytes=64 * MIB))


def test_a_download_waits_for_a_client_that_does_not_read(run: Callable[..., Any]) -> None:
    size, sent = 48 * MIB, 0

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await upstream.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        while sent < size:
            writer.write(b"z" * 65536)
            sent += 65536
            await writer.drain()

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open(limit=65536)
        writer.write(get())
        await reader.readuntil(b"\r\n\r\n")
        assert await settled(lambda: sent) < 40 * MIB
        got = 0
        while got < size:
            got += len(await reader.read(1 << 20))
        assert got == size

    run(play, scene)


@pytest.mark.parametrize(
    ("origin", "is_allowed"), [("https://chatgpt.com", True), ("https://evil.test", False), ("null", False)]
)
def test_only_our_own_cors_rules_reach_the_client(run: Callable[..., Any], origin: str, is_allowed: bool) -> None:
    async def scene(gateway: Gateway) -> None:
        _, head, _, _ = await gateway.ask(get(fields=f"Origin: {origin}\r\n"))
        low = head.lower()
        assert (f"access-control-allow-origin: {origin}".encode() in low) is is_allowed
        assert b"vary: origin" in low
        assert b"allow-credentials" not in low

    run(answers(ok(fields=b"Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\n")), scene)


def test_a_swap_gives_later_calls_the_new_revision_and_lets_the_old_finish(run: Callable[..., Any]) -> None:
    release = asyncio.Event()

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        await release.wait()
        writer.write(ok(b"old"))
        await reader.read()

    async def scene(gateway: Gateway) -> None:
        other = Upstream(answers(ok(b"new")))
        server = await asyncio.start_server(other.serve, "127.0.0.1", 0)
        old = asyncio.ensure_future(gateway.ask(get()))
        await until(lambda: gateway.upstream.heads)
        was = gateway.holder.serving.pool
        settings = replace(gateway.holder.revision.upstream, port=server.sockets[0].getsockname()[1])
        gateway.holder.swap(replace(gateway.holder.revision, number=2, upstream=settings))
        assert (await gateway.ask(get()))[2] == b"new"
        release.set()
        assert (await old)[2] == b"old"
        await gateway.upstream.closed.wait()
        await until(lambda: not (was.open_connections))
        server.close()

    run(play, scene)


class AnswerReportingGate:
    rule = replace(
        WRITE, shape=Shape(check=AnswerCheck(bodies={"200": {b"application/json": Validator({"type": "array"})}}))
    )

    def judge(self, method: bytes, target: bytes, fields: object) -> Any:
        return Permit(self.rule, b"/p", b"")


def test_an_invalid_answer_that_comes_at_once_is_counted_and_passes_as_it_came(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, answer, _ = await gateway.ask(post(b"{}", "Content-Type: application/json\r\n"))
        assert (status, json.loads(answer)["body"]) == (200, "{}")
        mismatches = gateway.holder.serving.plan(AnswerReportingGate.rule).mismatches
        assert mismatches.series() == {SeriesKey("mismatches", ("write", "response")): [1]}

    run(echo, scene, gate=AnswerReportingGate())
