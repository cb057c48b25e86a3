"""A worker that exports to a collector on loopback, which decodes what it gets."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from plugin_gateway.config.load import load_text
from plugin_gateway.openapi.document import Document
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.server import worker
from plugin_gateway.server.channel import Channel, ChannelMessage, MessageKind
from plugin_gateway.telemetry import exporter
from plugin_gateway.telemetry.series import Series, SeriesKey, of_rows
from plugin_gateway.telemetry.trace_context import read_traceparent
from tests.bounds import BOUND_S
from tests.narrow import present
from tests.telemetry.otlp_receiver import Receiver, attributes, receiving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from plugin_gateway.server.process import Front

KEY = "a-secret-of-the-api-77"
PATHS: dict[str, Any] = {
    "/pets/{id}": {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": {
            "operationId": "getPet",
            "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
            "responses": {"200": {"description": "ok"}},
        },
        "post": {"operationId": "setPet", "requestBody": {"content": {"text/plain": {}}}, "responses": {}},
    },
    "/hidden/place": {"get": {"operationId": "hidden", "responses": {}}},
}
DOCUMENT = Document(root={"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "paths": PATHS}, name="pets")
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CONTEXT = {"Traceparent": f"00-{TRACE}-{SPAN}-01", "Tracestate": "a=1"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter, "INTERVAL_S", 0.01)


class World:
    """A worker between a client and an API, with the test as its supervisor."""

    def __init__(self, receiver: Receiver, api_port: int, port: int, channel: Channel) -> None:
        self.receiver = receiver
        self.heads: list[bytes] = []
        self._api_port, self._port, self._channel = api_port, port, channel

    def revision(self, otel: Any, number: int = 1) -> bytes:
        config = {
            "openapi": "o.json",
            "upstream": {
                "url": f"http://127.0.0.1:{self._api_port}",
                "credential": {"header": "X-Api-Key", "value": {"value": KEY}},
            },
            "allow": ["getPet", "setPet"],
            "log": {"level": "error"},
            **({"otel": otel} if otel else {}),
        }
        loaded = load_text(orjson.dumps(config).decode(), path=Path("gateway.yaml"), environ={})
        return pickle.dumps(compile_revision(loaded, DOCUMENT, number=number))

    async def adopt(self, otel: Any, number: int = 2) -> None:
        await self._channel.send(ChannelMessage(MessageKind.REVISION, self.revision(otel, number)))
        assert present(await self._channel.receive()).kind == MessageKind.ADOPTED

    async def series(self) -> Series:
        await self._channel.send(ChannelMessage(MessageKind.COUNT, b""))
        return of_rows(orjson.loads(present(await self._channel.receive()).body))

    async def call(self, line: str, fields: dict[str, str] | None = None, body: str = "") -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = {"Host": "localhost", "Connection": "close", "Content-Length": str(len(body)), **(fields or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        writer.write(f"{line} HTTP/1.1\r\n{lines}\r\n{body}".encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    async def serve_api(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                self.heads.append(head)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(head) + head
                )
        writer.close()


def played(talk: Callable[[World], Awaitable[None]], front: Front = "connection", **otel: Any) -> World:
    async def whole() -> World:
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            worlds: list[World] = []

            async def serve_api(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await worlds[0].serve_api(reader, writer)

            api = await asyncio.start_server(serve_api, "127.0.0.1", 0)
            async with asyncio.timeout(BOUND_S), receiving() as receiver, api:
                channel = await Channel.over(ours)
                world = World(receiver, api.sockets[0].getsockname()[1], listener.getsockname()[1], channel)
                worlds.append(world)
                serving = asyncio.create_task(worker.serve(theirs, listener, front))
                try:
                    await channel.send(
                        ChannelMessage(MessageKind.REVISION, world.revision({"endpoint": receiver.url, **otel}))
                    )
                    assert present(await channel.receive()).kind == MessageKind.ADOPTED
                    await talk(world)
                finally:
                    channel.close()
                    await serving
            return world

    return asyncio.run(whole())


@pytest.mark.parametrize("front", ["connection", "asgi"])
def test_a_call_joins_the_callers_trace_and_the_apis_span_belongs_to_it(front: Front) -> None:
    async def talk(world: World) -> None:
        answer = await world.call("GET /pets/seven?q=eight", CONTEXT)
        assert answer.startswith(b"HTTP/1.1 200")

    world = played(talk, front)
    server, client = world.receiver.spans
    assert (server.trace_id.hex(), server.parent_span_id.hex()) == (TRACE, SPAN)
    assert (server.name, server.kind, client.kind) == ("GET /pets/{id}", 2, 3)
    assert client.parent_span_id == server.span_id
    lines = world.heads[0].split(b"\r\n")
    [sent] = [line for line in lines if line.lower().startswith(b"traceparent")]
    context = read_traceparent([sent.partition(b": ")[2]])
    assert context is not None
    assert (context.trace_id, context.span_id) == (client.trace_id, client.span_id)
    assert [line for line in lines if line.lower().startswith(b"tracestate")] == [b"Tracestate: a=1"]


def test_a_call_with_a_body_is_traced_and_a_remembered_head_gets_new_ids() -> None:
    async def talk(world: World) -> None:
        for _ in range(2):
            await world.call("POST /pets/seven", {**CONTEXT, "Content-Type": "text/plain"}, "the-body")

    world = played(talk)
    sent = [line for head in world.heads for line in head.split(b"\r\n") if line.startswith(b"Traceparent")]
    assert len(set(sent)) == 2
    assert len(world.receiver.spans) == 4


def test_the_call_of_a_tool_is_a_part_of_its_request() -> None:
    async def talk(world: World) -> None:
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "getPet", "arguments": {"id": "7"}},
        }
        fields = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        for _ in range(2):
            assert b'"isError":false' in await world.call("POST /mcp", fields, orjson.dumps(message).decode())

    world = played(talk)
    by_id = {span.span_id: span for span in world.receiver.spans}
    chains = [
        (by_id[by_id[span.parent_span_id].parent_span_id].name, by_id[span.parent_span_id].name, span.name)
        for span in by_id.values()
        if span.kind == 3
    ]
    assert chains == [("POST /mcp", "tools/call getPet", "GET /pets/{id}")] * 2
    assert all(b"Traceparent: 00-" in head for head in world.heads)


def test_no_secret_no_value_and_no_closed_path_is_exported() -> None:
    async def talk(world: World) -> None:
        await world.call("GET /pets/path-value?q=query-value", {**CONTEXT, "X-Request-Id": KEY})
        await world.call("POST /pets/path-value", {"Content-Type": "text/plain"}, "body-value")
        await world.call("GET /hidden/place?q=query-value")
        await world.call("GET /pets/path-value?undeclared=query-value")
        await world.call(
            "OPTIONS /hidden/place", {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
        )
        await world.call("BREW-VALUE /hidden/place")
        await world.call("GET /hidden/place\x01")

    world = played(talk, headers={"Authorization": {"value": "Bearer collector-secret"}})
    assert len(world.receiver.spans) >= 8
    exported = b"".join(world.receiver.bodies)
    for shown in (KEY, "-value", "-VALUE", "hidden", "collector-secret", "undeclared=", "a=1"):
        assert shown.encode() not in exported, shown


def test_metrics_have_the_names_of_the_semantic_conventions() -> None:
    async def talk(world: World) -> None:
        await world.call("GET /pets/seven")
        await world.call("GET /hidden/place")

    metrics = played(talk, traces=False).receiver.metrics
    assert {"http.server.request.duration", "http.client.request.duration", "plugin_gateway.spans.dropped"} <= {
        *metrics
    }
    points = metrics["http.server.request.duration"].histogram.data_points
    assert {attributes(point).get("http.route") for point in points} == {"/pets/{id}", None}


def test_without_otel_the_context_of_the_caller_passes_unchanged() -> None:
    async def talk(world: World) -> None:
        await world.adopt(None)
        await world.call("GET /pets/seven", CONTEXT)

    world = played(talk)
    assert f"Traceparent: {CONTEXT['Traceparent']}\r\n".encode() in world.heads[0]
    assert world.receiver.spans == []


def test_a_reload_moves_the_export_to_another_collector() -> None:
    async def talk(world: World) -> None:
        await world.call("GET /pets/one")
        async with receiving() as other:
            await world.adopt({"endpoint": other.url})
            await world.call("GET /pets/two")
            await other.until(lambda: len(other.spans) == 2)
            await world.receiver.until(lambda: len(world.receiver.spans) == 2)
            await world.adopt({"endpoint": world.receiver.url}, 3)
            await world.receiver.until(lambda: b"/v1/metrics" in b"".join(world.receiver.heads))

    played(talk)


def test_spans_that_do_not_fit_are_counted_among_the_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter, "_CLOSE_TIMEOUT_S", 0.05)

    async def talk(world: World) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            nowhere = server.getsockname()[1]
        await world.adopt({"endpoint": f"http://127.0.0.1:{nowhere}", "queue": 1, "metrics": False})
        await world.call("GET /pets/seven")
        assert (await world.series())[SeriesKey("spans_dropped")] == [1]

    played(talk)
