"""Forwarding, over real sockets and both fronts: the connection front, and the ASGI front behind it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import re
import socket
import zlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import brotli
import pytest
from backports import zstd
from msgspec.structs import replace
from uvicorn.server import ServerState

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.proxy.clock import Clock
from plugin_gateway.proxy.connect import connect
from plugin_gateway.proxy.exchange import Exchange
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.fronts.asgi import AsgiFront
from plugin_gateway.proxy.fronts.connection import connection_front
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.in_process import InProcessClient
from plugin_gateway.proxy.received import Permitted
from plugin_gateway.proxy.shaped_request import Shaped
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision import Bounds, Revision, UpstreamSettings
from plugin_gateway.shape.answer.check import AnswerCheck
from plugin_gateway.shape.request.bodies import Bodies, DeclaredType
from plugin_gateway.shape.request.json_body import JsonBody
from plugin_gateway.shape.request.json_edit import compile_edit
from plugin_gateway.shape.shape import Shape
from plugin_gateway.shape.values.validator import Validator
from plugin_gateway.telemetry.series import Series, SeriesKey
from tests.bounds import BOUND_S, until
from tests.narrow import as_a, present, stand_in
from tests.proxy.real import plan_of, serving_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from plugin_gateway.proxy.upstream import UpstreamConnection
    from plugin_gateway.telemetry import AccessRecord

KEY = Injection(headers=((b"X-Api-Key", b"s3cret-key"),), query=b"k=s3cret-qry", secrets=("s3cret-key", "s3cret-qry"))
READ = OperationRule(method="GET", path_template="/p/{id}", operation_id="read")
WRITE = OperationRule(method="POST", path_template="/p", operation_id="write", has_request_body=True, is_safe=False)
SEARCH = OperationRule(method="GET", path_template="/p/search", operation_id="search", has_request_body=True)
NOT_FOUND = Refusal(status=404, code="operation-not-found", detail="No such operation.")
SHAPED = replace(
    WRITE,
    shape=Shape(
        body=Bodies(
            (
                DeclaredType(
                    b"application/json",
                    JsonBody(Validator({"type": "object"}), compile_edit(None, frozenset({("secret",)}), {})),
                ),
                DeclaredType(b"image/png"),
            ),
            is_required=True,
            is_enforced=True,
        )
    ),
)
MIB = 1 << 20


class PathGate:
    def judge(self, method: bytes, target: bytes, fields: object) -> Any:
        path, _, query = target.partition(b"?")
        if path == b"/p/search":
            return Permit(SEARCH, path, query)
        if path.startswith(b"/p") and method in {b"GET", b"HEAD", b"POST"}:
            return Permit(WRITE if method == b"POST" else READ, path, query)
        return NOT_FOUND


class Upstream:
    """Plays the upstream with a function that handles each connection; keeps the requests that it read."""

    def __init__(self, play: Callable[..., Any]) -> None:
        self.play, self.heads, self.connections = play, list[bytes](), 0
        self.writers: set[asyncio.StreamWriter] = set()
        self.closed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self.play(self, reader, writer)
        finally:
            self.closed.set()
            writer.close()

    async def head(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        return head

    async def request(self, reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
        head = await self.head(reader)
        if length := re.search(rb"Content-Length: (\d+)", head):
            return head, await reader.readexactly(int(length[1]))
        body = b""
        if b"Transfer-Encoding: chunked" in head:
            while size := int(await reader.readline(), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        return head, body


def answers(*raws: bytes | tuple[bytes, ...], then_close: bool = False) -> Callable[..., Any]:
    """Answer each request with the next raw answer, then always with the last one."""

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = list(raws)
        while True:
            await upstream.request(reader)
            for piece in left[0] if isinstance(left[0], tuple) else (left[0],):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            if len(left) > 1:
                left.pop(0)
            if then_close:
                return

    return play


def ok(body: bytes = b"ok", fields: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (fields, len(body), body)


async def echo(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        head, body = await upstream.request(reader)
        line = head.split(b"\r\n")[0].decode()
        writer.write(ok(json.dumps({"line": line, "body": body.decode(), "on": upstream.connections}).encode()))


async def app(scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    body = f"app {scope['method']} {scope['path']}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


class Gateway:
    def __init__(self, port: int, holder: Holder, records: list[Any], upstream: Upstream) -> None:
        self.port, self.holder, self.records, self.upstream = port, holder, records, upstream
        self.writers: list[asyncio.StreamWriter] = []

    async def open(self, limit: int = 4 * MIB) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=limit)
        self.writers.append(writer)
        return reader, writer

    async def ask(
        self,
        request: bytes,
        *,
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None,
        is_head: bool = False,
    ) -> tuple[int, bytes, bytes, bool]:
        """Send raw request bytes; return status, head and body, and whether the body is complete."""
        reader, writer = connection or await self.open()
        writer.write(request)
        answer = await read_answer(reader, is_head=is_head)
        if connection is None:
            writer.close()
        return answer

    async def reason(self) -> Any:
        await until(lambda: self.records)
        return self.records[-1].reason


async def read_answer(reader: asyncio.StreamReader, *, is_head: bool = False) -> tuple[int, bytes, bytes, bool]:
    head = await reader.readuntil(b"\r\n\r\n")
    while head.startswith(b"HTTP/1.1 1"):
        head = await reader.readuntil(b"\r\n\r\n")
    status, low, body = int(head.split(b" ")[1]), head.lower(), b""
    if is_head or status in {204, 304}:
        return status, head, b"", True
    try:
        if length := re.search(rb"content-length: (\d+)", low):
            return status, head, await reader.readexactly(int(length[1])), True
        if b"transfer-encoding: chunked" in low:
            while size := int(await reader.readuntil(b"\r\n"), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readexactly(2)
            return status, head, body, True
        return status, head, await reader.read(), True
    except (asyncio.IncompleteReadError, ConnectionError):
        return status, head, body, False


def revision_of(upstream: Any, **changes: Any) -> Any:
    options = {
        "number": 1, "public_url": "https://gw.test", "gate": PathGate(), "rules": (READ, WRITE),
        "faces": {}, "upstream": upstream, "read_injection": KEY, "write_injection": KEY, "operations_total": 2,
        "limits": Bounds(request_body_bytes=4 * MIB), "cors_origins": ("https://chatgpt.com",),
    }  # fmt: skip
    return Revision(**(options | changes))


@contextlib.asynccontextmanager
async def serve(
    front: str, play: Callable[..., Any], *, settings: dict[str, Any] | None = None, **changes: Any
) -> AsyncIterator[Any]:
    loop = asyncio.get_running_loop()
    upstream = Upstream(play)
    upstream_server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0, limit=4 * MIB)
    base = UpstreamSettings(host="127.0.0.1", port=upstream_server.sockets[0].getsockname()[1], authority=b"up.test")
    records: list[Any] = []
    holder = Holder(
        revision_of(replace(base, **(settings or {})), **changes), local_paths={b"/app"}, clock=Clock(tick_s=0.02)
    )
    loaded: Any
    make: Any
    if front == "asgi":
        loaded = AsgiFront(holder, app, records.append)
        make = connection_front(holder, lambda record: None, forwards=False)
    else:
        loaded, make = app, connection_front(holder, records.append)
    config, state = SimpleNamespace(root_path="", loaded_app=loaded), ServerState()
    server = await loop.create_server(lambda: make(config, state, {}), "127.0.0.1", 0)
    gateway = Gateway(server.sockets[0].getsockname()[1], holder, records, upstream)
    try:
        yield gateway
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        for task in list(state.tasks):
            task.cancel()
        holder.close()
        upstream_server.close()
        for writer in (*upstream.writers, *gateway.writers):
            # asyncio raises this for a transport that closed with its last write; the rest must be closed all the same.
            with contextlib.suppress(AttributeError):
                writer.transport.abort()
        await until(lambda: not (state.connections or state.tasks or holder.serving.pool._open))
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture(params=["connection", "asgi"])
def run(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Run a scene against a gateway: `run(play, scene, **changes)`, within five seconds."""

    def run(play: Callable[..., Any], scene: Callable[..., Any], **changes: Any) -> Any:
        async def whole() -> Any:
            async with asyncio.timeout(BOUND_S), serve(request.param, play, **changes) as gateway:
                return await scene(gateway)

        return asyncio.run(whole())

    return run


def get(path: str = "/p/1", fields: str = "", method: str = "GET", version: str = "1.1") -> bytes:
    return f"{method} {path} HTTP/{version}\r\nHost: gw.test\r\n{fields}\r\n".encode()


def post(body: bytes, fields: str = "") -> bytes:
    return f"POST /p HTTP/1.1\r\nHost: gw.test\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode() + body


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


@pytest.mark.parametrize("cut", [1, 3, 40, 1000])
def test_a_body_goes_up_whole_with_any_framing_and_in_any_pieces(run: Callable[..., Any], cut: int) -> None:
    body = b"0123456789" * 20
    chunked = (
        b"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"".join(b"%x;e=1\r\n%b\r\n" % (len(body[at : at + 7]), body[at : at + 7]) for at in range(0, len(body), 7))
        + b"0\r\nX-Trailer: 1\r\n\r\n"
    )

    async def scene(gateway: Gateway) -> None:
        for request in (post(body), chunked):
            reader, writer = await gateway.open()
            for at in range(0, len(request), cut):
                writer.write(request[at : at + cut])
                await asyncio.sleep(0)
            status, _, answer, _ = await read_answer(reader)
            assert status == 200
            assert json.loads(answer)["body"] == body.decode()
            writer.close()
        assert gateway.records[-1].bytes_in == len(body)
        assert b"Trailer" not in gateway.upstream.heads[-1]

    run(echo, scene)


@pytest.mark.parametrize(
    "request_bytes",
    [
        post(b"x" * 11),
        b"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n",
    ],
)
def test_a_body_over_the_limit_is_413_and_never_whole_upstream(run: Callable[..., Any], request_bytes: bytes) -> None:
    whole = []

    async def play(upstream: Any, reader: Any, writer: Any) -> None:
        whole.append(await upstream.request(reader))

    async def scene(gateway: Gateway) -> None:
        status, head, _, _ = await gateway.ask(request_bytes)
        assert status == 413
        assert not whole
        assert b"connection: close" in head.lower()

    run(play, scene, limits=Bounds(request_body_bytes=10))


def test_two_request_ids_go_up_as_the_one_that_is_recorded(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        await gateway.ask(get(fields="X-Request-Id: r1\r\nX-Request-Id: r2\r\n"))
        (head,) = gateway.upstream.heads
        assert re.findall(rb"(?i)x-request-id: (.*)\r\n", head) == [b"r1"]
        assert [record.request_id for record in gateway.records] == [b"r1"]

    run(answers(ok()), scene)


FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


def test_a_body_that_overrides_the_method_is_refused_before_anything_goes_up(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        body = b"a=1&_method=DELETE"
        head = f"POST /p HTTP/1.1\r\nHost: a\r\n{FORM}Content-Length: {len(body)}\r\n\r\n".encode()
        status, _, answer, _ = await gateway.ask(head + body)
        assert (status, json.loads(answer)["code"]) == (400, "method-override")
        assert not gateway.upstream.heads

    run(echo, scene)


def test_an_override_late_in_a_body_never_goes_up_and_the_upstream_sees_a_close(
    run: Callable[..., Any],
) -> None:
    seen = []

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.head(reader)
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                seen.append(data)

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(f"POST /p HTTP/1.1\r\nHost: a\r\n{FORM}Transfer-Encoding: chunked\r\n\r\n5\r\na=1&_\r\n".encode())
        await writer.drain()
        await until(lambda: seen)
        assert b"".join(seen) == b"4\r\na=1&\r\n"
        writer.write(b"d\r\nmethod=DELETE\r\n0\r\n\r\n")
        status, _, answer, _ = await read_answer(reader)
        assert (status, json.loads(answer)["code"]) == (400, "method-override")
        await gateway.upstream.closed.wait()
        assert b"".join(seen) == b"4\r\na=1&\r\n"

    run(play, scene)


def test_a_body_that_was_inspected_goes_up_byte_for_byte(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        for body in (b"a=1&_methods=2&_m", b"", b"_=&&;%5f=1"):
            framed = b"".join(b"1\r\n%c\r\n" % octet for octet in body) + b"0\r\n\r\n"
            head = f"POST /p HTTP/1.1\r\nHost: a\r\n{FORM}Transfer-Encoding: chunked\r\n\r\n".encode()
            _, _, answer, _ = await gateway.ask(head + framed)
            assert json.loads(answer)["body"].encode() == body

    run(echo, scene)


def test_a_body_that_no_operation_expects_is_refused(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, body, _ = await gateway.ask(get(fields="Content-Length: 3\r\n") + b"abc")
        assert (status, json.loads(body)["code"]) == (400, "body-not-declared")
        assert not gateway.upstream.heads

    run(echo, scene)


@pytest.mark.parametrize(
    ("raw", "status", "expected"),
    [
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5\r\nhello\r\n0\r\nX: 1\r\n\r\n",
            200,
            b"hello",
        ),
        (
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r", b"\nhel\r\n2\r\nlo\r\n0\r\n", b"\r\n"),
            200,
            b"hello",
        ),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", b"\r\nhel", b"lo"), 200, b"hello"),
        (b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello"),
        (b"HTTP/1.1 422 No\r\nContent-Length: 2\r\n\r\nno", 422, b"no"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n", 302, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: x\r\n\r\n", 304, b""),
    ],
)
def test_every_framing_of_an_answer_is_delivered_and_the_connection_kept(
    run: Callable[..., Any], raw: bytes | tuple[bytes, bytes, bytes], status: int, expected: bytes
) -> None:
    async def scene(gateway: Gateway) -> None:
        connection = await gateway.open()
        for _ in range(2):
            answer = await gateway.ask(get(), connection=connection)
            assert (answer[0], answer[2], answer[3]) == (status, expected, True)
        assert gateway.upstream.connections == 1
        connection[1].close()

    run(answers(raw), scene)


@pytest.mark.parametrize("raw", [b"HTTP/1.1 200 OK\r\n\r\nhello", b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"])
def test_an_answer_that_ends_with_the_connection_is_whole(run: Callable[..., Any], raw: bytes) -> None:
    async def scene(gateway: Gateway) -> None:
        connection = await gateway.open()
        for _ in range(2):
            assert (await gateway.ask(get(), connection=connection))[2:] == (b"hello", True)
        assert gateway.upstream.connections == 2
        connection[1].close()

    run(answers(raw, then_close=True), scene)


def test_head_is_answered_without_a_body_and_with_its_length(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        connection = await gateway.open()
        _, head, _, _ = await gateway.ask(get(method="HEAD"), connection=connection, is_head=True)
        assert b"content-length: 5" in head.lower()
        assert (await gateway.ask(get(), connection=connection))[2] == b"ok"
        connection[1].close()

    run(answers(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", ok()), scene)


@pytest.mark.parametrize(
    "raw",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000,
    ],
)
def test_an_answer_that_is_not_http_is_a_502_and_its_connection_is_not_used_again(
    run: Callable[..., Any], raw: bytes
) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, body, _ = await gateway.ask(get())
        assert (status, json.loads(body)["code"]) == (502, "bad-upstream-answer")
        assert await gateway.reason() == "bad-upstream-answer"
        await gateway.upstream.closed.wait()
        assert gateway.holder.serving.pool.open_connections == 0

    run(answers(raw), scene)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", b"zz\r\n"),
    ],
)
def test_an_answer_cut_by_the_upstream_never_looks_complete(
    run: Callable[..., Any], raw: bytes | tuple[bytes, bytes]
) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, _, whole = await gateway.ask(get())
        assert (status, whole) == (200, False) or status == 502
        assert await gateway.reason() in {"upstream-closed", "bad-upstream-answer"}

    run(answers(raw, then_close=True), scene)


def test_to_http_1_0_a_cut_answer_ends_in_a_reset(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(get(version="1.0"))
        assert b"Transfer-Encoding" not in await reader.readuntil(b"\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()

    run(answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", then_close=True), scene)


def test_surplus_bytes_close_the_connection_they_came_on(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        for _ in range(2):
            assert (await gateway.ask(get()))[2] == b"ok"
        assert gateway.upstream.connections == 2

    run(answers(ok() + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen"), scene)


def test_bytes_without_a_request_close_an_idle_connection(run: Callable[..., Any]) -> None:
    is_idle = asyncio.Event()

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        writer.write(ok())
        await is_idle.wait()
        writer.write(ok(b"stolen"))
        await reader.read()

    async def scene(gateway: Gateway) -> None:
        assert (await gateway.ask(get()))[2] == b"ok"
        is_idle.set()
        await gateway.upstream.closed.wait()
        assert (await gateway.ask(get()))[2] == b"ok"

    run(play, scene)


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


def test_an_echoed_secret_is_covered_also_across_pieces(run: Callable[..., Any]) -> None:
    raw = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Key: s3cret-key\r\n\r\n",
        b"9\r\nkey=s3cre\r\n",
        b"5\r\nt-key\r\n",
        b"6\r\n s3cre\r\n",
        b"0\r\n\r\n",
    )

    async def scene(gateway: Gateway) -> None:
        _, head, body, whole = await gateway.ask(get())
        # A text that only begins like a secret is not masked; otherwise a caller could guess the rest octet by octet.
        assert (body, whole) == (b"key=********** s3cre", True)
        assert b"s3cret" not in head

    run(answers(raw), scene)


def test_an_event_stream_is_not_held_back(run: Callable[..., Any]) -> None:
    go_on = asyncio.Event()

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in range(3):
            writer.write(b"data: %d\n\n" % number)
            await go_on.wait()
            go_on.clear()

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(get())
        for number in range(3):
            await reader.readuntil(b"data: %d\n\n" % number)
            go_on.set()
        writer.close()

    run(play, scene)


PACKERS = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress}


@pytest.mark.parametrize("coding", PACKERS)
@pytest.mark.parametrize("is_length_known", [True, False])
def test_a_compressed_answer_is_decoded_and_covered(
    run: Callable[..., Any], coding: str, is_length_known: bool
) -> None:
    body = PACKERS[coding](b"key=s3cret-key " * 2000)
    fields = f'Content-Encoding: {coding}\r\nETag: "strong"\r\nContent-MD5: x\r\n'.encode()
    raw = ok(body, fields) if is_length_known else b"HTTP/1.1 200 OK\r\n" + fields + b"Connection: close\r\n\r\n" + body

    async def scene(gateway: Gateway) -> None:
        _, head, got, whole = await gateway.ask(get())
        assert (got, whole) == (b"key=********** " * 2000, True)
        low = head.lower()
        assert b'etag: w/"strong"' in low
        assert b"content-encoding" not in low
        assert b"content-md5" not in low

    run(answers(raw, then_close=not is_length_known), scene)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("none", b"key=s3cret-key"),
        ("utf-8", b"key=s3cret-key"),
        ("aws-chunked", b"key=s3cret-key"),
        ("gzip", b"key=s3cret-key"),
        ("deflate", b"key=s3cret-key"),
        ("br", b"key=s3cret-key"),
        ("zstd", b"key=s3cret-key"),
        ("gzip", gzip.compress(gzip.compress(b"key=s3cret-key"))),
        ("gzip", gzip.compress(b"a") + b"key=s3cret-key"),
    ],
    ids=["none", "utf-8", "aws-chunked", "gzip", "deflate", "br", "zstd", "gzip-twice", "gzip-and-text"],
)
def test_an_answer_that_cannot_be_decoded_is_refused_and_the_connection_lives_on(
    run: Callable[..., Any], coding: str, body: bytes
) -> None:
    async def scene(gateway: Gateway) -> None:
        connection = await gateway.open()
        for _ in range(2):
            status, _, answer, _ = await gateway.ask(get(), connection=connection)
            assert (status, json.loads(answer)["code"]) == (502, "unreadable-answer")
        connection[1].close()

    run(answers(ok(body, f"Content-Encoding: {coding}\r\n".encode())), scene)


def test_an_answer_that_cannot_be_decoded_passes_masked_if_the_config_permits(run: Callable[..., Any]) -> None:
    bodies = [("none", b"key=s3cret-key"), ("gzip", b"key=s3cret-key")]
    for coding, body in bodies:

        async def scene(gateway: Gateway, coding: str = coding) -> None:
            status, head, got, _ = await gateway.ask(get())
            assert (status, got) == (200, b"key=**********")
            assert f"content-encoding: {coding}".encode() in head.lower()

        fields = f"Content-Encoding: {coding}\r\n".encode()
        run(answers(ok(body, fields)), scene, settings={"passes_unreadable": True})


def test_a_body_that_stops_being_of_its_coding_is_cut(run: Callable[..., Any]) -> None:
    packer = zlib.compressobj(wbits=31)
    first = packer.compress(b"event 1\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    is_read = asyncio.Event()

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + first)
        await is_read.wait()
        writer.write(b"key=s3cret-key")

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(get())
        await reader.readuntil(b"event 1\n")
        is_read.set()
        rest = await reader.read()
        assert b"s3cret" not in rest
        assert not rest.endswith(b"0\r\n\r\n")
        writer.close()

    run(play, scene)


def test_a_secret_in_a_flushed_compressed_stream_never_shows_its_beginning(run: Callable[..., Any]) -> None:
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(bytes([octet])) + packer.flush(zlib.Z_SYNC_FLUSH) for octet in b"data: s3cret-key\n\n"]
    raw = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"

    async def scene(gateway: Gateway) -> None:
        _, _, got, whole = await gateway.ask(get())
        assert (got, whole) == (b"data: **********\n\n", True)

    run(answers((raw, *pieces, packer.flush()), then_close=True), scene)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-5/9\r\n",
        b"HTTP/1.1 206 Partial Content\r\nContent-Type: multipart/byteranges; boundary=x\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Range: bytes 0-5/9\r\n",
        b"HTTP/1.1 226 IM Used\r\nIM: vcdiff\r\n",
    ],
)
def test_a_part_of_an_answer_is_not_asked_for_and_not_passed_on(run: Callable[..., Any], head: bytes) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, answer, _ = await gateway.ask(get(fields="Range: bytes=0-5\r\nIf-Range: x\r\n"))
        assert (status, json.loads(answer)["code"]) == (502, "unreadable-answer")
        assert b"range" not in gateway.upstream.heads[0].lower()

    run(answers(head + b"Content-Length: 6\r\n\r\ns3cret"), scene)


def test_a_part_too_short_to_show_a_secret_passes(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, body, _ = await gateway.ask(get(fields="Range: bytes=0-1\r\n"))
        assert (status, body) == (206, b"he")

    run(answers(b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/5\r\nContent-Length: 2\r\n\r\nhe"), scene)


def test_an_upstream_that_never_echoes_serves_parts_and_any_coding(run: Callable[..., Any]) -> None:
    raw = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-5/9\r\nContent-Encoding: x\r\nContent-Length: 6\r\n\r\nhello!"

    async def scene(gateway: Gateway) -> None:
        status, head, body, _ = await gateway.ask(get(fields="Range: bytes=0-5\r\n"))
        assert (status, body) == (206, b"hello!")
        assert b"content-encoding: x" in head.lower()
        assert b"range: bytes=0-5" in gateway.upstream.heads[0].lower()

    run(answers(raw), scene, settings={"may_echo": False})


def test_answers_to_head_and_304_pass_with_any_coding(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        assert (await gateway.ask(get(method="HEAD"), is_head=True))[0] == 200

    run(answers(b"HTTP/1.1 200 OK\r\nContent-Encoding: unknown\r\nContent-Length: 9\r\n\r\n"), scene)


def test_the_secrets_of_other_operations_are_covered_too(run: Callable[..., Any]) -> None:
    other = Injection(headers=((b"X-Api-Key", b"other-s3cret"),), secrets=("other-s3cret",))

    async def scene(gateway: Gateway) -> None:
        _, _, body, _ = await gateway.ask(get())
        assert body == b"************ **********"

    run(answers(ok(b"other-s3cret s3cret-key")), scene, write_injection=other)


def test_a_stream_does_not_show_a_secret_that_is_newer_than_its_head(run: Callable[..., Any]) -> None:
    renewed = asyncio.Event()

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: s3cret-key\n\n")
        await renewed.wait()
        writer.write(b"data: renewed-s3cret s3cret-key\n\n")

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(get())
        await reader.readuntil(b"data: **********\n\n")
        key = Injection(headers=((b"X-Api-Key", b"renewed-s3cret"),), secrets=("renewed-s3cret",))
        gateway.holder.swap(replace(gateway.holder.revision, number=2, read_injection=key, write_injection=key))
        renewed.set()
        await reader.readuntil(b"data: ************** **********\n\n")

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


def test_an_answer_that_is_truncated_drops_the_connection_that_its_rest_would_come_on(run: Callable[..., Any]) -> None:
    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
        writer.write(head + b'["aaaa","bbbb","cccc"')
        await reader.read()

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(get())
        assert json.loads((await read_answer(reader))[2]) == ["aaaa"]
        await gateway.upstream.closed.wait()
        assert gateway.holder.serving.pool.open_connections == 0

    run(play, scene, limits=Bounds(response_body_bytes=12, truncates_responses=True))


class ShapedGate:
    def judge(self, method: bytes, target: bytes, fields: object) -> Any:
        return Permit(SHAPED, b"/p", b"")


JSON_FIELD = "Content-Type: application/json\r\n"


@pytest.mark.parametrize("fields", [JSON_FIELD, f"{JSON_FIELD}Expect: 100-continue\r\n"])
def test_a_shaped_body_goes_up_changed_with_its_true_length(run: Callable[..., Any], fields: str) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, body, _ = await gateway.ask(post(b'{"a": 1.10, "secret": 2}', fields))
        assert (status, json.loads(body)["body"]) == (200, '{"a": 1.10}')
        assert b"Content-Length: 11\r\n" in gateway.upstream.heads[0]

    run(echo, scene, gate=ShapedGate())


def test_a_shaped_body_may_come_in_chunks_that_cut_a_name(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        head = f"POST /p HTTP/1.1\r\nHost: gw.test\r\n{JSON_FIELD}Transfer-Encoding: chunked\r\n\r\n".encode()
        status, _, body, _ = await gateway.ask(head + b'7\r\n{"secr\\\r\nb\r\nu0065t": 2}\r\n0\r\n\r\n')
        assert (status, json.loads(body)["body"]) == (200, "{}")

    run(echo, scene, gate=ShapedGate())


@pytest.mark.parametrize(
    "request_",
    [
        post(b"[]", JSON_FIELD),
        post(b'{"secret":1,"secret":2}', JSON_FIELD),
        post(b"", JSON_FIELD),
        b"POST /p HTTP/1.1\r\nHost: gw.test\r\n\r\n",
    ],
)
def test_an_invalid_body_is_refused_and_nothing_goes_up(run: Callable[..., Any], request_: bytes) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, body, _ = await gateway.ask(request_)
        assert (status, json.loads(body)["code"]) == (400, "invalid-request")
        assert not gateway.upstream.heads

    run(echo, scene, gate=ShapedGate())


def test_a_body_without_a_schema_streams_past_the_shape(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        connection = await gateway.open()
        head = "POST /p HTTP/1.1\r\nHost: gw.test\r\nContent-Type: image/png\r\nContent-Length: 4\r\n\r\n"
        connection[1].write(head.encode() + b"ab")
        await until(lambda: gateway.upstream.heads)
        status, _, body, _ = await gateway.ask(b"cd", connection=connection)
        assert (status, json.loads(body)["body"]) == (200, "abcd")

    run(echo, scene, gate=ShapedGate())


class ReportingGate:
    rule = replace(
        SHAPED,
        shape=Shape(
            body=Bodies(
                (DeclaredType(b"application/json", JsonBody(Validator({"type": "object"}))),),
                is_required=True,
                is_enforced=False,
            )
        ),
    )

    def judge(self, method: bytes, target: bytes, fields: object) -> Any:
        return Permit(self.rule, b"/p", b"")


@pytest.mark.parametrize("body", [b'{"a": 1}', b" [1.10] ", b'{"a":1,"a":2}', b"\xef\xbb\xbf{}", b"not JSON"])
def test_a_body_that_is_only_reported_goes_up_as_it_came_and_is_not_held(run: Callable[..., Any], body: bytes) -> None:
    async def scene(gateway: Gateway) -> None:
        connection = await gateway.open()
        connection[1].write(post(body, JSON_FIELD)[:-1])
        await until(lambda: gateway.upstream.heads)
        status, _, answer, _ = await gateway.ask(body[-1:], connection=connection)
        assert (status, json.loads(answer)["body"].encode()) == (200, body)
        mismatches = gateway.holder.serving.plan(ReportingGate.rule).mismatches
        assert mismatches.series() == (
            {} if body == b'{"a": 1}' else {SeriesKey("mismatches", ("write", "request")): [1]}
        )

    run(echo, scene, gate=ReportingGate())


class NarrowedReportingGate:
    rule = replace(
        SHAPED, shape=Shape(body=as_a(Bodies, present(ReportingGate.rule.shape).body)._replace(is_narrowed=True))
    )

    def judge(self, method: bytes, target: bytes, fields: object) -> Any:
        return Permit(self.rule, b"/p", b"")


@pytest.mark.parametrize(
    ("body", "counted"), [(b'{"a": 1}', {}), (b"[]", {SeriesKey("mismatches", ("write", "request")): [1]})]
)
def test_an_invalid_body_is_counted_where_the_gateway_changes_bodies_and_only_reports(
    run: Callable[..., Any], body: bytes, counted: Series
) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, answer, _ = await gateway.ask(post(body, JSON_FIELD))
        assert (status, json.loads(answer)["body"].encode()) == (200, body)
        assert gateway.holder.serving.plan(NarrowedReportingGate.rule).mismatches.series() == counted

    run(echo, scene, gate=NarrowedReportingGate())


def test_a_missing_body_that_is_only_reported_goes_up(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, _, _ = await gateway.ask(b"POST /p HTTP/1.1\r\nHost: gw.test\r\n\r\n")
        assert status == 200
        assert gateway.holder.serving.plan(ReportingGate.rule).mismatches.series() == {
            SeriesKey("mismatches", ("write", "request")): [1]
        }

    run(echo, scene, gate=ReportingGate())


class AnswerReportingGate:
    rule = replace(
        SHAPED, shape=Shape(check=AnswerCheck(bodies={"200": {b"application/json": Validator({"type": "array"})}}))
    )

    def judge(self, method: bytes, target: bytes, fields: object) -> Any:
        return Permit(self.rule, b"/p", b"")


def test_an_invalid_answer_that_comes_at_once_is_counted_and_passes_as_it_came(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, answer, _ = await gateway.ask(post(b"{}", JSON_FIELD))
        assert (status, json.loads(answer)["body"]) == (200, "{}")
        mismatches = gateway.holder.serving.plan(AnswerReportingGate.rule).mismatches
        assert mismatches.series() == {SeriesKey("mismatches", ("write", "response")): [1]}

    run(echo, scene, gate=AnswerReportingGate())
