"""The startup of a gateway: it starts the other processes, and imports the supervisor while they import their modules, too.

So this module imports only what it needs to start them.
"""

from __future__ import annotations

import asyncio
import gc
from time import monotonic
from typing import TYPE_CHECKING

from plugin_gateway.config.address import parse_address
from plugin_gateway.errors import UsageError
from plugin_gateway.reload.aside import compile_aside
from plugin_gateway.server.sockets import open_listeners
from plugin_gateway.server.start import RefusedError
from plugin_gateway.server.workers import WorkerPool
from plugin_gateway.telemetry import Log, log_findings, telling

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from plugin_gateway.config.address import Address
    from plugin_gateway.reload.child_process import ChildProcess
    from plugin_gateway.reload.outcome import Outcome
    from plugin_gateway.server.start import ServeOptions, Started


class Startup:
    """The workers that start, and the first compile."""

    def __init__(self, options: ServeOptions, log: Log, child: ChildProcess | None = None) -> None:
        """Prepare; `child` is the compiling child, if it was started before."""
        self.started_at = monotonic()
        self._options = options
        self.overrides: dict[str, str] = {}
        """The command line's overrides of the config."""
        self.pool = WorkerPool(options.workers, log, options.front)
        self.public: Address | None = None
        self.sockets: list[socket.socket] = []
        """The public sockets, if the command line has their address."""
        self._child = child
        self._first: asyncio.Task[Outcome] | None = None

    async def begin(self) -> None:
        """Start the processes, unless that is done.

        Raises:
            UsageError: the address of the command line cannot be listened on.
        """
        if self._first is not None:
            return
        if self._options.listen:
            # Bind before the compile, so that port 0 becomes the actual port, which `public.url` may need.
            self.public, self.sockets = open_listeners(parse_address(self._options.listen), self._options.workers)
            self.overrides["listen"] = str(self.public)
        if self._options.admin:
            self.overrides["admin"] = self._options.admin
        if self._options.metrics:
            self.overrides["metrics"] = self._options.metrics
        if self._options.log_level:
            self.overrides["log.level"] = self._options.log_level
        self.pool.boot()
        self._first = asyncio.create_task(self.compile(1, child=self._child), name="compile")
        await asyncio.sleep(0)  # the loop runs the new tasks, which start the processes

    async def first(self) -> Outcome:
        """Return the outcome of the compile that `begin` started, and compile again at each later call."""
        first, self._first = self._first, None
        return await (self.compile(1) if first is None else first)

    async def compile(self, number: int, pinned: bytes = b"", child: ChildProcess | None = None) -> Outcome:
        """Compile aside; see `compile_aside`."""
        return await compile_aside(
            config=self._options.config,
            text=self._options.text,
            revision_file=self._options.revision_file,
            overrides=self.overrides,
            number=number,
            pinned=pinned,
            gently=number > 1,
            child=child,
        )


def run(options: ServeOptions, announce: Callable[[Started, Log], None], child: ChildProcess | None = None) -> int:
    """Run a gateway to its end; return the exit status.

    `child` is the compiling child, if it was started before. If the log is JSON, a failed start is logged, one line for each
    finding.

    Raises:
        RefusedError: the config or the document is wrong, and the log is text.
        UsageError: an address cannot be listened on or no worker can be started, and the log is text.
    """
    import uvloop  # noqa: PLC0415  # the loop of a process that serves; its subprocesses need no thread each

    log = Log()

    async def supervise() -> None:
        startup = Startup(options, log, child)
        await startup.begin()
        from plugin_gateway.server.supervisor import Supervisor  # noqa: PLC0415  # see the first sentence of this module

        # The command line turns the collector off, because imports make no garbage. The objects that they made live on,
        # so it need not scan them later.
        gc.freeze()
        gc.enable()
        await Supervisor(options, log, startup).run(announce)

    with telling(log):
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(supervise())
        except (RefusedError, UsageError) as error:
            if not log.is_json:
                raise
            if isinstance(error, RefusedError):
                log_findings(log, error.findings, "start-refused")
            else:
                log.event("error", "start-failed", str(error))
            return error.exit_code
    return 0
