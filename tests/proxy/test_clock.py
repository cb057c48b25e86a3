from __future__ import annotations

import asyncio

from plugin_gateway.proxy.clock import Clock
from tests.bounds import BOUND_S


class Watcher:
    def __init__(self, clock: Clock, wanted: int) -> None:
        self.clock, self.wanted, self.done = clock, wanted, asyncio.Event()

    def on_tick(self, now: float) -> None:
        self.wanted -= 1
        if self.wanted == 0:
            self.clock.unwatch(self)
            self.done.set()


def test_watchers_are_called_until_they_leave_and_then_the_clock_stops() -> None:
    async def scene() -> None:
        clock = Clock(tick_s=0.001)
        watchers = [Watcher(clock, 1), Watcher(clock, 3)]
        for watcher in watchers:
            clock.watch(watcher)
        async with asyncio.timeout(BOUND_S):
            await asyncio.gather(*(watcher.done.wait() for watcher in watchers))
        assert clock._timer is None
        clock.unwatch(watchers[0])
        clock.watch(watchers[0])
        clock.unwatch(watchers[0])
        assert clock._timer is None

    asyncio.run(scene())


def test_a_watcher_that_fails_does_not_keep_the_clock_from_the_others() -> None:
    class Failing(Watcher):
        def on_tick(self, now: float) -> None:
            super().on_tick(now)
            raise TypeError("a fault")

    async def scene() -> None:
        told: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(str(context["exception"])))
        clock = Clock(tick_s=0.001)
        watchers = [Failing(clock, 2), Watcher(clock, 3)]
        for watcher in watchers:
            clock.watch(watcher)
        async with asyncio.timeout(BOUND_S):
            await asyncio.gather(*(watcher.done.wait() for watcher in watchers))
        assert told == ["a fault"] * 2

    asyncio.run(scene())
