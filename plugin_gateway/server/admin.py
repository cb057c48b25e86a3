"""The admin listener: serves health and metrics from the supervisor, on a separate address."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeAlias

import uvicorn

from plugin_gateway.endpoints.admin import create_admin
from plugin_gateway.server.sockets import open_listeners

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from starlette.applications import Starlette

    from plugin_gateway.config.address import Address
    from plugin_gateway.endpoints.admin import Health
    from plugin_gateway.telemetry import Series

    MakeApp: TypeAlias = Callable[[Callable[[], Health], Callable[[], Awaitable[Series]]], Starlette]


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
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=64,
            timeout_graceful_shutdown=1,
        )
        self._server = AdminServer(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=listeners), name="admin")
        return address

    async def close(self) -> None:
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
