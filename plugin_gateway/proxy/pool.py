"""The pool of one worker's upstream connections: kept alive, capped, with a bounded queue of waiting calls."""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.connect import connect
from plugin_gateway.proxy.upstream import UpstreamConnection

if TYPE_CHECKING:
    from plugin_gateway.proxy.call import Receiver
    from plugin_gateway.proxy.clock import Clock
    from plugin_gateway.revision import UpstreamSettings

_MIN_QUEUE: Final = 64
_QUEUED_PER_CONNECTION: Final = 4


class Pool:
    """Connections to one upstream.

    The connection used last is reused first, so that the others can time out. If none is idle, an exchange waits for
    the first connection that is released or opened.

    Bytes that arrive between two calls would be taken for the answer to the second, so they close their connection. The
    loop may hear of them and of the next request in one turn. Therefore an exchange gets an idle connection only after
    the loop has handled all events of the turn. This also sends the requests of a turn in one go, which costs less.
    """

    def __init__(self, upstream: UpstreamSettings, clock: Clock) -> None:
        """Prepare without opening a connection.

        Raises:
            OSError: OpenSSL does not accept a certificate or key (`ssl.SSLError` is one).
        """
        self.upstream = upstream
        self.clock = clock
        self._tls = upstream.tls_files.context() if upstream.tls else None
        self._idle: list[UpstreamConnection] = []
        self._open: set[UpstreamConnection] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._due: list[Receiver] = []
        """The exchanges that get a connection at the end of this turn of the loop."""
        self._waiting: deque[Receiver] = deque()
        self._is_retired = False

    @property
    def is_full(self) -> bool:
        return len(self._open) + len(self._connecting) >= self.upstream.connections

    def is_opening_for(self, exchange: Receiver) -> bool:
        """Whether the pool is opening a connection for this exchange. Each address that it tries has its own timeout."""
        return exchange in islice(self._waiting, len(self._connecting))

    @property
    def open_connections(self) -> int:
        return len(self._open)

    def connect(self, exchange: Receiver) -> None:
        """Call `exchange.on_connected` at the end of this turn of the loop, or as soon as there is a connection."""
        if not self._due:
            asyncio.get_running_loop().call_soon(self.settle)
        self._due.append(exchange)

    def settle(self) -> None:
        """Give idle connections to the exchanges of this turn; the others join the queue."""
        due, self._due = iter(self._due), []
        idle = self._idle
        try:
            for exchange in due:
                if exchange.is_over:
                    continue
                while idle:
                    connection = idle.pop()
                    if not connection.transport.is_closing():
                        exchange.on_connected(connection)
                        break
                else:
                    self.enqueue(exchange)
        except Exception:
            # A fault in one call must not cost the others their connections.
            for exchange in due:
                self.connect(exchange)
            raise

    def enqueue(self, exchange: Receiver) -> None:
        """Call `exchange.on_connected` with a connection that has not idled, or `on_broken` if too many wait already."""
        exchange.on_upstream_full()
        queued = len(self._waiting) - len(self._connecting)
        if queued >= max(_MIN_QUEUE, _QUEUED_PER_CONNECTION * self.upstream.connections):
            detail = "Too many calls wait for the upstream; try again shortly."
            exchange.on_broken(UpstreamError(503, "upstream-busy", detail))
            return
        self._waiting.append(exchange)
        self._open_for_waiting()

    def withdraw(self, exchange: Receiver) -> None:
        """Remove an exchange that no longer wants a connection from the queue."""
        if exchange in self._waiting:
            self._waiting.remove(exchange)

    def release(self, connection: UpstreamConnection) -> None:
        """Take a connection that carries no call: a new one, or one whose answer is complete."""
        if self._waiting:
            if connection.transport.is_closing():
                connection.abort()
            else:
                self._waiting.popleft().on_connected(connection)
        elif self._is_retired:
            connection.close()
        else:
            connection.idle_since = 0.0
            self._idle.append(connection)

    def forget(self, connection: UpstreamConnection) -> None:
        """Forget a connection that was closed."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._open_for_waiting()

    def retire(self) -> None:
        """Close idle connections now, and the others on release: a new revision has other settings of the upstream."""
        self._is_retired = True
        self.clock.unwatch(self)
        while self._idle:
            self._idle.pop().close()

    def abort(self) -> None:
        """Close every connection at once when the worker ends, and open no other for the calls that wait."""
        self.retire()
        self._due.clear()
        self._waiting.clear()
        for task in self._connecting:
            task.cancel()
        for connection in tuple(self._open):
            connection.abort()

    def on_tick(self, now: float) -> None:
        """Close connections that have been idle too long."""
        limit_s = self.upstream.idle_timeout_s
        for connection in tuple(self._idle):
            if connection.idle_since == 0.0:
                # Set the idle time at the first tick; this is cheaper than reading the clock at each release.
                connection.idle_since = now
            elif 0 < limit_s < now - connection.idle_since:
                self._idle.remove(connection)
                connection.close()

    def _open_for_waiting(self) -> None:
        while len(self._connecting) < len(self._waiting) and not self.is_full:
            task = asyncio.get_running_loop().create_task(self._connect())
            self._connecting.add(task)
            task.add_done_callback(self._on_connect_done)

    def _on_connect_done(self, task: asyncio.Task[None]) -> None:
        self._connecting.discard(task)
        self._open_for_waiting()

    def new_connection(self) -> UpstreamConnection:
        """Return a connection of this pool that is not open yet."""
        return UpstreamConnection(self.upstream, self.release, self.forget)

    async def _connect(self) -> None:
        try:
            connection = await connect(self.upstream, self._tls, self.new_connection)
        except UpstreamError as error:
            self._fail(error)
            return
        if connection.is_lost:
            self._fail(UpstreamError(502, "upstream-closed", "The upstream closed the connection without an answer."))
            return
        self._open.add(connection)
        if len(self._open) == 1 and not self._is_retired:
            self.clock.watch(self)
        # A new connection may have unread bytes: TLS 1.3 begins with messages of the server (RFC 8446, 4.6.1).
        self.release(connection)

    def _fail(self, error: UpstreamError) -> None:
        if self._waiting:
            self._waiting.popleft().on_broken(error)
