"""HTTP/2 to clients: uvicorn's protocol where a connection begins with its preface, the connection front everywhere else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from uvicorn.protocols.http.zttp_h2_impl import ZttpH2Protocol

from plugin_gateway.proxy.fronts.listener import most_connections

if TYPE_CHECKING:
    from collections.abc import Callable

    import zttp
    from uvicorn import Config
    from uvicorn.server import ServerState

    from plugin_gateway.revision import Limits

    MakeProtocol: TypeAlias = Callable[[Config, ServerState, dict[str, Any]], Any]

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What a client that knows beforehand sends first (RFC 9113, 3.4). No request of HTTP/1 begins like this."""


class Http2(ZttpH2Protocol):
    """uvicorn's HTTP/2, which by itself waits for ever for the body of a request that ended with its head (RFC 9113, 8.1)."""

    def handle_request(self, event: zttp.Request) -> None:
        super().handle_request(event)
        cycle = self.cycles.get(event.stream_id)
        if event.end_stream and cycle is not None:
            cycle.more_body = False
            cycle.message_event.set()


class EitherVersion(asyncio.Protocol):
    """A connection whose first bytes are awaited, for as long as a head may take; they tell which protocol takes it over."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        http1: MakeProtocol,
        limits: Callable[[], Limits],
    ) -> None:
        self._arguments = config, server_state, app_state
        self._connections: set[Any] = server_state.connections
        self._http1 = http1
        self._limits = limits
        self._transport: Any = None
        self._timer: asyncio.TimerHandle | None = None
        self._begun = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._connections.add(self)
        if (timeout_s := self._limits().head_timeout_s) > 0:
            self._timer = asyncio.get_running_loop().call_later(timeout_s, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._leave()

    def data_received(self, data: bytes) -> None:
        self._begun += data
        if len(self._begun) < len(PREFACE) and PREFACE.startswith(self._begun):
            return
        self._leave()
        is_http2 = self._begun.startswith(PREFACE)
        if is_http2 and len(self._connections) >= min(most_connections(), self._limits().connections):
            # The connection front says so in words, where it is the one to take over.
            self._transport.close()
            return
        make = Http2 if is_http2 else self._http1
        protocol = make(*self._arguments)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(self._begun)

    def shutdown(self) -> None:
        """Close: nothing was asked yet. uvicorn calls this when it stops."""
        self._transport.close()

    def _leave(self) -> None:
        self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def either_version(http1: MakeProtocol, limits: Callable[[], Limits]) -> Callable[..., EitherVersion]:
    """What uvicorn takes as `http`: HTTP/2 beside `http1`, within the `limits` in force."""

    def make(
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> EitherVersion:
        return EitherVersion(config, server_state, app_state, http1=http1, limits=limits)

    return make
