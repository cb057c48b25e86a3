"""A compiling child, as the supervisor sees it: a process that reads one request and writes the outcome.

It needs no event loop, so that `serve` can start it before it imports asyncio.
"""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from plugin_gateway.reload.command import module_command, module_environment

if TYPE_CHECKING:
    from typing import Literal, Self


class ChildProcess:
    """A running child. It waits for its request, and ends when its standard input closes."""

    def __init__(self, how: Literal["now", "gently", "ready"]) -> None:
        """Start the child.

        A `ready` child imports all modules before it waits; `gently` lowers its priority below the workers'.

        Raises:
            OSError: the process cannot be started.
        """
        self._process = subprocess.Popen(  # noqa: S603  # our own module
            module_command("plugin_gateway.reload", how),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=module_environment(),
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def ask(self, request: bytes) -> bytes:
        """Send the request, wait until the child has ended, and return its answer."""
        assert self._process.stdin is not None  # noqa: S101  # both are pipes
        assert self._process.stdout is not None  # noqa: S101  # both are pipes
        with suppress(OSError):  # it has ended; its status says how
            self._process.stdin.write(request + b"\n")
            self._process.stdin.flush()
        answer = self._process.stdout.read()
        self._process.wait()
        self._close()
        return answer

    def end(self) -> None:
        """End it, unless it has ended. A thread that waits in `ask` returns."""
        self._process.kill()
        self._process.wait()
        self._close()

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None  # noqa: S101  # both are pipes
            with suppress(OSError):  # what could not be written
                pipe.close()


def ending_of(status: int) -> str:
    """Say how a process ended, by its status, which is negative for a signal; for the end of a message."""
    if status >= 0:
        return f"ended with status {status}"
    return (
        "was ended by SIGKILL, as the system does if memory runs out"
        if status == -9
        else f"was ended by signal {-status}"
    )
