"""One call in process: the credentials are hidden in the request that is shown, and the answer is kept up to a limit."""

from __future__ import annotations

import asyncio
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.credentials.grant import ClientCredentialsGrant, Passthrough
from plugin_gateway.credentials.injection import Injection
from plugin_gateway.errors import UsageError
from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.proxy.door import Access
from plugin_gateway.reports.call_once import CallAnswer, call_once
from plugin_gateway.revision import Bounds, Revision, UpstreamSettings
from plugin_gateway.revision.tls_files import TlsFiles
from plugin_gateway.tools.request import ToolRequest
from tests.bounds import BOUND_S

if TYPE_CHECKING:
    from collections.abc import Iterator

GATE = compile_gate(
    Document(root={"openapi": "3.1.0", "paths": {"/p": {"post": {"requestBody": {"content": {"text/plain": {}}}}}}}, name="t"),
    {OperationKey("POST", "/p"): AllowedOperation(operation_id="p")},
)  # fmt: skip
REQUEST = ToolRequest(b"POST", b"/p", ((b"content-type", b"text/plain"),), b"zq1 sekret-text")


@pytest.fixture
def upstream() -> Iterator[tuple[int, list[Any]]]:
    """A server that answers each request with ten bytes; yields its port and the heads and bodies that came."""
    seen: list[Any] = []
    started: SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = SimpleQueue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head + await reader.readexactly(len(REQUEST.body)))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789")
        await writer.drain()
        writer.close()

    async def main() -> None:
        stop = asyncio.Event()
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            started.put((asyncio.get_running_loop(), stop, server.sockets[0].getsockname()[1]))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    loop, stop, port = started.get(timeout=BOUND_S)
    yield port, seen
    loop.call_soon_threadsafe(stop.set)
    thread.join(BOUND_S)


def call(port: int, injection: Injection, keep_bytes: int = 100, request: Any = REQUEST, **upstream: Any) -> CallAnswer:
    revision = Revision(
        number=1, public_url="http://me:pw@gw.example:8080/x", gate=GATE, rules=GATE.rules, faces={},
        upstream=UpstreamSettings(host="127.0.0.1", port=port, authority=b"up", **upstream), read_injection=injection,
        write_injection=injection, operations_total=1, limits=Bounds(), cors_origins=(),
    )  # fmt: skip
    return call_once(revision, Access("", GATE.judge, {}), request, keep_bytes=keep_bytes)


def test_credentials_go_up_and_are_not_shown(upstream: tuple[int, list[Any]]) -> None:
    port, seen = upstream
    injection = Injection(
        headers=((b"X-Key", b"zq1"),),
        query=b"pin=zq1&t=sekret-text",
        cookies=b"c=zq1; d=x=y",
        secrets=("sekret-text", "zq1"),
    )

    reply = call(port, injection)

    assert b"POST /p?pin=zq1&t=sekret-text HTTP/1.1" in seen[0]
    assert b"X-Key: zq1" in seen[0]
    head, _, body = reply.sent.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /p?pin=********&t=******** HTTP/1.1\r\nHost: up\r\n")
    assert b"\r\nX-Key: ********" in head
    assert b"Cookie: c=********; d=********\r\n" in head
    assert b"zq1" not in head
    assert b"sekret" not in head
    assert body == b"zq1 ***********"
    assert (reply.status, reply.body, reply.size, reply.is_complete) == (200, b"0123456789", 10, True)
    assert reply.record.rule is GATE.rules[0]


def test_a_header_argument_is_sent_once(upstream: Any) -> None:
    port, seen = upstream
    call(port, Injection(), request=REQUEST._replace(fields=(*REQUEST.fields, (b"accept", b"text/csv"))))

    assert seen[0].lower().count(b"\r\naccept:") == 1
    assert b"text/csv" in seen[0]


def test_the_answer_is_kept_up_to_the_limit_and_counted_whole(upstream: tuple[int, list[Any]]) -> None:
    reply = call(upstream[0], Injection(), keep_bytes=4)

    assert (reply.body, reply.size) == (b"0123", 10)


def test_a_token_is_shown_as_a_hidden_field_and_its_refusal_as_the_answer(upstream: tuple[int, list[Any]]) -> None:
    grant = ClientCredentialsGrant(token_url="http://127.0.0.1:1/t", client_id="a", client_secret="b")

    reply = call(upstream[0], Injection(grant=grant))

    assert b"Authorization: ********" in reply.sent
    assert reply.status in {502, 503}
    assert reply.record.reason


def test_without_a_token_of_the_gateway_no_authorization_is_shown(upstream: tuple[int, list[Any]]) -> None:
    reply = call(upstream[0], Injection(grant=Passthrough()))

    assert b"uthorization" not in reply.sent
    assert reply.status == 200


def test_a_tls_file_that_cannot_be_used_is_a_mistake_of_the_operator() -> None:
    with pytest.raises(UsageError, match="TLS file"):
        call(1, Injection(), tls=True, tls_files=TlsFiles(ca=b"none"))


def test_a_call_that_the_gate_refuses_sends_nothing(upstream: tuple[int, list[Any]]) -> None:
    port, seen = upstream
    revision_call = REQUEST._replace(target=b"/other")
    revision = Revision(
        number=1, public_url="", gate=GATE, rules=GATE.rules, faces={}, operations_total=1, limits=Bounds(), cors_origins=(),
        upstream=UpstreamSettings(host="127.0.0.1", port=port, authority=b"up"), read_injection=Injection(), write_injection=Injection(),
    )  # fmt: skip

    reply = call_once(revision, Access("", GATE.judge, {}), revision_call, keep_bytes=1000)

    assert (reply.sent, reply.status, seen) == (b"", 404, [])
    assert b"operation-not-found" in reply.body
