"""The kernel is asked once in each turn of the loop, and bytes that were read are forgotten."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from plugin_gateway.proxy.arrivals import Arrivals


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def has(arrivals: Arrivals, descriptor: int) -> bool:
    """Asks like a pool, once in each turn of the loop."""
    if not arrivals.is_fresh:
        arrivals.ask()
    return descriptor in arrivals.arrived


def in_a_loop(scene: Callable[..., Any]) -> None:
    asyncio.run(scene())


@pytest.mark.parametrize("send", [lambda far: far.send(b"x"), lambda far: far.close()], ids=["bytes", "end"])
def test_what_has_arrived_is_told(pair: tuple[socket.socket, socket.socket], send: Callable[..., Any]) -> None:
    async def scene() -> None:
        arrivals = Arrivals()
        arrivals.watch(pair[0].fileno(), pair)
        send(pair[1])
        assert has(arrivals, pair[0].fileno())

    in_a_loop(scene)


def test_the_kernel_is_asked_again_in_the_next_turn_and_not_before(pair: tuple[socket.socket, socket.socket]) -> None:
    async def scene() -> None:
        arrivals = Arrivals()
        arrivals.watch(pair[0].fileno(), pair)
        assert not has(arrivals, pair[0].fileno())
        pair[1].send(b"x")
        assert not has(arrivals, pair[0].fileno())
        await asyncio.sleep(0)
        assert has(arrivals, pair[0].fileno())

    in_a_loop(scene)


def test_what_was_read_is_forgotten_and_a_closed_connection_is_not_watched(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    async def scene() -> None:
        arrivals = Arrivals()
        descriptor = pair[0].fileno()
        arrivals.watch(descriptor, pair)
        pair[1].send(b"x")
        assert has(arrivals, descriptor)
        arrivals.arrived.discard(descriptor)
        assert not has(arrivals, descriptor)
        arrivals.unwatch(descriptor, pair)
        await asyncio.sleep(0)
        assert not has(arrivals, descriptor)

    in_a_loop(scene)


def test_a_connection_without_a_descriptor_has_nothing() -> None:
    async def scene() -> None:
        assert not has(Arrivals(), -1)

    in_a_loop(scene)


def test_a_connection_that_is_lost_late_does_not_end_the_watch_of_the_next_one_with_its_descriptor(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    async def scene() -> None:
        arrivals = Arrivals()
        descriptor = pair[0].fileno()
        first, second = object(), object()
        arrivals.watch(descriptor, first)
        arrivals.watch(descriptor, second)
        arrivals.unwatch(descriptor, first)
        pair[1].send(b"x")
        assert has(arrivals, descriptor)

    in_a_loop(scene)
