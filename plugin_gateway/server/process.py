"""A worker process, as the supervisor sees it. It starts early and gets its socket and revision later."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Literal, TypeAlias

import orjson

from plugin_gateway.reload.command import module_command, module_environment
from plugin_gateway.server.channel import Channel, ChannelMessage, MessageKind
from plugin_gateway.server.shared_memory import ALONE, SharedMemory
from plugin_gateway.telemetry.series import of_rows

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from plugin_gateway.server.channel import OnUnasked
    from plugin_gateway.telemetry import Series

ANSWER_TIMEOUT_S = 20.0
"""A worker that has not answered for this long is stuck: its event loop normally blocks for milliseconds."""


UNASKED = frozenset({MessageKind.APPROVAL_ASKED, MessageKind.APPROVAL_RETURNED, MessageKind.RECORDS})
"""The messages of a worker that answer no question."""

LAST_WORDS_TIMEOUT_S = 2.0
"""The worker has closed its end of the channel, so its last messages have arrived already."""

Front: TypeAlias = Literal["connection", "asgi"]
"""The front of a worker: the connection front, or the ASGI front behind the gateway's HTTP/1.1."""


class WorkerProcess:
    """A running worker and the supervisor's end of its channel. It is asked one question at a time, and may ask, too."""

    def __init__(self, process: Process, ours: socket.socket, on_unasked: OnUnasked | None = None) -> None:
        self._process = process
        self._ours = ours
        self._channel: Channel | None = None
        self._turn = asyncio.Lock()
        self._on_unasked = on_unasked
        self._hearing: asyncio.Task[None] | None = None
        self._answer: asyncio.Future[ChannelMessage | None] | None = None
        """The answer to the question that the worker was asked."""
        self.last_series: Series = {}

    @classmethod
    async def spawn(
        cls,
        front: Front = "connection",
        shared: SharedMemory = ALONE,
        on_unasked: OnUnasked | None = None,
    ) -> WorkerProcess:
        """Start the process, which imports its modules and waits. `shared` is memory that it shares with other workers.

        `on_unasked` takes the messages that the worker sends by itself, and may answer them.
        """
        ours, theirs = socket.socketpair()
        inherited = (theirs.fileno(), *shared.descriptors)
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *module_command("plugin_gateway.server", str(theirs.fileno()), front, *map(str, shared)),
                pass_fds=inherited,
                stdin=asyncio.subprocess.DEVNULL,
                env=module_environment(),
            )
        return cls(process, ours, on_unasked)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_started(self) -> bool:
        return self._channel is not None

    async def start(self, listener: socket.socket, revision: bytes) -> bool:
        """Hand over the listening socket and the first revision; return whether the worker listens."""
        with contextlib.suppress(OSError):
            socket.send_fds(self._ours, [b"L"], [listener.fileno()])
            self._ours.setblocking(False)
            self._channel = await Channel.over(self._ours)
            self._hearing = asyncio.create_task(self._hear(self._channel), name=f"worker {self.pid}")
            answer = await self._ask(ChannelMessage(MessageKind.REVISION, revision))
            return answer is not None and answer.kind is MessageKind.ADOPTED
        return False

    async def adopt(self, revision: bytes) -> str:
        """Hand over another revision; return why the worker cannot serve it, else an empty string."""
        answer = await self._ask(ChannelMessage(MessageKind.REVISION, revision))
        return answer.body.decode() if answer is not None and answer.kind is MessageKind.REJECTED else ""

    async def series(self) -> Series:
        """Return the worker's counts; if it does not answer, the last ones it sent."""
        await self._ask(ChannelMessage(MessageKind.COUNT))
        return self.last_series

    async def drain(self, timeout_s: float) -> None:
        """Tell the worker to finish its calls in flight within `timeout_s`, to cut the rest, and to end."""
        if self._channel is None:
            # The worker still waits for its socket; closing the channel ends it.
            self._ours.close()
            return
        with contextlib.suppress(OSError):
            await self._channel.send(ChannelMessage(MessageKind.DRAIN, b"%.3f" % timeout_s))

    def watch(self, *, is_watched: bool) -> None:
        """Tell a worker that has started whether a person watches its calls."""
        if self._channel is not None:
            self._channel.post(ChannelMessage(MessageKind.WATCH, b"%d" % is_watched))

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def wait(self) -> int:
        """Wait until the process has ended; return its status, negative for a signal."""
        status = await self._process.wait()
        if self._channel is not None and self._hearing is not None:
            # Read the counts that the worker sent before it ended; a killed worker sent none.
            await asyncio.wait([self._hearing], timeout=LAST_WORDS_TIMEOUT_S)
            self._hearing.cancel()
            self._channel.close()
        self._ours.close()
        return status

    async def _hear(self, channel: Channel) -> None:
        """Read the worker's messages to the last: answers, questions about approvals, and records of calls."""
        try:
            while (message := await channel.receive()) is not None:
                if message.kind in UNASKED:
                    if self._on_unasked is not None:
                        self._on_unasked(message, channel.post)
                    continue
                if message.kind is MessageKind.COUNTS:
                    self.last_series = of_rows(orjson.loads(message.body))
                self._answered(message)
        except (OSError, ValueError):
            # If a message cannot be read, its worker is replaced.
            self.kill()
        finally:
            self._answered(None)

    def _answered(self, message: ChannelMessage | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(message)

    async def _ask(self, question: ChannelMessage) -> ChannelMessage | None:
        channel = self._channel
        if channel is None:
            return None
        async with self._turn:
            if self._hearing is None or self._hearing.done():
                return None
            self._answer = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    await channel.send(question)
                    return await self._answer
            except (TimeoutError, OSError):
                # A late answer would be taken for the answer to the next question.
                self.kill()
                return None
            finally:
                self._answer = None
