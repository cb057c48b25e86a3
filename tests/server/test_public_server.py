"""The public server: what its connections share, and the drain."""

from __future__ import annotations

import asyncio
import socket
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from plugin_gateway.server.public_server import PublicConfig, PublicServer
from tests.bounds import BOUND_S

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


async def no_app(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError


class Echo(asyncio.Protocol):
    """Answers each byte with itself; a question mark begins an answer that the next byte ends."""

    def __init__(self, config: PublicConfig, server_state: Any, app_state: dict[str, Any]) -> None:
        assert (config.loaded_app, config.root_path, app_state) == (no_app, "", {})
        self.state = server_state
        self.is_answering = False
        self.is_last = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.state.connections.add(self)

    def data_received(self, data: bytes) -> None:
        self.is_answering = True
        if data == b"?":
            self.transport.write(b"!")
            return
        self.transport.write(data)
        self.is_answering = False
        if self.is_last:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.state.connections.discard(self)

    def shutdown(self) -> None:
        self.is_last = True
        if not self.is_answering:
            self.transport.close()


def run(talk: Callable[..., Coroutine[Any, Any, Any]], on_drain: Callable[[], object] | None = None) -> Any:
    async def bounded() -> Any:
        listener = socket.create_server(("127.0.0.1", 0))
        server = PublicServer(PublicConfig(Echo, no_app), on_drain)
        async with asyncio.timeout(BOUND_S):
            serving = asyncio.create_task(server.serve([listener]))
            await server.is_listening.wait()
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            try:
                return await talk(server, serving, reader, writer)
            finally:
                server.drain(0)
                await serving
                writer.close()

    return asyncio.run(bounded())


def test_connections_share_the_date() -> None:
    async def talk(server: PublicServer, *_: Any) -> Any:
        return server.server_state.default_headers

    ((name, value),) = run(talk)
    assert name == b"date"
    assert parsedate_to_datetime(value.decode()).tzinfo is not None


def test_a_drain_closes_idle_connections_and_returns() -> None:
    async def talk(server: PublicServer, serving: Any, reader: Any, writer: Any) -> Any:
        writer.write(b"a")
        assert await reader.read(1) == b"a"
        server.drain()
        await serving
        return await reader.read()

    assert run(talk) == b""


def test_a_drain_waits_for_a_call_in_flight() -> None:
    async def talk(server: PublicServer, serving: Any, reader: Any, writer: Any) -> Any:
        writer.write(b"?")
        assert await reader.read(1) == b"!"
        server.drain()
        writer.write(b"b")
        answer = await reader.read()
        await serving
        return answer

    assert run(talk) == b"b"


def test_after_the_drain_timeout_the_server_cancels_unanswered_calls() -> None:
    async def talk(server: PublicServer, serving: Any, reader: Any, writer: Any) -> None:
        writer.write(b"?")
        assert await reader.read(1) == b"!"
        task: asyncio.Task[Any] = asyncio.create_task(asyncio.Event().wait())
        server.server_state.tasks.add(task)
        server.drain(0.01)
        await serving
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    run(talk)


def test_long_answers_learn_that_the_drain_has_begun() -> None:
    told: list[int] = []

    async def talk(server: PublicServer, serving: Any, *_: Any) -> None:
        server.drain()
        await serving

    run(talk, lambda: told.append(1))
    assert told == [1]


def test_a_drain_before_the_start_ends_the_server_at_once() -> None:
    async def play() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        server = PublicServer(PublicConfig(Echo, no_app))
        server.drain()
        async with asyncio.timeout(BOUND_S):
            await server.serve([listener])

    asyncio.run(play())
