"""Turns: a limit on concurrent verifications, with a queue that treats client addresses fairly."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from plugin_gateway.errors import GatewayError

MAX_WAITING: Final = 256


class BusyError(GatewayError):
    """The queue is full, or another address took this place in it."""


class Turns:
    """A semaphore with a queue for each address; the queues take turns.

    When all places are taken, the address with the longest queue loses its newest place. So one client may use all the room
    that other clients leave free, but cannot keep another client out, however many connections it opens.
    """

    def __init__(self, at_once: int, max_waiting: int = MAX_WAITING) -> None:
        self._at_once = at_once
        self._max_waiting = max_waiting
        self._running = 0
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}
        self._waiting = 0

    async def take(self, address: str) -> None:
        """Wait for a turn; call `give_back` after it.

        Raises:
            BusyError: the queue is full, or another address took this place in it.
        """
        if self._running < self._at_once:
            self._running += 1
            return
        if self._waiting >= self._max_waiting:
            self._make_room(address)
        place = asyncio.get_running_loop().create_future()
        self._queues.setdefault(address, deque()).append(place)
        self._waiting += 1
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self.give_back()
            else:
                self._remove(address, place)
            raise

    def give_back(self) -> None:
        """Pass the turn on to the address that has waited longest for one."""
        self._running -= 1
        while self._queues and self._running < self._at_once:
            address = next(iter(self._queues))
            queue = self._queues.pop(address)
            place = queue.popleft()
            self._waiting -= 1
            if queue:
                self._queues[address] = queue
            if not place.done():
                self._running += 1
                place.set_result(None)

    def _make_room(self, address: str) -> None:
        crowded = max(self._queues, key=lambda known: len(self._queues[known]))
        if len(self._queues[crowded]) <= len(self._queues.get(address, ())) + 1:
            raise BusyError("too many credentials are waiting to be verified")
        place = self._queues[crowded].pop()
        self._waiting -= 1
        if not place.done():
            place.set_exception(BusyError("another client address took this place in the queue"))

    def _remove(self, address: str, place: asyncio.Future[None]) -> None:
        queue = self._queues.get(address)
        if queue is None or place not in queue:
            return
        queue.remove(place)
        self._waiting -= 1
        if not queue:
            del self._queues[address]
