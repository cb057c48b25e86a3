"""`mcp`: the MCP endpoint over standard input and output, for desktop clients."""

from __future__ import annotations

import asyncio
import os
import stat
from contextlib import suppress
from time import time
from typing import TYPE_CHECKING, Final

import click

from plugin_gateway.cli.options import as_option, checked_address, config_option
from plugin_gateway.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_gateway.mcp.stdio import Lines, StdioSession
    from plugin_gateway.proxy.resources import Resources
    from plugin_gateway.revision import Revision
    from plugin_gateway.revision.mcp import McpSettings
    from plugin_gateway.server.admin import AdminListener
    from plugin_gateway.telemetry import Log

LAST_CALLS_S: Final = 10.0
"""How long calls may take after the client has closed standard input."""
_STDIN, _STDOUT = 0, 1


@click.command()
@config_option
@click.option(
    "--admin",
    callback=checked_address,
    default="",
    metavar="HOST:PORT",
    help="Where a person approves calls of operations with `consequential: confirm`.  [default: a free port of 127.0.0.1]",
)
@as_option("Serve the tools of this entry of `consumers`.")
def command(config: Path | None, admin: str, consumer: str) -> int:
    """Serve the allowed operations as MCP tools over standard input and output.

    A desktop client starts this command and needs no port:
    `{"command": "plugin-gateway", "args": ["mcp", "-c", "/path/gateway.yaml"]}`. Tools, gate, limits, credentials and masking
    are the same as for `/mcp`. The gateway does not authenticate the client, because a user who can start this command can also
    read its config. The gateway's messages and access records go to standard error. A person approves a held call at the link
    in its result, or with `plugin-gateway approve ID --admin HOST:PORT`.
    """
    from plugin_gateway.cli.building import build_to_check

    revision = build_to_check(config).revision
    if revision.mcp is None:
        raise UsageError("`mcp` is off in gateway.yaml; remove `mcp: false` to serve tools")
    asyncio.run(serve(revision, revision.mcp, consumer, admin))
    return 0


async def serve(revision: Revision, settings: McpSettings, consumer: str, admin: str = "") -> None:
    """Answer messages until the client closes standard input.

    Raises:
        GatewayError: there is no such consumer, a TLS file of the upstream cannot be used, or Redis's extra is missing.
    """
    from plugin_gateway.mcp.caller import Caller
    from plugin_gateway.mcp.clientele import MOST_KNOWN, Clientele
    from plugin_gateway.mcp.search_mode import offer_of
    from plugin_gateway.mcp.service import Service
    from plugin_gateway.mcp.stdio import Lines, StdioSession
    from plugin_gateway.proxy.door import Access
    from plugin_gateway.proxy.holder import Holder
    from plugin_gateway.proxy.in_process import field_block
    from plugin_gateway.proxy.memo import Memo
    from plugin_gateway.proxy.resources import Resources
    from plugin_gateway.reports.callee import view_of
    from plugin_gateway.telemetry import Audit, Log, Recorder, telling
    from plugin_gateway.telemetry.audit import AuditTerms

    gate, tools, _ = view_of(revision, consumer)
    access = Access(consumer, gate.judge, revision.faces, gate, tools)
    log = Log(format=revision.log.format, level=revision.log.level)
    resources = Resources()
    known = resources.known_secrets
    audit = Audit(log.timestamp)
    if revision.audit is not None:
        terms = AuditTerms(revision.audit.values, revision.digest)
        audit.adopt(revision.audit.file, terms, revision.all_rules, time())
    recorder = Recorder(log, lambda sent: known.mask.cover(sent), audit)  # noqa: PLW0108  # the mask is replaced
    listener = await approve_at(admin, revision, resources, log) if revision.needs_approvals else None
    try:
        holder = Holder(revision, resources=resources)
    except OSError as error:
        raise UsageError(f"a TLS file of the upstream cannot be used: {error}") from error
    service = Service(settings, offer_of(tools, settings), is_private=False)
    clientele = Clientele(
        holder.serving, access, settings, service, writers={}, known=Memo(MOST_KNOWN), on_record=recorder.record
    )
    outer = field_block([(b"host", b"localhost"), (b"user-agent", b"plugin-gateway-mcp")]).request
    session = StdioSession(Caller(clientele, outer), write)
    with telling(log):
        recorder.start(asyncio.get_running_loop())
        holder.clock.watch(session)
        try:
            await Stream(session, Lines()).run()
        finally:
            holder.clock.unwatch(session)
            session.close()
            holder.close()
            recorder.stop()
            if listener is not None:
                await listener.close()


async def approve_at(admin: str, revision: Revision, resources: Resources, log: Log) -> AdminListener:
    """Open a listener on which a person approves the calls of this process, and tell where it is.

    Raises:
        UsageError: the address cannot be listened on.
    """
    from plugin_gateway.approvals.approver import LocalApprover
    from plugin_gateway.approvals.desk import Desk
    from plugin_gateway.approvals.registry import LocalRegistry
    from plugin_gateway.config.address import parse_address
    from plugin_gateway.endpoints.approvals import create_approvals
    from plugin_gateway.server.admin import AdminListener
    from plugin_gateway.server.approval_log import ApprovalLog, url_of

    lines = ApprovalLog(log)
    desk = Desk(revision.approvals, lambda: url_of(address))
    listener = AdminListener()
    app = create_approvals(LocalRegistry(desk), lines.decided)
    address = await listener.open_app(parse_address(admin or "127.0.0.1:0"), app)
    resources.approver = LocalApprover(desk, tell=lines.judged)
    message = f"calls that a person must approve wait at {url_of(address) or address}/approvals; --admin {address}"
    log.event("info", "approvals-open", message, admin=str(address))
    return listener


class Stream(asyncio.Protocol):
    """Standard input, line by line into the session."""

    def __init__(self, session: StdioSession, lines: Lines) -> None:
        self._session = session
        self._lines = lines
        self._is_over = asyncio.Event()

    async def run(self) -> None:
        """Read to the end, and give the last calls a while."""
        transport: asyncio.BaseTransport | None = None
        if stat.S_ISREG(os.fstat(_STDIN).st_mode):
            # A file is never "ready", so the loop cannot wait for it.
            while data := os.read(_STDIN, 1 << 20):
                self.data_received(data)
            self.eof_received()
        else:
            transport, _ = await asyncio.get_running_loop().connect_read_pipe(
                lambda: self, os.fdopen(_STDIN, "rb", buffering=0, closefd=False)
            )
        try:
            await self._is_over.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_CALLS_S):
                    while not self._session.is_idle:  # noqa: ASYNC110  # a call has no event for its end
                        await asyncio.sleep(0.01)
        finally:
            if transport is not None:
                transport.close()

    def data_received(self, data: bytes) -> None:
        self._take(self._lines.feed(data))

    def eof_received(self) -> None:
        self._take(self._lines.finish())
        self._is_over.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._is_over.set()

    def _take(self, lines: list[bytes | None]) -> None:
        try:
            for line in lines:
                self._session.take(line)
        except BrokenPipeError:
            # The client has closed its end: no answer can reach it.
            self._session.close()
            self._is_over.set()


def write(line: bytes) -> None:
    """Write all of a line to standard output.

    Raises:
        BrokenPipeError: the client has closed it.
    """
    left = memoryview(line)
    while left:
        try:
            left = left[os.write(_STDOUT, left) :]
        except BlockingIOError:
            # Standard input and output are one socket or terminal, and the loop made it non-blocking.
            os.set_blocking(_STDOUT, True)
