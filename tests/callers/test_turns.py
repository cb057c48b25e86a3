"""Turns are shared fairly among client addresses, even if one address floods the queue."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from plugin_gateway.callers.turns import BusyError, Turns
from tests.bounds import BOUND_S


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


class Queue:
    """Takes turns for addresses, and records their order."""

    def __init__(self, at_once: int = 1, max_waiting: int = 4) -> None:
        self.turns, self.served = Turns(at_once, max_waiting), list[str]()
        self.tasks: list[asyncio.Task[None]] = []

    async def one(self, address: str) -> None:
        await self.turns.take(address)
        self.served.append(address)

    async def come(self, *addresses: str) -> list[asyncio.Task[Any]]:
        self.tasks += (came := [asyncio.create_task(self.one(address)) for address in addresses])
        await settle()
        return came

    async def go(self, times: int) -> None:
        for _ in range(times):
            self.turns.give_back()
            await settle()


def run(scene: Callable[..., Any]) -> None:
    asyncio.run(asyncio.wait_for(scene(), BOUND_S))


def test_turns_go_round_among_addresses() -> None:
    async def scene() -> None:
        queue = Queue()
        await queue.come("a", "a", "a", "b", "c")
        await queue.go(4)
        assert queue.served == ["a", "a", "b", "c", "a"]

    run(scene)


def test_a_newcomer_takes_the_place_of_the_address_that_has_most() -> None:
    async def scene() -> None:
        queue = Queue()
        first = await queue.come(*["a"] * 5)
        (newcomer,) = await queue.come("b")
        assert [task.done() for task in first] == [True, False, False, False, True]
        with pytest.raises(BusyError):
            first[4].result()
        await queue.go(2)
        assert newcomer.done()
        assert queue.served == ["a", "a", "b"]
        await queue.go(2)
        assert len(queue.served) == 5

    run(scene)


def test_a_newcomer_pushes_out_no_entry_of_an_address_with_as_few_entries() -> None:
    async def scene() -> None:
        queue = Queue()
        await queue.come("x", "a", "b", "c", "d")
        (newcomer,) = await queue.come("e")
        with pytest.raises(BusyError):
            newcomer.result()
        queue = Queue()
        *_, last = await queue.come(*["a"] * 6)
        with pytest.raises(BusyError):
            last.result()

    run(scene)


def test_a_caller_that_stops_waiting_frees_its_place_and_takes_no_turn() -> None:
    async def scene() -> None:
        queue = Queue()
        _, second, third = await queue.come("a", "b", "b")
        second.cancel()
        await settle()
        await queue.go(1)
        assert third.done()
        assert queue.served == ["a", "b"]
        await queue.go(1)
        await queue.come("c")
        assert queue.served == ["a", "b", "c"]
        assert not queue.turns._queues

    run(scene)


def test_a_caller_that_is_cancelled_when_its_turn_comes_gives_the_turn_back() -> None:
    async def scene() -> None:
        queue = Queue()
        _, second, third = await queue.come("a", "b", "c")
        queue.turns.give_back()
        second.cancel()
        await settle()
        assert third.done()
        assert queue.served == ["a", "c"]

    run(scene)


def test_a_turn_is_not_given_to_a_caller_that_has_just_stopped_waiting() -> None:
    async def scene() -> None:
        queue = Queue()
        _, second, third = await queue.come("a", "b", "c")
        second.cancel()
        queue.turns.give_back()
        await settle()
        assert third.done()
        assert queue.served == ["a", "c"]
        await queue.go(1)
        (fourth,) = await queue.come("d")
        assert fourth.done()

    run(scene)
