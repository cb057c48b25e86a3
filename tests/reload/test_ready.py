import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from plugin_gateway.reload import aside, ready
from plugin_gateway.reload.aside import compile_aside, end_of
from plugin_gateway.reload.outcome import Compiled
from plugin_gateway.reload.ready import ReadyChild
from tests.bounds import BOUND_S


def during(talk: Callable[[ReadyChild], Awaitable[None]], idle_s: float = 600.0) -> None:
    async def run() -> None:
        one = ReadyChild(idle_s)
        try:
            await talk(one)
        finally:
            async with asyncio.timeout(BOUND_S):
                await one.close()

    asyncio.run(run())


def test_a_ready_child_compiles_what_stands_in_the_file_when_it_is_asked(tmp_path: Path) -> None:
    async def talk(one: ReadyChild) -> None:
        one.prepare()
        (tmp_path / "openapi.yaml").write_text(
            'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
        )
        config = tmp_path / "gateway.yaml"
        config.write_text("openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100}\nallow: [listPets]\n")
        child = await one.take()
        assert child is not None
        outcome = await compile_aside(config=config, overrides={}, number=3, child=child)
        assert isinstance(outcome, Compiled)
        assert (outcome.number, outcome.operations, child.returncode) == (3, 1, 0)

    during(talk)


def test_there_is_one_child_however_often_a_reload_is_expected_and_a_taken_one_is_gone() -> None:
    async def talk(one: ReadyChild) -> None:
        assert await one.take() is None
        one.prepare()
        one.prepare()
        child = await one.take()
        assert child is not None
        assert await one.take() is None
        await end_of(child)

    during(talk)


def test_a_child_that_was_killed_meanwhile_is_not_taken() -> None:
    async def talk(one: ReadyChild) -> None:
        one.prepare()
        assert one._starting is not None
        await end_of(await one._starting)
        assert await one.take() is None

    during(talk)


def test_a_child_that_cannot_be_started_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "module_command", lambda *_: ("/nothing/here",))

    async def talk(one: ReadyChild) -> None:
        one.prepare()
        assert await one.take() is None

    during(talk)


def test_a_child_that_is_not_needed_ends_and_the_gateway_waits_for_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = asyncio.Event()

    async def end(child: asyncio.subprocess.Process) -> None:
        await end_of(child)
        assert child.returncode is not None
        ended.set()

    monkeypatch.setattr(ready, "end_of", end)

    async def idle(one: ReadyChild) -> None:
        one.prepare()
        async with asyncio.timeout(BOUND_S):
            await ended.wait()
        ended.clear()

    during(idle, idle_s=0.0)

    async def close(one: ReadyChild) -> None:
        one.prepare()

    during(close)
    assert ended.is_set()
