"""HTTP answers: heads with a Date, events, and the status of an error in each era."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.mcp.era import LATEST_LEGACY, MODERN
from plugin_gateway.mcp.http_answer import EVENTS, JSON, KEEP_ALIVE_S, EventStream, Heads, event_of, status_of
from plugin_gateway.mcp.message import INVALID_PARAMS, METHOD_NOT_FOUND, Fault
from plugin_gateway.proxy.call import Call
from plugin_gateway.proxy.clock import Clock
from plugin_gateway.proxy.in_process import InProcessClient, field_block
from plugin_gateway.proxy.received import Received

if TYPE_CHECKING:
    from plugin_gateway.mcp.era import Era


def test_a_head_tells_the_date_the_type_and_the_length() -> None:
    heads = Heads()
    head = heads.get(200, JSON, 7).head

    assert head.startswith(b"HTTP/1.1 200 OK\r\nDate: ")
    assert b"\r\nContent-Type: application/json\r\n" in head
    assert b"\r\nContent-Length: 7\r\n" in head
    assert heads.get(200, EVENTS, 7).head != head


def test_an_answer_without_a_body_has_no_type() -> None:
    assert b"\r\nContent-Type:" not in Heads().get(202, JSON, 0).head


def test_a_stream_sends_events_stays_alive_and_ends() -> None:
    async def scene() -> None:
        client = InProcessClient(Clock(), list[Any]().append)
        call = client.call = Call(client, Received(field_block([(b"host", b"gw")]).request, b"POST", b"/mcp"))
        stream = EventStream(client, call, b"Vary: Origin\r\n", b"1")
        stream.send(b"2")
        stream.on_tick(stream.spoke_at + KEEP_ALIVE_S - 1)
        stream.on_tick(stream.spoke_at + KEEP_ALIVE_S + 1)
        stream.on_tick(stream.spoke_at + 1)
        stream.send(b"3", is_last=True)
        status, fields = await client.head()
        sent = b""
        while piece := await client.read():
            sent += piece
        client.close()

        assert (status, dict(fields)[b"vary"]) == (200, b"Origin")
        assert sent == event_of(b"1") + event_of(b"2") + b": keep-alive\n\n" + event_of(b"3")
        assert (call.status, call.bytes_out) == (200, 3 * len(event_of(b"1")))

    asyncio.run(scene())


def test_a_stream_can_end_without_another_message() -> None:
    async def scene() -> None:
        client = InProcessClient(Clock(), list[Any]().append)
        call = client.call = Call(client, Received(field_block([(b"host", b"gw")]).request, b"POST", b"/mcp"))
        EventStream(client, call, b"", b"1").end()
        assert client.is_over
        client.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("code", "era", "status"),
    [
        (METHOD_NOT_FOUND, MODERN, 404),
        (INVALID_PARAMS, MODERN, 400),
        (METHOD_NOT_FOUND, LATEST_LEGACY, 200),
        (INVALID_PARAMS, LATEST_LEGACY, 200),
    ],
)
def test_a_legacy_client_gets_an_error_with_200(code: int, era: Era, status: int) -> None:
    assert status_of(Fault(code, "No."), era) == status
