"""A connect: opens a connection to the upstream, trying every address of its name, each with a separate timeout.

The addresses are tried as RFC 8305 says, staggered, alternating between families: an address that drops packets delays
a call by `STAGGER_S` at most. uvloop tries addresses one after the other, and asyncio's implementation leaves out the
TLS handshake.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from plugin_gateway.errors import UpstreamError
from plugin_gateway.telemetry.cause import cause_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

    from plugin_gateway.proxy.upstream import UpstreamConnection
    from plugin_gateway.revision import UpstreamSettings

STAGGER_S: Final = 0.25

_logger = logging.getLogger("plugin_gateway.upstream")

Address: TypeAlias = tuple[socket.AddressFamily, str, int]


class AttemptError(Exception):
    """Raised when an address does not accept a connection or a name has no address."""

    def __init__(self, where: str, error: Exception) -> None:
        """Note whether it timed out; `where` is a name or an address with its port."""
        self.is_late = isinstance(error, TimeoutError)
        super().__init__(f"{where}: {cause_of(error)}")


async def connect(
    upstream: UpstreamSettings, tls: ssl.SSLContext | None, make: Callable[[], UpstreamConnection]
) -> UpstreamConnection:
    """Return the first connection that opens, including TLS; `make` makes a connection for each attempt.

    Raises:
        UpstreamError: no attempt succeeded; its cause names the failure of each address.
    """
    limit_s = upstream.connect_timeout_s if upstream.connect_timeout_s > 0 else None
    name = upstream.host if tls is not None else None
    loop = asyncio.get_running_loop()

    async def attempt(address: Address) -> UpstreamConnection:
        family, host, port = address
        connection = make()
        where = place(upstream, host, port)

        def made() -> Any:  # asyncio asks for a `BaseProtocol`, but any object with its methods works
            return connection

        try:
            async with asyncio.timeout(limit_s):
                if upstream.socket:
                    await loop.create_unix_connection(made, upstream.socket, ssl=tls, server_hostname=name)
                else:
                    await loop.create_connection(made, host, port, family=family, ssl=tls, server_hostname=name)
        except (OSError, UnicodeError) as error:
            raise _failed(where, error) from error
        _logger.debug("Connected to %s", where, extra={"event": "connected", **_details_of(connection)})
        return connection

    try:
        async with asyncio.timeout(limit_s):
            addresses = await _addresses(upstream)
    except (OSError, UnicodeError) as error:
        raise _unreachable([_failed(upstream.host, error)]) from error
    return await _first(attempt(address) for address in addresses)


def _failed(where: str, error: OSError | UnicodeError) -> AttemptError:
    """Log a failure and return it."""
    failed = AttemptError(where, error)
    _logger.debug("No connection to %s", failed, extra={"event": "connect-failed", "cause": str(failed)})
    return failed


async def _first(attempts: Iterable[Any]) -> UpstreamConnection:
    """Start one attempt after the other until one succeeds, and abandon the rest."""
    waiting = deque(attempts)
    running: set[asyncio.Task[UpstreamConnection]] = set()
    failed: list[AttemptError] = []
    won: UpstreamConnection | None = None
    try:
        while won is None and (waiting or running):
            if waiting:
                running.add(asyncio.ensure_future(waiting.popleft()))
            done, running = await asyncio.wait(
                running, timeout=STAGGER_S if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                error = task.exception()
                if isinstance(error, AttemptError):
                    failed.append(error)
                elif won is None:
                    won = task.result()
                else:
                    task.result().close()
    finally:
        for attempt in waiting:
            attempt.close()
        for task in running:
            task.cancel()
        for late in await asyncio.gather(*running, return_exceptions=True):
            if not isinstance(late, BaseException):
                late.close()
    if won is None:
        raise _unreachable(failed) from failed[-1]
    return won


async def _addresses(upstream: UpstreamSettings) -> list[Address]:
    """Return the addresses in the resolver's order, alternating between families."""
    if upstream.socket:
        return [(socket.AF_UNIX, upstream.socket, 0)]
    loop = asyncio.get_running_loop()
    families: dict[socket.AddressFamily, list[Address]] = {}
    for family, _, _, _, where in await loop.getaddrinfo(upstream.host, upstream.port, type=socket.SOCK_STREAM):
        address = (family, cast("str", where[0]), upstream.port)
        if address not in families.setdefault(family, []):
            families[family].append(address)
    return [address for address in chain(*zip_longest(*families.values())) if address is not None]


def _details_of(connection: UpstreamConnection) -> dict[str, str]:
    """Return the negotiated TLS version, for the log."""
    tls = connection.transport.get_extra_info("ssl_object")
    return {"tls": tls.version() or ""} if tls is not None else {}


def _unreachable(failed: list[AttemptError]) -> UpstreamError:
    cause = "; ".join(map(str, failed))
    if all(error.is_late for error in failed):
        detail = "The upstream did not accept a connection in time."
        return UpstreamError(504, "upstream-connect-timeout", detail, cause=cause)
    return UpstreamError(502, "upstream-unreachable", "The upstream cannot be reached.", cause=cause)


def place(upstream: UpstreamSettings, host: str = "", port: int = 0) -> str:
    """Return the endpoint of a connection for the log: the given address of the upstream, or its name.

    Clients never see it.
    """
    if upstream.socket:
        return upstream.socket
    host, port = host or upstream.host, port or upstream.port
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
