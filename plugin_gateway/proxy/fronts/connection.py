"""The connection front: judges and forwards clients' HTTP/1.1 connections without a server in between.

It is a protocol class for `server.public_server` or uvicorn, which own the sockets. Their app answers the requests that are not
forwarded: documents, manifest, OAuth façade, CORS preflights.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.errors import WireError
from plugin_gateway.proxy.body import RequestBody, body_late
from plugin_gateway.proxy.call import Call
from plugin_gateway.proxy.endpoint import Endpoint
from plugin_gateway.proxy.exchange import Exchange
from plugin_gateway.proxy.forward import RequestHead, forward, refuse, refuse_outside
from plugin_gateway.proxy.fronts.answering import AnsweringConnection
from plugin_gateway.proxy.fronts.app_call import AppCall, scope_of
from plugin_gateway.proxy.fronts.client_connection import BUSY, CLOSED, IDLE, NEVER
from plugin_gateway.proxy.fronts.listener import Listener, spare_descriptors
from plugin_gateway.proxy.memo import MOST_KEY_BYTES
from plugin_gateway.proxy.own_answer import FAILED, TOO_MANY_CONNECTIONS
from plugin_gateway.proxy.partial_head import PartialHead
from plugin_gateway.proxy.received import Received
from plugin_gateway.proxy.serving import Local
from plugin_gateway.proxy.wire import (
    REQUEST_LINE,
    RequestFields,
    asked_for,
    bad_request_line,
    origin_form,
    without_empty_lines,
)
from plugin_gateway.refusal import Refusal, refusal_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from uvicorn import Config
    from uvicorn.server import ServerState

    from plugin_gateway.proxy.holder import Holder
    from plugin_gateway.proxy.serving import Serving
    from plugin_gateway.proxy.tracing import Tracing
    from plugin_gateway.telemetry.record import AccessRecord

_CR: Final = 0x0D
_SLASH: Final = 0x2F
_AHEAD_BYTES: Final = 64 * 1024
"""The bytes that a client may send ahead of an answer (pipelining) before the gateway stops reading."""


def connection_front(
    holder: Holder,
    on_record: Callable[[AccessRecord], object],
    *,
    forwards: bool = True,
    on_begin: Callable[[Call], object] | None = None,
    tracing: Tracing | None = None,
) -> Callable[..., ConnectionFront]:
    """Return the protocol factory for uvicorn's `http` option.

    `on_begin` is explained at `Client.on_begin`; without it, `tracing` provides one.

    If `forwards` is false, every request goes to the app, with the same strictness and limits: a server for the ASGI
    front.
    """
    listener = Listener(holder, on_record, forwards, spare_descriptors(), on_begin)

    def make(
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> ConnectionFront:
        front = ConnectionFront(listener, config, server_state, app_state)
        if tracing is not None and front.on_begin is None:
            front.on_begin = tracing.on_begin
        return front

    return make


class ConnectionFront(AnsweringConnection):
    """The requests of one client connection, answered in order, one at a time."""

    __slots__ = (
        "_app_state",
        "_config",
        "_holder",
        "_is_reading",
        "_listener",
        "_partial",
    )

    def __init__(
        self, listener: Listener, config: Config, server_state: ServerState, app_state: dict[str, Any]
    ) -> None:
        super().__init__(server_state, listener.on_record)
        self.on_begin = listener.on_begin
        self._listener = listener
        self._holder = listener.holder
        self._config = config
        self._app_state = app_state
        self._partial: PartialHead | None = None
        self._is_reading = False

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        limits = self._holder.serving.limits
        self.open(transport, limits.idle_timeout_s)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        self._holder.clock.watch(self)
        if limits.head_timeout_s > 0:
            # A new connection must send its first head within `head_timeout`; `idle_timeout` applies between requests.
            self.deadline = min(self.deadline, monotonic() + limits.head_timeout_s)
        possible = self._listener.most_connections(self._holder.revision.upstream.connections)
        if self.count_open() > min(possible, limits.connections):
            self.closes = True
            refuse(self, b"", b"", TOO_MANY_CONNECTIONS)

    def connection_lost(self, exc: Exception | None) -> None:
        connections: set[Any] = self.server_state.connections
        connections.discard(self)
        self._holder.clock.unwatch(self)
        self.phase = CLOSED
        call, self.call = self.call, None
        if call is not None:
            call.cancel()
            # The loop closes a connection whose protocol raises, and logs the exception.
            is_ours = exc is not None and not isinstance(exc, OSError)
            self._on_record(call.record(FAILED.code if is_ours else "client-gone", self.address))

    def eof_received(self) -> None:
        """Close: as in nginx, a client that ends its stream counts as gone."""

    def data_received(self, data: bytes) -> None:
        if self.phase == IDLE:
            serving = self._holder.serving
            known = (
                serving.remembered.entries.get(data) if self._partial is None and len(data) <= MOST_KEY_BYTES else None
            )
            if known is not None and known.request.is_plain and (known.is_lasting or serving.still_permits(known)):
                # The bytes are exactly one request that was judged before.
                self.phase = BUSY
                self.deadline = NEVER
                Exchange(self, known).start(b"", True)
            else:
                self._on_requests(data)
        elif self.phase == BUSY:
            if self._body is not None:
                self._on_body(self._body, data)
            else:
                self._ahead += data
                if len(self._ahead) > _AHEAD_BYTES:
                    self.hold()

    def pause_writing(self) -> None:
        self.is_full = True
        self.deadline = monotonic() + self.idle_timeout_s
        if self.call is not None:
            self.call.pause_answer()
        elif self.phase == IDLE:
            self.phase = BUSY

    def resume_writing(self) -> None:
        self.is_full = False
        if self.phase != BUSY:
            return
        self.deadline = NEVER
        if self.call is not None:
            self.call.resume_answer()
        else:
            self.await_request(monotonic())
            self.go_on()

    # What uvicorn and the clock call

    def shutdown(self) -> None:
        """Finish the current call, then close."""
        self.closes = True
        if self.phase == IDLE:
            self.close()

    def on_tick(self, now: float) -> None:
        """Act on the client's deadlines; the call checks the upstream's."""
        if self.call is not None:
            self.call.on_tick(now)
        if self.phase == BUSY and self._body is not None and now > self._body.due_at:
            self._fail(body_late())
        elif now > self.deadline:
            if self.phase == IDLE:
                # Without an answer, as nginx does: a client that sends a head this slowly does not wait for one.
                self._record_partial()
                self.close()
            else:
                self.transport.abort()

    def _record_partial(self) -> None:
        """Record a request whose head did not arrive in time, with the part that did."""
        partial, self._partial = self._partial, None
        if partial is not None:
            call = Call(self, Received(RequestFields(0), *asked_for(partial.seen)))
            self._on_record(call.record("head-timeout", self.address))

    # Requests

    def _on_requests(self, data: bytes) -> None:
        """Read requests from the data for as long as each is answered at once."""
        self._is_reading = True
        try:
            while data:
                serving = self._holder.serving
                limits = serving.limits
                partial = self._partial
                if partial is not None:
                    data = partial.add(data)
                    if not data:
                        return
                    self._partial = None
                if data[0] == _CR:
                    data = without_empty_lines(data)
                end = data.find(b"\r\n\r\n")
                if end < 0 or end > limits.request_head_bytes:
                    if data:
                        self._partial = PartialHead(data, limits)
                        if partial is None:
                            # The deadline counts from the first byte; later bytes do not extend it.
                            self.deadline = monotonic() + limits.head_timeout_s if limits.head_timeout_s > 0 else NEVER
                    return
                self._on_head(serving, data, end)
                if self.phase != IDLE:
                    return
                # The request is answered already.
                data, self._ahead = self._ahead, b""
        except WireError as error:
            seen = self._partial.seen if self._partial is not None else data
            self._fail(error, *asked_for(seen))
        finally:
            self._is_reading = False

    def _on_head(self, serving: Serving, data: bytes, end: int) -> None:
        """Begin the request whose head ends at `end`. `_ahead` gets the bytes after it."""
        head = data[: end + 4]
        data = data[end + 4 :]
        known = serving.remembered.entries.get(head)
        if known is not None and (known.is_lasting or serving.still_permits(known)):
            content = self._take(serving, known.request, data, serving.limits.request_body_bytes)
            Exchange(self, known).start(content, self._body is None)
            return
        post = serving.posts.entries.get(head)
        if post is not None:
            content = self._take(serving, post.request, data, post.body_bytes)
            post.begin(serving, self, content, self._body is None)
            return
        self._on_new_head(serving, head, data)

    def _on_new_head(self, serving: Serving, head: bytes, data: bytes) -> None:
        """Read a head, and begin its request. `data` comes after it."""
        line_end = head.find(b"\r\n")
        line = REQUEST_LINE.fullmatch(head, 0, line_end)
        if line is None:
            raise bad_request_line(head[:line_end])
        method, target, version = line.groups()
        lines = head[line_end + 2 : -2]
        block = serving.blocks.entries.get(lines)
        if block is None or version == b"0":
            block = serving.read(lines, 1 if version == b"1" else 0)
        if target[0] != _SLASH:
            target = origin_form(target, block.request.host)
        request = block.request
        destination: bytes | Endpoint | Local | Refusal = target
        if serving.mount is not None or method == b"OPTIONS" or target.partition(b"?")[0] in serving.own_paths:
            # In the common case, `destination` would return the target.
            destination = serving.destination(method, target, request.fields)
        most_bytes = serving.limits.request_body_bytes
        if not self._listener.forwards:
            if isinstance(destination, Endpoint):
                most_bytes = destination.body_bytes
            content = self._take(serving, request, data, most_bytes)
            self._call_app(Received(request, method, target), target, content)
        elif isinstance(destination, bytes):
            content = self._take(serving, request, data, most_bytes)
            forward(serving, self, RequestHead(method, destination, block, head), content, self._body is None)
        elif isinstance(destination, Endpoint):
            post = destination.read(RequestHead(method, target, block))
            serving.posts.offer(head, post)
            content = self._take(serving, request, data, post.body_bytes)
            post.begin(serving, self, content, self._body is None)
        elif isinstance(destination, Local):
            content = self._take(serving, request, data, most_bytes)
            self._call_app(Received(request, method, target), destination.target, content)
        else:
            self._take(serving, request, data, most_bytes)
            refuse_outside(serving, self, RequestHead(method, target, block), destination)

    def _take(self, serving: Serving, request: RequestFields, data: bytes, most_bytes: int) -> bytes:
        """Begin a request whose head was read; return the part of its body in `data`. The body has `most_bytes` at most."""
        self.phase = BUSY
        self.deadline = NEVER
        if request.is_plain:
            self._ahead = data
            return b""
        self.closes = self.closes or request.closes
        if request.wants_websocket:
            raise WireError(400, "websocket-not-supported", "WebSocket connections are not forwarded.")
        if not request.has_body:
            self._ahead = data
            return b""
        if len(data) >= request.content_length > 0 and request.content_length <= most_bytes:
            # The whole body came with the head, as it does for a small request.
            self._ahead = data[request.content_length :]
            return data[: request.content_length]
        self._body = RequestBody(request, most_bytes, serving.limits.body_timeout_s)
        return self.feed_body(self._body, data)

    def _call_app(self, received: Received, target: bytes, content: bytes) -> None:
        """Let the app answer at a target, which has no mount if the front forwards."""
        call = AppCall(self, received)
        scope = scope_of(received, target, self.transport, self._config.root_path)
        scope["state"] = self._app_state.copy()
        call.launch(self._config.loaded_app, scope, self.server_state.tasks)
        call.start(content, self._body is None)

    def _on_body(self, body: RequestBody, data: bytes) -> None:
        try:
            content = self.feed_body(body, data)
        except WireError as error:
            self._fail(error)
            return
        if self.call is not None and (content or body.is_done):
            self.call.send(content, is_last=body.is_done)

    def _fail(self, error: WireError, method: bytes = b"", target: bytes = b"") -> None:
        """Refuse bytes that cannot be read as a request or its body, and close."""
        self.closes = True
        self._partial = self._body = None
        self.phase = IDLE
        if self.call is None:
            refuse(self, method, target, refusal_of(error))
        else:
            self.call.cancel()
            self.on_failure(refusal_of(error))

    def go_on(self) -> None:
        """Read the requests that the client sent ahead, unless a caller up the stack is reading them."""
        if self._ahead and self.phase == IDLE and not self._is_reading:
            ahead, self._ahead = self._ahead, b""
            self._on_requests(ahead)
