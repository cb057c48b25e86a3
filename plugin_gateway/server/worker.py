"""A worker: serves calls on one socket, by the current revision, until the supervisor drains it or ends."""

from __future__ import annotations

import asyncio
import gc
import pickle
import signal
import socket
from time import process_time, time
from typing import TYPE_CHECKING, NamedTuple

import orjson
import uvloop

# Almost every revision holds values of these modules; unpickling would import them after the compile, when calls already wait.
import plugin_gateway.gate.routing
import plugin_gateway.revision.mcp
import plugin_gateway.shape.answer.check
import plugin_gateway.shape.request.bodies
import plugin_gateway.shape.request.json_body
import plugin_gateway.shape.request.parameters
import plugin_gateway.shape.request.plain_query
import plugin_gateway.shape.request.reader
import plugin_gateway.shape.shape  # noqa: F401  # for unpickling
from plugin_gateway.app import LocalApp, create_app
from plugin_gateway.mcp.endpoint import McpEndpoints
from plugin_gateway.proxy.fronts.connection import connection_front
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.resources import Resources
from plugin_gateway.revision.model import AuditSettings
from plugin_gateway.server.channel import Channel, ChannelMessage, MessageKind
from plugin_gateway.server.export import Export
from plugin_gateway.server.feed_line import FeedLine
from plugin_gateway.server.heap import keep_freed_memory
from plugin_gateway.server.public_server import DRAIN_TIMEOUT_S, PublicConfig, PublicServer
from plugin_gateway.server.remote_approver import RemoteApprover
from plugin_gateway.server.shared_memory import ALONE, SharedMemory
from plugin_gateway.server.usage import open_descriptors, resident_bytes
from plugin_gateway.telemetry import Audit, Log, Recorder, SeriesKey, telling
from plugin_gateway.telemetry.audit import AuditTerms
from plugin_gateway.telemetry.feed import Feed
from plugin_gateway.telemetry.series import as_rows

if TYPE_CHECKING:
    from plugin_gateway.proxy.tracing import Tracing
    from plugin_gateway.revision import Revision
    from plugin_gateway.server.process import Front
    from plugin_gateway.telemetry import AccessRecord, Series


def main(control_fd: int, front: Front, counts: int = -1, tokens: int = -1) -> None:
    """Run as a worker whose end of the channel is `control_fd`; `counts` and `tokens` are shared memory."""
    with socket.socket(fileno=control_fd) as control:
        # The imports ran while the supervisor compiled; the socket comes after the compile.
        _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not descriptors:
            return
        control.setblocking(False)
        with (
            socket.socket(fileno=descriptors[0]) as listener,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(serve(control, listener, front, SharedMemory(counts, tokens)))


async def serve(
    control: socket.socket, listener: socket.socket, front: Front = "connection", shared: SharedMemory = ALONE
) -> None:
    channel = await Channel.over(control)
    first = await channel.receive()
    if first is None:
        channel.close()
        return
    revision: Revision = pickle.loads(first.body)  # noqa: S301  # from the supervisor, over an inherited socket
    del first  # this frame lasts as long as the worker
    log = Log(format=revision.log.format, level=revision.log.level)
    with telling(log):
        await _serve(Assignment(channel, revision, log), listener, front, shared)


def audit_calls(audit: Audit, revision: Revision) -> None:
    """Let an audit follow a revision."""
    settings = revision.audit or AuditSettings(file="")
    audit.adopt(settings.file, AuditTerms(settings.values, settings.digest), revision.all_rules, time())


class Assignment(NamedTuple):
    """What a worker gets at its start, and its log."""

    channel: Channel
    revision: Revision
    log: Log


async def _serve(given: Assignment, listener: socket.socket, front: Front, shared: SharedMemory) -> None:
    channel, revision, log = given
    resources = Resources(shared.counts, shared.tokens)
    approver = resources.approver = RemoteApprover(channel.post)
    known = resources.known_secrets
    # Read the mask for each record: it is replaced whenever a secret is added.
    audit = Audit(log.timestamp)
    audit_calls(audit, revision)
    feed = Feed(FeedLine(channel).post, log.timestamp, lambda: holder.revision.mount)
    recorder = Recorder(log, lambda sent: known.mask.cover(sent), audit, resources.mismatches, feed)  # noqa: PLW0108  # the mask is replaced
    export = Export(recorder, lambda sent: known.mask.cover(sent))  # noqa: PLW0108  # the mask is replaced
    endpoints = McpEndpoints(recorder.record)
    holder = Holder(revision, resources=resources, endpoints=endpoints)
    server = PublicServer(public_config(holder, recorder, front, export.tracing), endpoints.drain)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, server.drain)
    recorder.start(loop)
    export.adopt(revision.otel)
    obeying = asyncio.create_task(
        obey(channel, server, WorkerParts(holder, recorder, log, audit, approver, export)), name="channel"
    )
    # The objects of the start live as long as the worker, and little of it is garbage: the collector need not scan them during
    # calls.
    gc.freeze()
    gc.enable()
    keep_freed_memory()
    try:
        await server.serve([listener])
        if obeying.done():
            obeying.result()  # an error there ended this worker: it is logged, and the status says so
    finally:
        obeying.cancel()
        holder.close()
        recorder.stop()
        await export.close()
        # The supervisor keeps the counts of a worker that has ended.
        await channel.send(ChannelMessage(MessageKind.COUNTS, orjson.dumps(as_rows(recorder.series()))))
        channel.close()


def public_config(holder: Holder, recorder: Recorder, front: Front, tracing: Tracing | None = None) -> PublicConfig:
    """Return the parts of each connection: our strict HTTP/1.1 for both fronts, and the app behind it."""
    forwards = front == "connection"
    # The ASGI front records the requests that it answers.
    ours = connection_front(
        holder,
        recorder.record if forwards else _record_nothing,
        forwards=forwards,
        tracing=tracing if forwards else None,
    )
    return PublicConfig(ours, LocalApp(holder) if forwards else create_app(holder, recorder.record, tracing))


def now_of(server: PublicServer) -> Series:
    """Return the gauges of this process."""
    connections = server.server_state.connections
    answering = sum(connection.is_answering for connection in connections)
    return {
        SeriesKey("calls", is_gauge=True): [answering],
        SeriesKey("connections", is_gauge=True): [len(connections)],
        SeriesKey("memory", is_gauge=True): [resident_bytes()],
        SeriesKey("descriptors", is_gauge=True): [open_descriptors()],
        SeriesKey("cpu"): [process_time()],
    }


def _record_nothing(record: AccessRecord) -> None:
    """Leave the record to the ASGI front."""


class WorkerParts(NamedTuple):
    """The parts of a worker that the supervisor's messages change or read."""

    holder: Holder
    recorder: Recorder
    log: Log
    audit: Audit
    approver: RemoteApprover
    export: Export

    def adopt(self, pickled: bytes) -> ChannelMessage:
        """Serve another revision from now on, or keep the old one if the new one cannot be served."""
        revision: Revision = pickle.loads(pickled)  # noqa: S301  # from the supervisor, over an inherited socket
        try:
            self.holder.swap(revision)
        except OSError as error:
            return ChannelMessage(MessageKind.REJECTED, str(error).encode())
        self.log.adopt(format=revision.log.format, level=revision.log.level)
        # The calls so far belong to the revision before.
        self.recorder.flush()
        audit_calls(self.audit, revision)
        self.export.adopt(revision.otel)
        return ChannelMessage(MessageKind.ADOPTED, b"%d" % revision.number)


async def obey(channel: Channel, server: PublicServer, parts: WorkerParts) -> None:
    """Do what the supervisor says. If the supervisor is gone, drain: no other process would stop this worker."""
    drain_timeout_s = DRAIN_TIMEOUT_S
    try:
        await server.is_listening.wait()
        await channel.send(ChannelMessage(MessageKind.ADOPTED, b"%d" % parts.holder.revision.number))
        while (message := await channel.receive()) is not None:
            match message.kind:
                case MessageKind.REVISION:
                    await channel.send(parts.adopt(message.body))
                case MessageKind.COUNT:
                    await channel.send(
                        ChannelMessage(
                            MessageKind.COUNTS, orjson.dumps(as_rows({**parts.recorder.series(), **now_of(server)}))
                        )
                    )
                case MessageKind.DRAIN:
                    drain_timeout_s = float(message.body)
                    break
                case MessageKind.APPROVAL_VERDICT:
                    parts.approver.hear(message.body)
                case MessageKind.WATCH:
                    parts.recorder.watch(is_watched=message.body == b"1")
                case (
                    MessageKind.ADOPTED
                    | MessageKind.REJECTED
                    | MessageKind.COUNTS
                    | MessageKind.RECORDS
                    | MessageKind.APPROVAL_ASKED
                    | MessageKind.APPROVAL_RETURNED
                ):
                    continue
    finally:
        # Drain even after an error: without a supervisor the worker would never stop taking calls.
        server.drain(drain_timeout_s)
