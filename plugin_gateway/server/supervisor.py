"""The supervisor: holds the sockets, compiles aside, keeps the workers, reloads and drains. It answers no calls.

A single worker has a supervisor too: calls never wait for a reload, a worker that dies is replaced, and health and
metrics are answered while every worker is busy. The supervisor takes about 30 MB, less than reading a document in a
worker would.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from msgspec.structs import replace

import plugin_gateway.revision.model  # noqa: F401  # an outcome holds its values; unpickling would import it after the compile
from plugin_gateway.console.workshop_handlers import Reloading
from plugin_gateway.diagnostics import Finding
from plugin_gateway.endpoints.admin import Health, create_admin, create_metrics
from plugin_gateway.endpoints.approvals import ApprovalsApi
from plugin_gateway.errors import UsageError
from plugin_gateway.reload.fingerprint import fingerprints
from plugin_gateway.reload.outcome import Compiled, Refused
from plugin_gateway.reload.ready import ReadyChild
from plugin_gateway.reload.schedule import Schedule
from plugin_gateway.reload.watch import FileWatch
from plugin_gateway.server.admin import AdminListener
from plugin_gateway.server.approval_log import ApprovalLog, approval_series, url_of
from plugin_gateway.server.console import ConsoleOfGateway
from plugin_gateway.server.listeners import Listeners
from plugin_gateway.server.registries import Registries
from plugin_gateway.server.reload_log import ReloadLog
from plugin_gateway.server.remote_approver import DeskLine
from plugin_gateway.server.start import RefusedError, Started
from plugin_gateway.server.startup import Startup
from plugin_gateway.telemetry import Log, SeriesKey, merge

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.config.address import Address
    from plugin_gateway.reload.outcome import Awaited
    from plugin_gateway.server.start import ServeOptions
    from plugin_gateway.telemetry import Series


class Supervisor:
    """One run of `serve`, from the first compile to the last call."""

    def __init__(self, options: ServeOptions, log: Log, startup: Startup | None = None) -> None:
        """Prepare; `startup` may have begun already."""
        self._options = options
        self._startup = startup or Startup(options, log)
        self._log = log
        self._stopping = asyncio.Event()
        self._cutting = asyncio.Event()
        self._reload_wanted = asyncio.Event()
        self._files = FileWatch(self._reload_wanted.set, self._say_unwatched)
        self._ready = ReadyChild()
        self._pool = self._startup.pool
        approvals = ApprovalLog(log)
        self._registries = Registries(self._approver_url)
        api = ApprovalsApi(self._registries.current, approvals.decided)
        self._console = ConsoleOfGateway(
            options,
            self._startup.overrides,
            log,
            lambda is_watched: self._pool.watch(is_watched=is_watched),
            Reloading(expect=self._ready.prepare, look=self._files.look_now),
        )
        self._pool.on_unasked = self._console.line(DeskLine(self._registries.current, approvals.judged).take)
        self._pool.on_counts = self._console.count
        self._listeners = Listeners(
            AdminListener(
                lambda health, series: create_admin(
                    health,
                    series,
                    [*api.routes(), *self._console.routes(api, self._registries.current, health, series)],
                )
            ),
            AdminListener(create_metrics),
            options.workers,
        )
        self._reloads = ReloadLog(log)
        self._compiled: Compiled | None = None
        self._is_due = False
        """A reload was asked for and is not served yet. A rotated secret changes the revision and not its digest."""

    async def _series(self) -> Series:
        """Return the workers' series plus the log lines that the supervisor lost."""
        return merge(
            [
                await self._pool.series(),
                {SeriesKey("dropped"): [self._log.lost]},
                approval_series(self._registries.current()),
            ]
        )

    def _approver_url(self) -> str:
        """Return the URL of the admin listener, for a person on this machine."""
        return url_of(self._listeners.admin) if self._listeners.admin is not None else ""

    async def run(self, announce: Callable[[Started, Log], None]) -> None:
        """Serve until told to stop; return when the last call is answered.

        Raises:
            RefusedError: the config or the document is wrong.
            UsageError: an address cannot be listened on, or no worker can be started.
        """
        self._obey_signals()
        await self._startup.begin()
        self._listeners.public, self._listeners.sockets = self._startup.public, self._startup.sockets
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
            await self._files.stop()
            self._ready.close()
            self._listeners.close_public()
            timeout_s = self._options.drain_timeout_s
            was_clean = await self._pool.drain(timeout_s)
            await self._console.close()
            await self._listeners.close()
            if not was_clean:
                self._log.event("warning", "drain-cut", f"calls still running after {timeout_s:g} s were cut")
            if self._stopping.is_set():
                self._log.event("info", "stopped", "stopped")

    async def _start(self) -> Started:
        compiled = await self._first_revision()
        listen = await self._prepare(compiled)
        self._adopt(compiled)
        self._listeners.listen(listen)
        await self._pool.start(self._listeners.sockets, compiled.revision)
        if not self._pool.listening:
            raise UsageError("no worker could be started; see their output above")
        took_s = monotonic() - self._startup.started_at
        return Started(
            compiled=compiled,
            listen=listen,
            admin=self._listeners.admin,
            metrics=self._listeners.metrics,
            workers=self._pool.count,
            took_s=took_s,
            console=self._console.url,
            link=self._console.link,
        )

    async def _first_revision(self) -> Compiled:
        """Compile the first revision; retry while the only problem is that the document's server does not answer.

        Meanwhile the admin listener reports this. The public address is bound but not listened on: clients get a
        refused connection, and a load balancer's health check does not take the gateway for ready.
        """
        schedule = Schedule()
        while True:
            self._reload_wanted.clear()
            self._console.config.compiling()
            outcome = await self._startup.first()
            waited_s = schedule.waited_s
            if isinstance(outcome, Compiled):
                self._console.config.served(outcome.warnings)
                self._reloads.arrived(waited_s)
                return outcome
            left_s = inf if self._options.wait_s is None else self._options.wait_s - waited_s
            if outcome.awaited is None or left_s <= 0:
                if outcome.log is not None:
                    self._log.adopt(format=outcome.log.format, level=outcome.log.level)
                raise RefusedError(outcome)
            await self._prepare(outcome.awaited)
            self._reloads.awaits(outcome.findings)
            self._files.look_at(outcome.watched)
            await self._wanted_within(min(left_s, schedule.retry_s()))

    async def _prepare(self, source: Awaited | Compiled) -> Address:
        """Apply the log settings, and open the listeners."""
        self._log.adopt(format=source.log.format, level=source.log.level)
        return await self._listeners.open(source, self._health, self._series)

    def _obey_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, signal.Signals(number).name)
        loop.add_signal_handler(signal.SIGHUP, self._reload_wanted.set)

    def _stop(self, why: str = "") -> None:
        """Drain; at the second signal, stop at once."""
        if self._stopping.is_set():
            self._log.event("warning", "stopping-now", f"{why} again: calls in flight are cut", signal=why)
            self._cutting.set()
            self._pool.kill()
        else:
            delay_s, timeout_s = self._options.drain_delay_s, self._options.drain_timeout_s
            first = f"not ready, and taking calls for {delay_s:g} s more; then " if delay_s else ""
            message = f"{why}: {first}stopping; calls in flight have {timeout_s:g} s, another {why} cuts them"
            self._log.event("info", "stopping", message, signal=why)
        self._stopping.set()

    async def _until_stopped(self) -> None:
        if self._compiled is not None:
            self._files.look_at(self._compiled.watched)
        reloading = asyncio.create_task(self._reload_when_wanted())
        await self._stopping.wait()
        reloading.cancel()
        await asyncio.gather(reloading, return_exceptions=True)
        # A load balancer still sends calls until it has read `/readyz`, and closing a socket would reset them.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.drain_delay_s):
                await self._cutting.wait()

    def _say_unwatched(self, error: OSError) -> None:
        self._log.event("warning", "watch-failed", f"files are not watched ({error}); send SIGHUP to reload")

    async def _wanted_within(self, seconds: float) -> bool:
        """Wait at most `seconds` until a reload is wanted; return whether it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if seconds == inf else seconds):
                await self._reload_wanted.wait()
        return self._reload_wanted.is_set()

    async def _reload_when_wanted(self) -> None:
        """Reload when a file changes, on SIGHUP, and when a refresh is due.

        While the document's server does not answer, also reload periodically.
        """
        schedule = Schedule()
        pause_s = self._refresh_pause_s(schedule)
        while True:
            is_asked = await self._wanted_within(pause_s)
            self._reload_wanted.clear()
            if is_asked:
                schedule.asked()
            is_awaited = await self._reload(is_asked=is_asked) and self._options.wait_s != 0
            pause_s = schedule.retry_s() if is_awaited else self._refresh_pause_s(schedule)

    def _refresh_pause_s(self, schedule: Schedule) -> float:
        stale, every_s = (self._compiled.stale, self._compiled.refresh_s) if self._compiled is not None else ("", 0.0)
        return schedule.refresh_s(every_s, is_failing=bool(self._reloads.error or stale))

    async def _reload(self, *, is_asked: bool) -> bool:
        """Compile aside and swap. On any failure the current revision stays. Return whether a retry may help."""
        before = self._compiled
        if before is None:
            return False
        self._is_due = self._is_due or is_asked
        started_at = monotonic()
        # Take the fingerprints now. Otherwise a file that a refused config dropped would look changed at every later check.
        watched = fingerprints(before.watched)
        self._console.config.compiling()
        compiled = await self._startup.compile(before.number + 1, before.pinned, self._ready.take())
        if isinstance(compiled, Refused):
            # Watch the files of the refused config and of the current one: a change of either may mend it.
            self._files.look_at({**watched, **compiled.watched})
            self._console.config.refused(compiled.findings)
            self._reloads.refused(compiled.report, compiled.findings, is_asked=is_asked)
            return compiled.awaited is not None
        if not self._is_due and compiled.digest == before.digest:
            self._compiled = replace(compiled, revision=before.revision, number=before.number)
            self._files.look_at(compiled.watched)
            self._console.config.served(compiled.warnings)
            self._reloads.changed_nothing(before, compiled)
            return False
        if refusal := await self._pool.adopt(compiled.revision):
            self._files.look_at({**watched, **compiled.watched})
            self._console.config.refused([Finding(rule="reload-failed", message=refusal)])
            self._reloads.refused(refusal, is_asked=is_asked)
            return False
        self._is_due = False
        self._adopt(compiled)
        self._files.look_at(compiled.watched)
        self._console.config.served(compiled.warnings)
        self._reloads.served(before, compiled, monotonic() - started_at)
        return False

    def _adopt(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._registries.adopt(compiled.approvals)
        self._console.adopt(compiled, self._listeners.admin)

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
            reload_error=self._reloads.error,
            awaited=self._reloads.awaited,
            held=compiled.held if compiled else (),
            drifted=compiled.drifted if compiled else (),
            stale=compiled.stale if compiled else "",
            reloads=self._reloads.counts,
            restarts=self._pool.restarts,
        )
