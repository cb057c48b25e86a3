"""A running gateway between a client and an upstream that a function plays, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from uvicorn.server import ServerState

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.proxy.clock import Clock
from plugin_gateway.proxy.fronts.asgi import AsgiFront
from plugin_gateway.proxy.fronts.connection import connection_front
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision import Bounds, Revision, UpstreamSettings
from tests.bounds import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

KEY = Injection(headers=((b"X-Api-Key", b"s3cret-key"),), query=b"k=s3cret-qry", secrets=("s3cret-key", "s3cret-qry"))
READ = OperationRule(method="GET", path_template="/p/{id}", operation_id="read")
WRITE = OperationRule(method="POST", path_template="/p", operation_id="write", has_request_body=True, is_safe=False)
SEARCH = OperationRule(method="GET", path_template="/p/search", operation_id="search", has_request_body=True)
NOT_FOUND = Refusal(status=404, code="operation-not-found", detail="No such operation.")
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


def get(path: str = "/p/1", fields: str = "", method: str = "GET", version: str = "1.1") -> bytes:
    return f"{method} {path} HTTP/{version}\r\nHost: gw.test\r\n{fields}\r\n".encode()


def post(body: bytes, fields: str = "") -> bytes:
    return f"POST /p HTTP/1.1\r\nHost: gw.test\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode() + body
