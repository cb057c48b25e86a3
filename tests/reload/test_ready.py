import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from plugin_gateway.reload import child_process
from plugin_gateway.reload.aside import compile_aside
from plugin_gateway.reload.outcome import Compiled
from plugin_gateway.reload.ready import ReadyChild
from tests.bounds import BOUND_S


def during(talk: Callable[[ReadyChild], Awaitable[None]], idle_s: float = 600.0) -> None:
    async def run() -> None:
        one = ReadyChild(idle_s)
        try:
            async with asyncio.timeout(BOUND_S):
                await talk(one)
        finally:
            one.close()

    asyncio.run(run())


def test_a_ready_child_compiles_the_file_as_it_is_when_it_is_asked(tmp_path: Path) -> None:
    async def talk(one: ReadyChild) -> None:
        one.prepare()
        (tmp_path / "openapi.yaml").write_text(
            'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
        )
        config = tmp_path / "gateway.yaml"
        config.write_text("openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100}\nallow: [listPets]\n")
        child = one.take()
        assert child is not None
        outcome = await compile_aside(config=config, overrides={}, number=3, child=child)
        assert isinstance(outcome, Compiled)
        assert (outcome.number, outcome.operations, child.status) == (3, 1, 0)

    during(talk)


def test_there_is_one_child_however_often_a_reload_is_expected_and_a_taken_one_is_gone() -> None:
    async def talk(one: ReadyChild) -> None:
        assert one.take() is None
        one.prepare()
        first = one._child
        one.prepare()
        child = one.take()
        assert child is first is not None
        assert one.take() is None
        assert child is not None
        child.end()

    during(talk)


def test_a_child_that_was_killed_meanwhile_is_not_taken() -> None:
    async def talk(one: ReadyChild) -> None:
        one.prepare()
        assert one._child is not None
        one._child._process.kill()
        one._child._process.wait()
        assert one.take() is None

    during(talk)


def test_a_child_that_cannot_be_started_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "module_command", lambda *_: ("/nothing/here",))

    async def talk(one: ReadyChild) -> None:
        one.prepare()
        assert one.take() is None

    during(talk)


def test_a_child_that_is_not_needed_ends_by_itself_and_with_the_gateway() -> None:
    async def idle(one: ReadyChild) -> None:
        one.prepare()
        assert one._child is not None
        assert await asyncio.to_thread(one._child._process.wait) == -signal.SIGKILL

    during(idle, idle_s=0.0)
    closed = []

    async def close(one: ReadyChild) -> None:
        one.prepare()
        closed.append(one._child)

    during(close)
    assert closed[0] is not None
    assert closed[0].status is not None
