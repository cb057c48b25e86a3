"""The workshop: a child process that holds the whole document, which the supervisor never reads.

The first question starts it. It ends after ten minutes without a question, or with the supervisor, whose end closes its
standard input.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.console.answer import WorkshopAnswer, problem
from plugin_gateway.console.frame import Frame, read_frame
from plugin_gateway.reload.command import module_command, module_environment
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping
    from pathlib import Path

PATIENCE_S: Final = 30.0
IDLE_S: Final = 600.0
_MOST_WAITING: Final = 64


class Workshop:
    """Asks the child, and replaces it if it crashes or does not answer."""

    def __init__(
        self,
        config: Path | None,
        overrides: Mapping[str, str],
        text: str | None = None,
        revision_file: Path | None = None,
        *,
        mark_key: bytes,
        patience_s: float = PATIENCE_S,
        idle_s: float = IDLE_S,
    ) -> None:
        """Take the arguments with which the gateway was started. `text` is the config if it came from standard input.

        `overrides` may change until the first question. `mark_key` is the key of the marks; see `mark_of`.
        """
        self._overrides = overrides
        self._arguments = {
            "config": str(config) if config is not None else None,
            "text": text,
            "revision_file": str(revision_file) if revision_file is not None else None,
            "mark_key": mark_key.hex(),
        }
        self._patience_s = patience_s
        self._idle_s = idle_s
        self._child: _Child | None = None
        self._turn = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        """The process, if there is one."""
        return self._child.pid if self._child is not None and self._child.is_alive else None

    async def ask(self, name: str, arguments: bytes) -> WorkshopAnswer:
        """Ask one question.

        A workshop that ends or does not answer in time gives a 503, and the next question starts another.
        """
        if self._is_closed:
            return _unavailable("The gateway is shutting down.")
        if self._idle is not None:
            self._idle.cancel()
        child = None
        try:
            child = await self._started()
            if child.waiting >= _MOST_WAITING:
                return _unavailable("The console has too many questions at once.")
            async with asyncio.timeout(self._patience_s):
                answer = await child.ask(name, arguments)
        except TimeoutError:
            if child is not None:
                child.kill()
            return _unavailable(f"The console did not answer within {self._patience_s:.0f} s.")
        except OSError as error:
            return _unavailable(f"The console's process cannot be started: {reason_of(error)}.")
        finally:
            self._watch_idleness()
        return answer or _unavailable("The console's process ended; the gateway's output might say why. Try again.")

    async def close(self) -> None:
        """End the child."""
        self._is_closed = True
        if self._idle is not None:
            self._idle.cancel()
        async with self._turn:
            if self._child is not None:
                await self._child.end()
                self._child = None

    async def _started(self) -> _Child:
        async with self._turn:
            if self._child is None or not self._child.is_alive:
                if self._child is not None:
                    await self._child.end()
                self._child = await _Child.start({**self._arguments, "overrides": dict(self._overrides)})
            return self._child

    def _watch_idleness(self) -> None:
        child = self._child
        if child is None or self._is_closed:
            return
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._rest, child)

    def _rest(self, child: _Child) -> None:
        if child.waiting:
            self._watch_idleness()
        else:
            # No question waits, so nothing is lost. The system gets back hundreds of megabytes at once.
            child.kill()


class _Child:
    """A running process, and the questions that wait for its answers."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._answers: dict[int, asyncio.Future[WorkshopAnswer | None]] = {}
        self._number = 0
        self._is_killed = False
        self._hearing = asyncio.create_task(self._hear(), name=f"workshop {process.pid}")

    @classmethod
    async def start(cls, arguments: Mapping[str, Any]) -> _Child:
        process = await asyncio.create_subprocess_exec(
            *module_command("plugin_gateway.console.workshop_child"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=module_environment(),
            start_new_session=True,
        )
        child = cls(process)
        child.write(json.dumps(arguments).encode() + b"\n")
        return child

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return not self._is_killed and self._process.returncode is None and not self._hearing.done()

    @property
    def waiting(self) -> int:
        return len(self._answers)

    def write(self, octets: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101  # it is a pipe
        if not self._process.stdin.is_closing():
            self._process.stdin.write(octets)

    async def ask(self, name: str, arguments: bytes) -> WorkshopAnswer | None:
        """Return the answer, or None if the process ends first."""
        self._number = number = (self._number + 1) % (1 << 32)
        self._answers[number] = waiting = asyncio.get_running_loop().create_future()
        try:
            self.write(Frame(number, (name,), arguments).pack())
            return None if self._hearing.done() else await waiting
        finally:
            self._answers.pop(number, None)

    def kill(self) -> None:
        self._is_killed = True
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> None:
        self.kill()
        await self._process.wait()
        self._hearing.cancel()
        await asyncio.gather(self._hearing, return_exceptions=True)

    async def _hear(self) -> None:
        """Read answers until the process ends; then end every question that still waits without an answer."""
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101  # it is a pipe
        try:
            while True:
                number, (status, *texts), body = await read_frame(stdout.readexactly)
                media_type, etag, coding = map(str, texts)
                answer = WorkshopAnswer(int(status), media_type, body, etag, coding)
                waiting = self._answers.get(number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        except (asyncio.IncompleteReadError, OSError, ValueError):
            pass
        finally:
            self.kill()
            for waiting in self._answers.values():
                if not waiting.done():
                    waiting.set_result(None)


def _unavailable(detail: str) -> WorkshopAnswer:
    return problem(503, "console-unavailable", detail)
