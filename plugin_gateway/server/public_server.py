"""The public server: accepts clients' connections on a worker's socket until the worker drains.

It has the interfaces of uvicorn that our front reads, so the front runs in either. A worker does without uvicorn, which imports
a command line and a file watcher: 5 MB in each worker.
"""

from __future__ import annotations

import asyncio
import contextlib
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from plugin_gateway.server.sockets import BACKLOG

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable

    from plugin_gateway.proxy.fronts.app_call import App

DRAIN_TIMEOUT_S: Final = 10.0
"""The time for calls in flight of a worker that gets a signal, or whose supervisor is gone."""
_DATE_INTERVAL_S: Final = 1.0
_LOOK_INTERVAL_S: Final = 0.05


class Connection(Protocol):
    """A client's connection, as its server sees it."""

    @property
    def is_answering(self) -> bool: ...
    def shutdown(self) -> None:
        """Finish the current call, then close."""


class ServerState:
    """What the connections of one server share (uvicorn's `ServerState`)."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.default_headers: list[tuple[bytes, bytes]] = []
        """The field lines of every answer that the gateway makes itself: Date."""


class PublicConfig(NamedTuple):
    """What a connection is made of, under the names of uvicorn's `Config`."""

    http: Callable[..., Any]
    """Makes a connection, which has the methods of an `asyncio.Protocol`."""
    loaded_app: App
    """Answers the requests that are not forwarded."""
    root_path: str = ""


class PublicServer:
    """Serves once, from `serve` until `drain`."""

    def __init__(self, config: PublicConfig, on_drain: Callable[[], object] | None = None) -> None:
        """Prepare; `on_drain` ends the answers that would otherwise last until the end of the drain timeout."""
        self.config = config
        self.server_state = ServerState()
        self.is_listening = asyncio.Event()
        self._on_drain = on_drain
        self._draining = asyncio.Event()
        self._drain_timeout_s = DRAIN_TIMEOUT_S
        self._timer: asyncio.TimerHandle | None = None

    def drain(self, timeout_s: float = DRAIN_TIMEOUT_S) -> None:
        """Accept no more connections, finish the calls in flight within `timeout_s`, and return from `serve`."""
        self._drain_timeout_s = timeout_s
        self._draining.set()

    async def serve(self, sockets: Iterable[socket.socket]) -> None:
        """Listen on the sockets until `drain`, then close them."""
        loop = asyncio.get_running_loop()
        self._tell_date(loop)
        try:
            servers = [await loop.create_server(self._connection, sock=one, backlog=BACKLOG) for one in sockets]
            self.is_listening.set()
            await self._draining.wait()
            if self._on_drain is not None:
                self._on_drain()
            for server in servers:
                server.close()
            for connection in [*self.server_state.connections]:
                connection.shutdown()
            await self._until_idle()
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _connection(self) -> Any:
        return self.config.http(config=self.config, server_state=self.server_state, app_state={})

    def _tell_date(self, loop: asyncio.AbstractEventLoop) -> None:
        self.server_state.default_headers = [(b"date", formatdate(usegmt=True).encode())]
        self._timer = loop.call_later(_DATE_INTERVAL_S, self._tell_date, loop)

    async def _until_idle(self) -> None:
        """Wait until the calls in flight are answered. After the drain timeout, cancel the app's calls."""
        state = self.server_state
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._drain_timeout_s):
                while state.connections or state.tasks:  # noqa: ASYNC110  # both sets empty themselves
                    await asyncio.sleep(_LOOK_INTERVAL_S)
        for task in state.tasks:
            task.cancel("the drain timeout is over")
