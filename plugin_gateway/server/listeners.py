"""The listeners of one gateway: the public sockets, and the admin and metrics servers, with the addresses they really have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.config.address import parse_address
from plugin_gateway.server.sockets import listen as listen_on
from plugin_gateway.server.sockets import open_listeners

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    from plugin_gateway.config.address import Address
    from plugin_gateway.endpoints.admin import Health
    from plugin_gateway.reload.outcome import Awaited, Compiled
    from plugin_gateway.server.admin import AdminListener
    from plugin_gateway.telemetry import Series


class Listeners:
    """Opens each listener once. A reload does not move them."""

    def __init__(self, admin: AdminListener, metrics: AdminListener, workers: int) -> None:
        self._admin = admin
        self._metrics = metrics
        self._workers = workers
        self.sockets: list[socket.socket] = []
        """The public sockets, one for each worker."""
        self.public: Address | None = None
        self.admin: Address | None = None
        self.metrics: Address | None = None

    def bind(self, address: str) -> Address:
        """Bind the public sockets, and do not listen yet.

        Raises:
            UsageError: the address cannot be listened on.
        """
        self.public, self.sockets = open_listeners(parse_address(address), self._workers)
        return self.public

    async def open(
        self, source: Awaited | Compiled, health: Callable[[], Health], series: Callable[[], Awaitable[Series]]
    ) -> Address:
        """Open what neither the command line nor an earlier attempt opened; return the public address.

        Raises:
            UsageError: an address cannot be listened on.
        """
        public = self.public or self.bind(source.listen)
        if source.admin and self.admin is None:
            self.admin = await self._admin.open(parse_address(source.admin), health, series)
        is_apart = source.metrics != source.admin or source.metrics.endswith(":0")
        if source.metrics and is_apart and self.metrics is None:
            self.metrics = await self._metrics.open(parse_address(source.metrics), health, series)
        return public

    def listen(self, public: Address) -> None:
        """Let clients connect.

        Raises:
            UsageError: another process listened first.
        """
        listen_on(public, self.sockets)

    def close_public(self) -> None:
        for listener in self.sockets:
            listener.close()

    async def close(self) -> None:
        """Close the admin and the metrics server."""
        await self._admin.close()
        await self._metrics.close()
