"""The supervisor: holds the sockets, compiles aside, keeps the workers, reloads and drains. It answers no calls itself.

There is one also for a single worker: a call never waits for a reload, a worker that dies is replaced, and health and
metrics are answered while every worker is busy. It costs about 30 MB, less than reading a document in a worker would.
"""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from plugin_gateway.config.address import Address, parse_address
from plugin_gateway.endpoints.admin import Health
from plugin_gateway.errors import FindingsError, UsageError
from plugin_gateway.reload.aside import compile_aside
from plugin_gateway.reload.outcome import Compiled, Refused
from plugin_gateway.reload.watch import changes
from plugin_gateway.server.admin import AdminListener
from plugin_gateway.server.pool import WorkerPool
from plugin_gateway.server.sockets import listen as listen_on
from plugin_gateway.server.sockets import open_listeners
from plugin_gateway.telemetry import Log

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from plugin_gateway.reload.outcome import Fingerprint
    from plugin_gateway.server.process import Front

DRAIN_TIMEOUT_S = 12.0
"""A little longer than a worker takes to give up on its calls by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What the command line says; an empty address is left to gateway.yaml."""

    config: Path | None = None
    listen: str = ""
    admin: str = ""
    workers: int = 1
    front: Front = "connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What the banner says: the first revision, the addresses with their ports, and how long it took."""

    compiled: Compiled
    listen: Address
    admin: Address | None
    workers: int
    took_s: float


class RefusedError(FindingsError):
    """Config or document are wrong, so that there is no revision; `report` is what `check` prints of it."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.findings)
        self.report = refused.report


class Supervisor:
    """One run of `serve`, from the first compile to the last call."""

    def __init__(self, options: ServeOptions, log: Log) -> None:
        self._options = options
        self._log = log
        self._stopping = asyncio.Event()
        self._reload_wanted = asyncio.Event()
        self._swapped = asyncio.Event()
        self._overrides: dict[str, str] = {}
        self._listeners: list[socket.socket] = []
        self._pool = WorkerPool(options.workers, log, options.front)
        self._admin = AdminListener()
        self._compiled: Compiled | None = None
        self._reload_error = ""

    async def run(self, announce: Callable[[Started, Log], None]) -> None:
        """Serve until told to stop; return when the last call is answered.

        Raises:
            RefusedError: config or document are wrong.
            UsageError: an address cannot be listened on, or no worker can be started.
        """
        self._obey_signals()
        self._pool.boot()
        starting = asyncio.create_task(self._start(), name="start")
        stopping = asyncio.create_task(self._stopping.wait(), name="stop")
        try:
            await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                announce(starting.result(), self._log)
                await self._until_stopped()
        finally:
            for task in (starting, stopping):
                task.cancel()
            await asyncio.gather(starting, stopping, return_exceptions=True)
            for listener in self._listeners:
                listener.close()
            was_clean = await self._pool.drain(DRAIN_TIMEOUT_S)
            await self._admin.close()
            if not was_clean:
                self._log.event("warning", "drain-cut", f"calls still running after {DRAIN_TIMEOUT_S:.0f} s were cut")

    async def _start(self) -> Started:
        started_at = monotonic()
        listen, compiled = await self._prepare()
        admin: Address | None = None
        if compiled.admin:
            admin = await self._admin.open(parse_address(compiled.admin), self._health, self._pool.series)
        listen_on(listen, self._listeners)
        await self._pool.start(self._listeners, compiled.revision)
        if not self._pool.listening:
            raise UsageError("no worker could be started; what they said is above")
        took_s = monotonic() - started_at
        return Started(compiled=compiled, listen=listen, admin=admin, workers=self._pool.count, took_s=took_s)

    async def _prepare(self) -> tuple[Address, Compiled]:
        """Compile, and open the sockets: before it where the command line says which, so that port 0 gets its number."""
        listen: Address | None = None
        if self._options.listen:
            listen, self._listeners = open_listeners(parse_address(self._options.listen), self._options.workers)
            self._overrides["listen"] = str(listen)
        if self._options.admin:
            self._overrides["admin"] = self._options.admin
        compiled = await self._compile(1)
        if listen is None:
            listen, self._listeners = open_listeners(parse_address(compiled.listen), self._options.workers)
        self._compiled = compiled
        self._log.adopt(format=compiled.log.format, level=compiled.log.level)
        return listen, compiled

    async def _compile(self, number: int) -> Compiled:
        outcome = await compile_aside(
            config=self._options.config, overrides=self._overrides, number=number, gently=number > 1
        )
        if isinstance(outcome, Refused):
            raise RefusedError(outcome)
        return outcome

    def _obey_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload_wanted.set)

    def _stop(self) -> None:
        """Drain; at the second signal, stop at once."""
        if self._stopping.is_set():
            self._pool.kill()
        self._stopping.set()

    async def _until_stopped(self) -> None:
        tasks = [asyncio.create_task(self._reload_when_wanted()), asyncio.create_task(self._watch())]
        await self._stopping.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self) -> None:
        """Want a reload whenever a file says something else than when the revision in force was made of it."""
        while self._compiled is not None:
            compiled = self._compiled
            watching = asyncio.create_task(self._watch_files(compiled.watched))
            try:
                await self._swapped.wait()
                self._swapped.clear()
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)

    async def _watch_files(self, watched: Mapping[Path, Fingerprint]) -> None:
        try:
            async for _ in changes(watched):
                self._reload_wanted.set()
        except OSError as error:
            self._log.event("warning", "watch-failed", f"files are not watched ({error}); send SIGHUP to reload")

    async def _reload_when_wanted(self) -> None:
        while True:
            await self._reload_wanted.wait()
            self._reload_wanted.clear()
            await self._reload()

    async def _reload(self) -> None:
        """Compile aside and swap. Whatever goes wrong, what is being served stays."""
        before = self._compiled
        if before is None:
            return
        started_at = monotonic()
        try:
            compiled = await self._compile(before.number + 1)
        except RefusedError as error:
            self._refuse(error.report)
            return
        if refusal := await self._pool.adopt(compiled.revision):
            self._refuse(refusal)
            return
        self._compiled = compiled
        self._swapped.set()
        self._reload_error = ""
        self._log.adopt(format=compiled.log.format, level=compiled.log.level)
        for finding in compiled.warnings:
            self._log.event("warning", finding.rule, str(finding))
        message = (
            f"revision {compiled.number} is served: {compiled.operations} of {compiled.operations_total} operations, "
            f"after {monotonic() - started_at:.2f} s"
        )
        self._log.event("info", "reloaded", message, revision=compiled.number, digest=compiled.digest)
        if (compiled.listen, compiled.admin) != (before.listen, before.admin):
            self._log.event("warning", "restart-needed", "`listen` and `admin` are taken over at the next start")

    def _refuse(self, report: str) -> None:
        self._reload_error = report
        self._log.event("error", "reload-failed", f"nothing was changed by this reload: {report}", report=report)

    def _health(self) -> Health:
        compiled = self._compiled
        return Health(
            is_ready=compiled is not None and self._pool.listening > 0 and not self._stopping.is_set(),
            revision=compiled.number if compiled else 0,
            digest=compiled.digest if compiled else "",
            operations=compiled.operations if compiled else 0,
            operations_total=compiled.operations_total if compiled else 0,
            workers=self._pool.listening,
            workers_wanted=self._pool.count,
            reload_error=self._reload_error,
        )


def run(options: ServeOptions, announce: Callable[[Started, Log], None]) -> None:
    """Run a supervisor to its end.

    Raises:
        RefusedError: config or document are wrong.
        UsageError: an address cannot be listened on, or no worker can be started.
    """
    import uvloop  # noqa: PLC0415  # the loop of a process that serves; its subprocesses need no thread each

    log = Log()

    async def supervise() -> None:
        await Supervisor(options, log).run(announce)

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(supervise())
    finally:
        log.close()
