"""The admin listener: serves health and metrics from the supervisor, on a separate address."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from plugin_gateway.endpoints.admin import create_admin
from plugin_gateway.server.sockets import open_listeners

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from starlette.applications import Starlette

    from plugin_gateway.config.address import Address
    from plugin_gateway.endpoints.admin import Health
    from plugin_gateway.telemetry import Series

    MakeApp: TypeAlias = Callable[[Callable[[], Health], Callable[[], Awaitable[Series]]], Starlette]


PATIENCE_S: Final = 10.0
"""How long a whole request may take to arrive. Without this limit, a few idle connections could keep probes out forever."""
_MOST_CONNECTIONS: Final = 64
"""Above this number, a new connection takes the place of the oldest one that has had time for a request and sent none."""
_MOST_AT_ALL: Final = 512
"""Above this number, a new connection takes the place of the oldest one."""
_TIME_FOR_A_REQUEST_S: Final = 1.0


class AdminConnection(H11Protocol):
    """uvicorn's connection with a limit on the time of each request: uvicorn limits only the pause between two requests.

    Above a number of connections, uvicorn refuses all requests, even of probes, and an orchestrator then ends the gateway. Here
    a new connection is always served, and an older one makes room for it.
    """

    _deadline: asyncio.TimerHandle | None = None
    made_at = 0.0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.made_at = self.loop.time()
        self._watch()
        self._make_room()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._forget()

    def _watch(self) -> None:
        """Begin to wait, unless there is a whole request that has no answer yet."""
        if self.is_answering:
            self._forget()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(PATIENCE_S, self.transport.abort)

    @property
    def is_answering(self) -> bool:
        cycle: Any = self.cycle  # None before the first request
        return cycle is not None and not cycle.more_body and not cycle.response_complete

    def _make_room(self) -> None:
        others: list[Any] = [one for one in self.connections if one is not self and not one.transport.is_closing()]
        if len(others) < _MOST_CONNECTIONS:
            return
        is_full = len(others) >= _MOST_AT_ALL
        latest = self.made_at if is_full else self.made_at - _TIME_FOR_A_REQUEST_S
        waiting = [one for one in others if one.made_at <= latest and not one.is_answering]
        if leaving := waiting or (others if is_full else []):
            min(leaving, key=lambda one: one.made_at).transport.abort()

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class AdminServer(uvicorn.Server):
    """uvicorn without signal handlers: the supervisor installs them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class AdminListener:
    """Serves one app from the first revision until the last call has ended.

    `make` makes the app: health and metrics, or only metrics.
    """

    def __init__(self, make: MakeApp = create_admin) -> None:
        self._make = make
        self._server: AdminServer | None = None
        self._serving: asyncio.Task[None] | None = None

    async def open(
        self, address: Address, health: Callable[[], Health], series: Callable[[], Awaitable[Series]]
    ) -> Address:
        """Start to listen; return the address with its actual port.

        Raises:
            UsageError: the address cannot be listened on.
        """
        return await self.open_app(address, self._make(health, series))

    async def open_app(self, address: Address, app: Starlette) -> Address:
        """Start to listen with another app; see `open`."""
        address, listeners = open_listeners(address, 1)
        config = uvicorn.Config(
            app,
            lifespan="off",
            loop="none",
            http=AdminConnection,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        self._server = AdminServer(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=listeners), name="admin")
        return address

    async def close(self) -> None:
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
