"""The ready child: a compiling process that has imported its modules, and waits for the request of a reload.

Imports take twice as long as the compile of a large document. A person who looks at a change in the console may save it next,
and waits for the result.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from plugin_gateway.reload.child_process import ChildProcess

IDLE_S: Final = 600.0
"""How long a child waits. It takes 50 MB, so it ends when the person has left."""


class ReadyChild:
    """Holds at most one child."""

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._child: ChildProcess | None = None
        self._idle: asyncio.TimerHandle | None = None

    def prepare(self) -> None:
        """Start a child, unless one is running. Each call extends its wait."""
        if self._child is None:
            with suppress(OSError):  # the compile tries to start another, and reports why it cannot
                self._child = ChildProcess("ready")
        self._stop_waiting()
        self._idle = asyncio.get_running_loop().call_later(self._idle_s, self.close)

    def take(self) -> ChildProcess | None:
        """Return the child, if one is running. The caller ends it."""
        self._stop_waiting()
        child, self._child = self._child, None
        if child is not None and child.status is not None:
            child.end()
            return None
        return child

    def close(self) -> None:
        """End the child, if there is one."""
        if (child := self.take()) is not None:
            child.end()

    def _stop_waiting(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
