"""Which protocol takes over a connection, by what its client says first."""

from __future__ import annotations

import asyncio

import pytest
from uvicorn.server import ServerState

from plugin_gateway.revision import Limits
from plugin_gateway.server import http2
from plugin_gateway.server.http2 import PREFACE, either_version


class Transport:
    def __init__(self):
        self.protocol, self.is_closed = None, asyncio.Event()

    def set_protocol(self, protocol):
        self.protocol = protocol

    def close(self):
        self.is_closed.set()


class Taker:
    """A protocol that keeps what it is given."""

    def __init__(self, name, state):
        self.name, self.state, self.data = name, state, b""

    def connection_made(self, transport):
        assert transport.protocol is self

    def data_received(self, data):
        self.data += data


def play(scene, monkeypatch, timeout_s=5.0, others=()):
    monkeypatch.setattr(http2, "Http2", lambda config, state, app_state: Taker("2", state))

    async def whole():
        state = ServerState()
        state.connections.update(others)
        limits = Limits(head_timeout_s=timeout_s, connections=2)
        make = either_version(lambda config, state, app_state: Taker("1", state), lambda: limits)
        connection, transport = make(None, state, {}), Transport()
        connection.connection_made(transport)
        assert state.connections == {connection, *others}
        async with asyncio.timeout(5):
            await scene(connection, transport)
        connection.connection_lost(None)
        assert state.connections == set(others)

    asyncio.run(whole())


@pytest.mark.parametrize("cut", range(1, len(PREFACE)))
@pytest.mark.parametrize(
    ("sent", "taker"),
    [
        (PREFACE + b"\0\0\0\4\0\0\0\0\0", "2"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rX and more", "1"),
        (b"POST /p HTTP/1.1\r\nHost: a\r\n\r\n", "1"),
        (b"GET /p HTTP/1.1\r\nHost: a\r\n\r\n", "1"),
    ],
)
def test_the_first_bytes_decide_however_they_arrive_and_none_is_lost(monkeypatch, cut, sent, taker):
    async def scene(connection, transport):
        for piece in (sent[:cut], sent[cut:]):
            (transport.protocol or connection).data_received(piece)
        assert (transport.protocol.name, transport.protocol.data) == (taker, sent)
        assert connection not in transport.protocol.state.connections

    play(scene, monkeypatch)


@pytest.mark.parametrize("sent", [b"", b"PRI * HTTP/2.0\r\n"])
def test_a_connection_that_does_not_say_what_it_is_is_closed_in_time(monkeypatch, sent):
    async def scene(connection, transport):
        if sent:
            connection.data_received(sent)
        await transport.is_closed.wait()

    play(scene, monkeypatch, timeout_s=0.01)


def test_without_a_limit_nothing_is_closed_until_the_server_stops(monkeypatch):
    async def scene(connection, transport):
        assert connection._timer is None
        connection.shutdown()
        assert transport.is_closed.is_set()

    play(scene, monkeypatch, timeout_s=0)


@pytest.mark.parametrize(("others", "is_taken"), [(("one",), True), (("one", "two"), False)])
def test_connections_beyond_the_limit_are_closed_for_http_2_and_told_so_by_the_front_for_http_1(
    monkeypatch, others, is_taken
):
    async def with_http2(connection, transport):
        connection.data_received(PREFACE)
        assert (transport.protocol is not None, transport.is_closed.is_set()) == (is_taken, not is_taken)

    async def with_http1(connection, transport):
        connection.data_received(b"GET / HTTP/1.1\r\n")
        assert transport.protocol.name == "1"

    play(with_http2, monkeypatch, others=others)
    play(with_http1, monkeypatch, others=others)
