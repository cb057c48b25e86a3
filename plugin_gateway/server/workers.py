"""The workers of a gateway: a pool that keeps the configured number running and replaces one that ends unexpectedly."""

from __future__ import annotations

import asyncio
import contextlib
from time import monotonic
from typing import TYPE_CHECKING

from plugin_gateway.reload.child_process import ending_of
from plugin_gateway.server.process import WorkerProcess
from plugin_gateway.server.shared_memory import SharedMemory
from plugin_gateway.telemetry import lasting, merge

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from plugin_gateway.server.channel import ChannelMessage, OnUnasked
    from plugin_gateway.server.process import Front
    from plugin_gateway.telemetry import Log, Series

STABLE_S = 10.0
"""A worker that ran this long did not fail at startup, so it is replaced without a pause."""

COUNTING_INTERVAL_S = 1.0
"""How often workers are asked for their counts. A killed worker loses at most the counts of this time."""

MAX_BACKOFF_S = 5.0
START_TIMEOUT_S = 30.0
CUT_S = 2.0
"""The time that a worker has to end after it cut its calls."""


class WorkerPool:
    """Keeps `count` workers running. Call `boot` first, `start` with sockets and a revision, and `drain` at the end."""

    def __init__(
        self,
        count: int,
        log: Log,
        front: Front = "connection",
        on_counts: Callable[[Series], object] | None = None,
    ) -> None:
        self._count = count
        self.on_unasked: OnUnasked | None = None
        """Takes what the workers send by themselves; set it before `start`."""
        self.on_counts = on_counts
        """Takes the counts of all workers, each second."""
        self._is_watched = False
        self._front = front
        self._log = log
        self._booting: list[asyncio.Task[WorkerProcess]] = []
        self._slots: list[asyncio.Task[None]] = []
        self._workers: dict[int, WorkerProcess] = {}
        self._listening = [asyncio.Event() for _ in range(count)]
        self._retired: Series = {}
        self._revision = b""
        self._draining = asyncio.Event()
        self._drain_timeout_s = 0.0
        self._shared = SharedMemory()
        self._counting: asyncio.Task[None] | None = None
        self.restarts = 0
        """The number of workers that ended unexpectedly and were replaced."""

    def boot(self) -> None:
        """Start the processes early, so that they import their modules during the compile."""
        # The pool keeps the memory, so that a replacement worker finds the counts of its predecessors.
        self._shared = SharedMemory.open()
        self._booting = [
            asyncio.create_task(WorkerProcess.spawn(self._front, self._shared, self._unasked))
            for _ in range(self._count)
        ]

    async def start(self, listeners: list[socket.socket], revision: bytes) -> None:
        """Give each worker its socket and the revision; return when all listen, or after `START_TIMEOUT_S`."""
        self._revision = revision
        workers = await asyncio.gather(*self._booting)
        self._booting.clear()
        self._slots = [
            asyncio.create_task(self._keep(slot, worker, listener), name=f"slot {slot}")
            for slot, (worker, listener) in enumerate(zip(workers, listeners, strict=True))
        ]
        self._counting = asyncio.create_task(self._remember_counts(), name="counts")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_TIMEOUT_S):
                await asyncio.gather(*(event.wait() for event in self._listening))

    @property
    def listening(self) -> int:
        return sum(event.is_set() for event in self._listening)

    @property
    def count(self) -> int:
        return self._count

    async def adopt(self, revision: bytes) -> str:
        """Make every worker serve another revision; return the reason if one cannot, else an empty string.

        If one worker refuses, all go back to the previous revision. A worker that starts meanwhile, perhaps as a
        replacement, gets the new revision too.
        """
        before, self._revision = self._revision, revision
        workers = [worker for worker in self._workers.values() if worker.is_started]
        refusals = [refusal for refusal in await asyncio.gather(*(w.adopt(revision) for w in workers)) if refusal]
        if refusals:
            self._revision = before
            await asyncio.gather(*(w.adopt(before) for w in workers))
        return refusals[0] if refusals else ""

    async def series(self) -> Series:
        """Return the counts of all workers, including workers that have ended."""
        return merge([self._retired, *await asyncio.gather(*(w.series() for w in self._workers.values()))])

    def watch(self, *, is_watched: bool) -> None:
        """Tell all workers whether a person watches the calls, also workers that start later."""
        self._is_watched = is_watched
        for worker in self._workers.values():
            worker.watch(is_watched=is_watched)

    async def drain(self, timeout_s: float) -> bool:
        """Make all workers end, with `timeout_s` for their calls in flight; return whether they did."""
        self._draining.set()
        self._drain_timeout_s = timeout_s
        if self._counting is not None:
            self._counting.cancel()
        for worker in await asyncio.gather(*self._booting, return_exceptions=True):
            if isinstance(worker, WorkerProcess):
                worker.kill()
                await worker.wait()
        # A worker that ends meanwhile leaves the mapping.
        for worker in [*self._workers.values()]:
            await worker.drain(timeout_s)
        if not self._slots:
            return True
        _, late = await asyncio.wait(self._slots, timeout=timeout_s + CUT_S)
        if late:
            self.kill()
            await asyncio.wait(late)
        return not late

    def kill(self) -> None:
        """End all workers at once, and replace none."""
        self._draining.set()
        for worker in self._workers.values():
            worker.kill()

    def _unasked(self, message: ChannelMessage, post: Callable[[ChannelMessage], object]) -> None:
        if self.on_unasked is not None:
            self.on_unasked(message, post)

    async def _remember_counts(self) -> None:
        """Ask each worker for its counts periodically, so that counters do not go backwards when one is killed."""
        while True:
            await asyncio.sleep(COUNTING_INTERVAL_S)
            # If workers fill the log's pipe, a line of the supervisor waits; it might not write the next one for hours.
            self._log.retry()
            counts = await self.series()
            if self.on_counts is not None:
                self.on_counts(counts)

    async def _keep(self, slot: int, worker: WorkerProcess, listener: socket.socket) -> None:
        """Keep one worker on one socket until the pool drains."""
        failures = 0
        while True:
            started_at = monotonic()
            self._workers[slot] = worker
            if self._draining.is_set():
                await worker.drain(self._drain_timeout_s)
            elif await self._start(worker, listener):
                self._listening[slot].set()
                if self._is_watched:
                    worker.watch(is_watched=True)
            else:
                worker.kill()
            status = await worker.wait()
            self._listening[slot].clear()
            self._retired = merge([self._retired, lasting(self._workers.pop(slot).last_series)])
            if self._draining.is_set():
                return
            self.restarts += 1
            failures = 0 if monotonic() - started_at > STABLE_S else failures + 1
            backoff_s = min(MAX_BACKOFF_S, 0.1 * 2 ** (failures - 2)) if failures > 1 else 0.0
            message = f"worker {worker.pid} {ending_of(status)}; starting another"
            self._log.event("error", "worker-ended", message, pid=worker.pid, status=status, backoff_s=backoff_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(backoff_s):
                    await self._draining.wait()
            worker = await WorkerProcess.spawn(self._front, self._shared, self._unasked)

    async def _start(self, worker: WorkerProcess, listener: socket.socket) -> bool:
        given = self._revision
        is_serving = await worker.start(listener, given)
        while is_serving and given is not self._revision:
            # A reload came while this revision was being handed over.
            given = self._revision
            is_serving = not await worker.adopt(given)
        return is_serving
