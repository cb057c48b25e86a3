"""The clock of a worker: one coarse tick that checks every deadline, so that requests need no timers."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Final, Protocol

TICK_S: Final = 0.25


class Watcher(Protocol):
    """An object with deadlines."""

    def on_tick(self, now: float) -> None:
        """Act on the deadlines that have passed at `now`, in seconds of `time.monotonic`."""


class Clock:
    """Calls its watchers every `tick_s` seconds while there are any."""

    def __init__(self, tick_s: float = TICK_S) -> None:
        self._tick_s = tick_s
        self._watchers: dict[Watcher, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, watcher: Watcher) -> None:
        self._watchers[watcher] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._tick_s, self._tick)

    def unwatch(self, watcher: Watcher) -> None:
        self._watchers.pop(watcher, None)
        if not self._watchers and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        now = monotonic()
        for watcher in tuple(self._watchers):
            try:
                watcher.on_tick(now)
            except Exception as error:  # noqa: BLE001  # a fault in one call must not suspend the deadlines of all others
                asyncio.get_running_loop().call_exception_handler(
                    {"message": "a deadline could not be checked", "exception": error}
                )
        if self._watchers and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._tick_s, self._tick)
