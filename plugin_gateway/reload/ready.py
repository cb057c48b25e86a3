"""The ready child: a compiling process that has imported its modules, and waits for the request of a reload that is likely to come.

Imports take twice as long as the compile of a large document. A person who looks at a change in the console may save it next, and
waits for the result.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from plugin_gateway.reload.aside import end_of, start_child

if TYPE_CHECKING:
    from asyncio.subprocess import Process

IDLE_S: Final = 600.0
"""How long a child waits. It takes 50 MB, so it goes when the person has left."""


class ReadyChild:
    """Holds at most one child."""

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._starting: asyncio.Task[Process] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def prepare(self) -> None:
        """Start a child, unless one is there. Each call lets it wait longer."""
        if self._starting is None:
            self._starting = asyncio.create_task(start_child("ready"), name="ready child")
        self._stop_waiting()
        self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._drop)

    async def take(self) -> Process | None:
        """Return the child, if there is one that lives. The caller ends it."""
        self._stop_waiting()
        starting, self._starting = self._starting, None
        if starting is None:
            return None
        with suppress(OSError):  # the compile tries to start another, and reports why it cannot
            child = await starting
            if child.returncode is None:
                return child
        return None

    async def close(self) -> None:
        self._drop()
        await asyncio.gather(*self._ending)

    def _drop(self) -> None:
        task = asyncio.create_task(self._end(), name="end of the ready child")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end(self) -> None:
        child = await self.take()
        if child is not None:
            await end_of(child)

    def _stop_waiting(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
