"""The in-process client: it takes the way of other calls, with backpressure, a visible end and one record."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.errors import UpstreamError
from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.in_process import InProcessClient, field_block
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision import Bounds, Revision, UpstreamSettings
from tests.bounds import BOUND_S
from tests.loopback import in_front_of
from tests.narrow import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.proxy.serving import Serving
    from plugin_gateway.telemetry.record import AccessRecord

READ = OperationRule(method="GET", path_template="/p", operation_id="read")
WRITE = OperationRule(method="POST", path_template="/p", operation_id="write", has_request_body=True, is_safe=False)
CLOSED = Refusal(status=404, code="operation-not-found", detail="No.")
KEY = Injection(headers=((b"X-Key", b"s3cret-key"),), secrets=("s3cret-key",))
FIELDS = ((b"host", b"gw"), (b"x-request-id", b"r1"))


class Gate:
    def judge(self, method: bytes, target: bytes, fields: object) -> Any:
        path, _, query = target.partition(b"?")
        return Permit(WRITE if method == b"POST" else READ, path, query) if path == b"/p" else CLOSED


def play(upstream: Callable[..., Any], scene: Callable[..., Any]) -> list[AccessRecord]:
    """Run `scene(client, serving, access, records)` in front of an upstream given as a connection handler."""

    def make_holder(port: int) -> Holder:
        return Holder(
            Revision(
                number=1, public_url="http://gw", gate=stand_in(Gate()), rules=(READ, WRITE), faces={},
                upstream=UpstreamSettings(host="127.0.0.1", port=port, authority=b"up"), read_injection=KEY,
                write_injection=KEY, operations_total=2, limits=Bounds(), cors_origins=(),
            )
        )  # fmt: skip

    async def whole() -> list[AccessRecord]:
        async with asyncio.timeout(BOUND_S), in_front_of(upstream, make_holder) as holder:
            records: list[AccessRecord] = []
            client = InProcessClient(holder.clock, records.append, "192.0.2.1")
            try:
                await scene(client, holder.serving, holder.serving.anybody, records)
            finally:
                client.close()
        return records

    return asyncio.run(whole())


async def whole_body(client: InProcessClient) -> bytes:
    pieces = []
    while piece := await client.read():
        pieces.append(piece)
    return b"".join(pieces)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(4) if b"Content-Length: 4" in head else b""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(head + body), head + body))


def test_a_call_goes_up_with_the_key_and_comes_back_without_it() -> None:
    async def scene(client: InProcessClient, serving: Serving, access: Access, records: list[Any]) -> None:
        client.begin(serving, RequestHead(b"GET", b"/p?a=1", field_block(FIELDS)), access=access)
        status, fields = await client.head()
        assert (status, dict(fields)[b"x-request-id"]) == (200, b"r1")
        text = await whole_body(client)
        assert text.startswith(b"GET /p?a=1 HTTP/1.1\r\nHost: up\r\n")
        assert b"X-Key: **********\r\n" in text
        assert records == []

    (record,) = play(echo, scene)
    assert (record.status, record.reason, record.client, record.rule) == (200, "", "192.0.2.1", READ)


def test_a_body_is_sent_in_pieces() -> None:
    async def scene(client: InProcessClient, serving: Serving, access: Access, _records: list[Any]) -> None:
        fields = (*FIELDS, (b"content-length", b"4"))
        client.begin(serving, RequestHead(b"POST", b"/p", field_block(fields)), b"ab", is_whole=False, access=access)
        await client.send(b"cd", is_last=True)
        assert (await client.head())[0] == 200
        assert (await whole_body(client)).endswith(b"\r\n\r\nabcd")

    (record,) = play(echo, scene)
    assert record.bytes_in == 4


@pytest.mark.parametrize(("access", "consumer"), [(None, ""), (Access("tom", Gate().judge, {}), "tom")])
def test_a_call_that_is_not_permitted_gets_a_problem_and_does_not_go_up(access: Access | None, consumer: str) -> None:
    async def scene(client: InProcessClient, serving: Serving, _access: Access, _records: list[Any]) -> None:
        client.begin(serving, RequestHead(b"GET", b"/other", field_block(FIELDS)), access=access)
        status, fields = await client.head()
        assert (status, dict(fields)[b"content-type"]) == (404, b"application/problem+json")
        assert json.loads(await whole_body(client))["code"] == "operation-not-found"
        assert client.is_over

    (record,) = play(echo, scene)
    assert (record.status, record.reason, record.target, record.consumer) == (
        404,
        "operation-not-found",
        b"/other",
        consumer,
    )


def test_an_answer_that_breaks_off_is_never_taken_for_whole() -> None:
    async def breaks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nhello, this is the beginning")
        await writer.drain()
        writer.close()

    async def scene(client: InProcessClient, serving: Serving, access: Access, _records: list[Any]) -> None:
        client.begin(serving, RequestHead(b"GET", b"/p", field_block(FIELDS)), access=access)
        assert (await client.head())[0] == 200
        with pytest.raises(UpstreamError, match="ended early"):
            await whole_body(client)

    (record,) = play(breaks, scene)
    assert record.reason == "upstream-closed"


def test_a_client_that_closes_cancels_the_call_and_is_recorded_once() -> None:
    gone = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        await reader.read()
        gone.set()

    async def scene(client: InProcessClient, serving: Serving, access: Access, records: list[Any]) -> None:
        client.begin(serving, RequestHead(b"GET", b"/p", field_block(FIELDS)), access=access)
        await client.head()
        reading = asyncio.ensure_future(whole_body(client))
        await asyncio.sleep(0)
        client.close()
        client.close()
        with pytest.raises(UpstreamError):
            await reading
        await gone.wait()
        assert [record.reason for record in records] == ["client-gone"]

    play(slow, scene)


def test_an_answer_that_is_not_read_does_not_pile_up() -> None:
    size = 8 * 1024 * 1024

    async def large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        writer.write(b"x" * size)

    async def scene(client: InProcessClient, serving: Serving, access: Access, _records: list[Any]) -> None:
        client.begin(serving, RequestHead(b"GET", b"/p", field_block(FIELDS)), access=access)
        await client.head()
        most = seen = 0
        while piece := await client.read():
            seen += len(piece)
            most = max(most, client._out_bytes)
            for _ in range(3):
                await asyncio.sleep(0)
        assert (seen, most < 1024 * 1024) == (size, True)

    play(large, scene)


def test_a_client_may_end_its_call_with_the_refusal_that_it_chooses() -> None:
    async def scene(client: InProcessClient, serving: Serving, access: Access, _records: list[Any]) -> None:
        fields = (*FIELDS, (b"content-length", b"4"))
        client.begin(serving, RequestHead(b"POST", b"/p", field_block(fields)), b"ab", is_whole=False, access=access)
        client.fail(replace(CLOSED, status=413, code="request-too-large"))
        assert (await client.head())[0] == 413
        client.fail(CLOSED)
        await client.send(b"cd", is_last=True)

    (record,) = play(echo, scene)
    assert (record.status, record.reason) == (413, "request-too-large")
