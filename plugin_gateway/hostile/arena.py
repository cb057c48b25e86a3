"""The arena: a gateway in this process, between a hostile caller and a recording upstream, all on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from plugin_gateway.approvals.approval import Verdict
from plugin_gateway.approvals.approver import Approver
from plugin_gateway.credentials.grant import Passthrough
from plugin_gateway.hostile.origin import Origin
from plugin_gateway.mcp.endpoint import McpEndpoints
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.resources import Resources
from plugin_gateway.server.public_server import PublicServer
from plugin_gateway.server.worker import public_config
from plugin_gateway.telemetry import Log, Recorder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from plugin_gateway.approvals.held_call import HeldCall
    from plugin_gateway.credentials.injection import Injection
    from plugin_gateway.hostile.case import Case
    from plugin_gateway.hostile.oracle import Arrival
    from plugin_gateway.revision import Revision

ANSWER_TIMEOUT_S: Final = 5.0
_VALUE: Final = re.compile(rb"=[^&;]*")
TOKEN: Final = "pgtoken-4c1d9a7e0b52"  # noqa: S105  # no server accepts it
"""Stands in for the access tokens that the gateway would get from an authorization server."""


class Arena:
    """Plays cases, one after the other."""

    def __init__(self, port: int, origin: Origin) -> None:
        self._port = port
        self._origin = origin

    async def play(self, case: Case) -> tuple[bytes, list[Arrival]]:
        """Send a case; return the answers that the caller got and the requests that reached the upstream."""
        self._origin.echo, self._origin.fixed = case.echo, case.answer
        self._origin.take()
        answer = await exchange("127.0.0.1", self._port, case.octets)
        return answer, self._origin.take()


async def exchange(host: str, port: int, octets: bytes, *, tls: bool = False) -> bytes:
    """Send octets on a new connection; return everything that comes back until it closes or nothing comes for some seconds."""
    reader, writer = await asyncio.open_connection(host, port, ssl=tls or None)
    received = bytearray()
    try:
        with contextlib.suppress(ConnectionError, TimeoutError):
            writer.write(octets)
            await writer.drain()
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                while data := await reader.read(65536):
                    received += data
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError, OSError):
            await writer.wait_closed()
    return bytes(received)


class EveryCall(Approver):
    """Approves every call: a held case would prove nothing, and no call reaches the API."""

    def ask(self, held: HeldCall, on_verdict: Callable[[Verdict], object]) -> None:
        on_verdict(Verdict("run", held.fingerprint))

    def give_back(self, id_: str) -> None:
        """Do nothing."""


@contextlib.asynccontextmanager
async def opened(revision: Revision, approver: Approver | None = None) -> AsyncIterator[Arena]:
    """Serve a revision, with a recording upstream in place of the API. Without an approver, every call is approved."""
    loop = asyncio.get_running_loop()
    origin = Origin(revision.upstream.prefix.decode())
    upstream = await loop.create_server(origin.connect, "127.0.0.1", 0)
    port = upstream.sockets[0].getsockname()[1]
    recorder = Recorder(Log(level="error"))
    endpoints = McpEndpoints(recorder.record)
    resources = Resources()
    resources.approver = approver or EveryCall()
    holder = Holder(before_origin(revision, port), resources=resources, endpoints=endpoints)
    listener = socket.create_server(("127.0.0.1", 0))
    server = PublicServer(public_config(holder, recorder, "connection"), endpoints.drain)
    serving = asyncio.create_task(server.serve([listener]))
    try:
        await server.is_listening.wait()
        yield Arena(listener.getsockname()[1], origin)
    finally:
        server.drain()
        await serving
        holder.close()
        upstream.close()


def before_origin(revision: Revision, port: int) -> Revision:
    """Return the revision with the recording upstream, and fixed tokens in place of an authorization server's."""
    upstream = replace(revision.upstream, host="127.0.0.1", port=port, tls=False, socket="")
    operations = {name: _fixed(one) for name, one in revision.operation_injections.items()}
    return replace(
        revision,
        upstream=upstream,
        # The gate judges the targets of the cases as they are.
        mount=None,
        read_injection=_fixed(revision.read_injection),
        write_injection=_fixed(revision.write_injection),
        operation_injections=operations,
        # Limits would refuse the attack itself.
        call_limits=type(revision.call_limits)(),
        audit=None,
    )


def without_secrets(revision: Revision) -> Revision:
    """Return the revision with an asterisk in place of each value that it injects, and without any secret to mask."""
    operations = {name: _bare(one) for name, one in revision.operation_injections.items()}
    return replace(
        revision,
        read_injection=_bare(revision.read_injection),
        write_injection=_bare(revision.write_injection),
        operation_injections=operations,
        other_secrets=(),
    )


def _bare(injection: Injection) -> Injection:
    headers = tuple((name, b"*") for name, _ in injection.headers)
    grant = injection.grant
    if grant is not None and not isinstance(grant, Passthrough):
        headers, grant = (*headers, (b"Authorization", b"Bearer *")), None
    query, cookies = (_VALUE.sub(b"=*", pairs) for pairs in (injection.query, injection.cookies))
    return replace(injection, headers=headers, query=query, cookies=cookies, grant=grant, secrets=())


def _fixed(injection: Injection) -> Injection:
    if injection.grant is None or isinstance(injection.grant, Passthrough):
        return injection
    headers = (*injection.headers, (b"Authorization", b"Bearer " + TOKEN.encode()))
    return replace(injection, headers=headers, grant=None, secrets=(*injection.secrets, TOKEN))
