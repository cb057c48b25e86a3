import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from plugin_gateway.console import traffic_stream
from plugin_gateway.console.sessions import Session
from plugin_gateway.console.traffic_stream import TrafficStream, traffic_handler
from plugin_gateway.telemetry.traffic import MOST_VIEWERS, Traffic
from tests.bounds import BOUND_S


class Page:
    """A browser that shows the stream. It reads what is sent until it is closed, unless it is stuck."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()
        self.is_stuck = False
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def receive(self) -> dict[str, Any]:
        await self.closed.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if self.is_stuck and message.get("more_body"):
            await asyncio.Event().wait()
        self._sent.put_nowait(message)

    async def read(self) -> bytes:
        """Return the next piece of the body; empty at the end."""
        message = await self._sent.get()
        if message["type"] == "http.response.start":
            assert message["status"] == 200
            assert (b"content-type", b"text/event-stream; charset=utf-8") in message["headers"]
            return await self.read()
        assert bool(message["body"]) is message["more_body"]
        return bytes(message["body"])


class World:
    """The traffic, what the workers are told, a session, and a clock."""

    def __init__(self) -> None:
        self.watched: list[bool] = []
        self.traffic = Traffic(self.watched.append)
        self.session = Session(b"", b"", 100.0)
        self.now = 0.0

    def open(self) -> tuple[Page, asyncio.Task[None]]:
        page = Page()
        stream = TrafficStream(self.traffic, self.session, lambda: self.now)
        return page, asyncio.create_task(stream({}, page.receive, page.send))


def run(talk: Callable[[World], Awaitable[Any]]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(BOUND_S):
            return await talk(World())

    return asyncio.run(bounded())


def test_a_page_gets_the_last_records_then_the_new_ones_and_the_number_of_dropped_ones() -> None:
    async def talk(world: World) -> bytes:
        world.traffic.take(b'0\n{"n":1}\n{"n":2}')
        page, streaming = world.open()
        got = await page.read()
        world.traffic.take(b'7\n{"n":3}')
        got += await page.read()
        page.closed.set()
        await streaming
        return got

    assert run(talk) == (
        b"retry: 3000\n: the calls follow\n\n"
        b'event: record\ndata: {"n":1}\n\n'
        b'event: record\ndata: {"n":2}\n\n'
        b"event: dropped\ndata: 7\n\n"
        b'event: record\ndata: {"n":3}\n\n'
    )


def test_workers_learn_that_the_page_is_gone() -> None:
    async def talk(world: World) -> list[bool]:
        page, streaming = world.open()
        await page.read()
        page.closed.set()
        await streaming
        return world.watched

    assert run(talk) == [True, False]


def test_a_stream_that_is_cancelled_leaves_no_viewer() -> None:
    async def talk(world: World) -> list[bool]:
        page, streaming = world.open()
        await page.read()
        streaming.cancel()
        await asyncio.wait([streaming])
        return world.watched

    assert run(talk) == [True, False]


def test_a_quiet_stream_shows_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic_stream, "HEARTBEAT_S", 0.001)

    async def talk(world: World) -> list[bytes]:
        page, streaming = world.open()
        got = [await page.read() for _ in range(3)]
        page.closed.set()
        await streaming
        return got

    assert run(talk)[1:] == [b": still here\n\n"] * 2


def test_the_stream_ends_with_its_session_even_if_no_call_comes() -> None:
    async def talk(world: World) -> list[bytes]:
        world.session.expires_at = 0.01
        page, streaming = world.open()
        first = await page.read()
        world.now = 0.01
        await streaming
        return [first, await page.read()]

    assert run(talk)[1] == b""


def test_a_page_that_never_reads_keeps_its_place_for_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic_stream, "HEARTBEAT_S", 0.001)

    async def talk(world: World) -> list[bool]:
        world.session.expires_at = 10 * traffic_stream.LONGEST_S
        page, streaming = world.open()
        await page.read()
        world.now = traffic_stream.LONGEST_S
        await streaming
        return world.watched

    assert run(talk) == [True, False]


def test_no_record_is_sent_after_the_end_of_the_session() -> None:
    async def talk(world: World) -> bytes:
        page, streaming = world.open()
        await page.read()
        world.session.is_ended = True
        world.traffic.take(b'0\n{"n":1}')
        await streaming
        return await page.read()

    assert run(talk) == b""


def test_the_stream_ends_with_the_gateway() -> None:
    async def talk(world: World) -> bytes:
        page, streaming = world.open()
        await page.read()
        world.traffic.close()
        await streaming
        return await page.read()

    assert run(talk) == b""


def test_a_page_that_reads_nothing_leaves_its_place_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic_stream, "PATIENCE_S", 0.01)

    async def talk(world: World) -> list[bool]:
        page, streaming = world.open()
        await page.read()
        page.is_stuck = True
        world.traffic.take(b'0\n{"n":1}')
        await streaming
        return world.watched

    assert run(talk) == [True, False]


async def asked(traffic: Traffic, session: Session, method: str = "GET") -> Any:
    request = Request({"type": "http", "method": method, "headers": [], "state": {"session": session}})
    return await traffic_handler(traffic).answer(request, b"")


def test_one_page_too_many_is_refused_with_a_reason() -> None:
    async def talk(world: World) -> list[Any]:
        answers = [await asked(world.traffic, world.session)]
        for _ in range(MOST_VIEWERS):
            world.traffic.enter(bool)
        return [*answers, await asked(world.traffic, world.session)]

    admitted, refused = run(talk)
    assert isinstance(admitted, TrafficStream)
    assert refused.status_code == 503
    assert b'"code":"too-many-viewers"' in refused.body


def test_a_head_request_does_not_last() -> None:
    async def talk(world: World) -> Any:
        answer = await asked(world.traffic, world.session, "HEAD")
        return SimpleNamespace(body=answer.body, kind=answer.headers["content-type"], watched=world.watched)

    found = run(talk)
    assert (found.body, found.kind, found.watched) == (b"", "text/event-stream; charset=utf-8", [])
