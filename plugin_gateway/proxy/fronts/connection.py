"""The connection front: clients' HTTP/1.1 connections, judged and forwarded without a server in between.

It is a protocol class for uvicorn, which owns the sockets and the lifespan; the app that uvicorn loads answers only what
is not forwarded: documents, manifest, MCP, CORS preflights.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import struct
from time import monotonic, time
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from plugin_gateway.errors import WireError
from plugin_gateway.policy.refusal import Refusal
from plugin_gateway.proxy.body import RequestBody
from plugin_gateway.proxy.chunked import LAST_CHUNK, chunk
from plugin_gateway.proxy.exchange import Exchange
from plugin_gateway.proxy.fronts.app_call import AppCall, scope_of
from plugin_gateway.proxy.own_answer import (
    BODY_NOT_DECLARED,
    TOO_MANY_CONNECTIONS,
    new_request_id,
    own_message,
    refusal_of,
)
from plugin_gateway.proxy.wire import head_too_large, is_hopeless, read_request_fields, read_request_line
from plugin_gateway.telemetry.record import AccessRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvicorn import Config
    from uvicorn.server import ServerState

    from plugin_gateway.proxy.call import Call
    from plugin_gateway.proxy.downlink import Answer
    from plugin_gateway.proxy.plan import Holder, Serving
    from plugin_gateway.proxy.wire import RequestFields

_IDLE: Final = 0
_BUSY: Final = 1
_LINGERING: Final = 2
_CLOSED: Final = 3

_AHEAD_BYTES: Final = 64 * 1024
"""How much a client may send ahead of an answer (pipelining) before it is not read any more."""
_LINGER_S: Final = 2.0
_SPARE_DESCRIPTORS: Final = 48
"""Kept free of clients, for upstream connections and files."""
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_CLOSE: Final = b"Connection: close\r\n\r\n"
_NEVER: Final = float("inf")
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class _Listener(NamedTuple):
    """What all connections of one worker share."""

    holder: Holder
    on_record: Callable[[AccessRecord], object]
    forwards: bool
    most_connections: int


def connection_front(
    holder: Holder, on_record: Callable[[AccessRecord], object], *, forwards: bool = True
) -> Callable[..., ConnectionFront]:
    """What uvicorn takes as `http`: the protocol class with its first argument filled in.

    Where `forwards` is false every request goes to the app, with the same strictness and limits: a server for the ASGI
    front.
    """
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    most = 1 << 30 if descriptors == resource.RLIM_INFINITY else max(1, descriptors - _SPARE_DESCRIPTORS)
    listener = _Listener(holder, on_record, forwards, most)

    def make(
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> ConnectionFront:
        return ConnectionFront(listener, config, server_state, app_state)

    return make


class ConnectionFront(asyncio.Protocol):
    """One client connection. Requests are answered in order, one at a time."""

    __slots__ = (
        "_address",
        "_ahead",
        "_app_state",
        "_body",
        "_call",
        "_closes",
        "_config",
        "_deadline",
        "_holder",
        "_idle_timeout_s",
        "_is_answered",
        "_is_chunked",
        "_is_draining",
        "_is_held",
        "_is_reading",
        "_listener",
        "_on_record",
        "_partial",
        "_phase",
        "_server_state",
        "_transport",
        "_until_close",
    )

    def __init__(
        self, listener: _Listener, config: Config, server_state: ServerState, app_state: dict[str, Any]
    ) -> None:
        self._listener = listener
        self._holder = listener.holder
        self._on_record = listener.on_record
        self._config = config
        self._server_state = server_state
        self._app_state = app_state
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._address = ""
        self._phase = _IDLE
        self._partial: bytearray | None = None
        self._ahead = b""
        self._body: RequestBody | None = None
        self._call: Call | None = None
        self._deadline = self._idle_timeout_s = _NEVER
        self._closes = False
        self._is_draining = False
        self._is_reading = False
        self._is_held = False
        self._is_answered = False
        self._is_chunked = False
        self._until_close = False

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if isinstance(peer, tuple) else ""
        connections = self._server_state.connections
        connections.add(cast("Any", self))
        self._holder.clock.watch(self)
        limits = self._holder.serving.limits
        self._idle_timeout_s = limits.idle_timeout_s if limits.idle_timeout_s > 0 else _NEVER
        self._deadline = monotonic() + self._idle_timeout_s
        if len(connections) > min(self._listener.most_connections, limits.connections):
            self._closes = True
            self._refuse(TOO_MANY_CONNECTIONS, b"", b"", None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._server_state.connections.discard(cast("Any", self))
        self._holder.clock.unwatch(self)
        self._phase = _CLOSED
        call, self._call = self._call, None
        if call is not None:
            call.cancel()
            self._on_record(call.record("client-gone", self._address))

    def eof_received(self) -> None:
        """Close: a client that will send no more is taken as gone, as nginx does."""

    def data_received(self, data: bytes) -> None:
        if self._phase == _IDLE:
            self._on_requests(data)
        elif self._phase == _BUSY:
            if self._body is not None:
                self._on_body(self._body, data)
            else:
                self._ahead += data
                if len(self._ahead) > _AHEAD_BYTES:
                    self._hold()

    def pause_writing(self) -> None:
        self._deadline = monotonic() + self._idle_timeout_s
        if self._call is not None:
            self._call.pause_answer()

    def resume_writing(self) -> None:
        if self._phase == _BUSY:
            self._deadline = _NEVER
        if self._call is not None:
            self._call.resume_answer()

    # What uvicorn and the clock call

    def shutdown(self) -> None:
        """Finish what is under way, then close."""
        self._is_draining = self._closes = True
        if self._phase == _IDLE:
            self._close()

    def on_tick(self, now: float) -> None:
        """Cut what is late; a call looks after the upstream's times itself."""
        if self._call is not None:
            self._call.on_tick(now)
        if self._phase == _BUSY and self._body is not None and now > self._body.due_at:
            self._fail(WireError(408, "body-timeout", "The request body did not arrive in time."))
        elif now > self._deadline:
            if self._phase != _IDLE:
                self._transport.abort()
            elif self._partial is not None:
                self._fail(WireError(408, "head-timeout", "The request head did not arrive in time."))
            else:
                self._close()

    # Requests

    def _on_requests(self, data: bytes) -> None:
        """Take requests off the front of the data for as long as they are answered at once."""
        self._is_reading = True
        try:
            while data and self._phase == _IDLE:
                serving = self._holder.serving
                if self._partial is not None:
                    data = self._joined(self._partial, data, serving)
                elif data[:2] == b"\r\n":
                    data = data[2:]  # RFC 9112, 2.2: some clients end a body with one line too many
                end = data.find(b"\r\n\r\n")
                if end < 0 or end > serving.limits.request_head_bytes:
                    self._keep(data, serving)
                    break
                data = self._on_head(serving, data, end)
        except WireError as error:
            self._fail(error)
        self._is_reading = False

    def _joined(self, partial: bytearray, data: bytes, serving: Serving) -> bytes:
        """The head so far, if it is whole now; else nothing yet."""
        seen = len(partial)
        partial += data
        if partial.find(b"\r\n\r\n", max(0, seen - 3), serving.limits.request_head_bytes + 4) < 0:
            _check_partial(partial, seen, serving.limits.request_head_bytes)
            return b""
        self._partial = None
        return bytes(partial)

    def _keep(self, data: bytes, serving: Serving) -> None:
        if data:
            limits = serving.limits
            self._partial = bytearray(data)
            self._deadline = monotonic() + limits.head_timeout_s if limits.head_timeout_s > 0 else _NEVER
            _check_partial(self._partial, 0, limits.request_head_bytes)

    def _on_head(self, serving: Serving, data: bytes, end: int) -> bytes:
        """Take the head that ends at `end` off the data; return what is left where it is answered already."""
        line_end = data.find(b"\r\n")
        line = data[:line_end]
        block = data[line_end + 2 : end + 2]
        data = data[end + 4 :]
        known = serving.permitted.get(line)
        if known is not None:
            method, permit, plan = known
            request = read_request_fields(block, 1)
            self._prepare(serving, request)
        else:
            method, target, minor = read_request_line(line)
            request = read_request_fields(block, minor)
            self._prepare(serving, request)
            path = target.partition(b"?")[0]
            if not self._listener.forwards or serving.is_local(method, path):
                call = AppCall(self, request, method, path)
                self._run_app(call, request, target)
                return self._start(call, data)
            verdict = serving.judge(method, target)
            if isinstance(verdict, Refusal):
                return self._refuse(verdict, method, path, request, data)
            permit = verdict
            plan = serving.remember(line, method, permit, minor)
        if request.has_body and not plan.takes_body:
            return self._refuse(BODY_NOT_DECLARED, method, permit.path, request, data)
        return self._start(Exchange(self, plan, method, permit, request), data)

    def _prepare(self, serving: Serving, request: RequestFields) -> None:
        self._closes = request.closes or self._is_draining
        if request.has_body:
            limits = serving.limits
            self._body = RequestBody(request, limits.request_body_bytes, limits.body_timeout_s)
        if request.wants_websocket:
            raise WireError(501, "websocket-not-supported", "WebSocket connections are not forwarded.")

    def _start(self, call: Call, data: bytes) -> bytes:
        self._call = call
        self._phase = _BUSY
        self._deadline = _NEVER
        body = self._body
        if body is None:
            self._ahead = data
            call.start(b"", is_whole=True)
        else:
            content = self._fed(body, data)
            call.start(content, is_whole=body.is_done)
        if self._phase != _IDLE:
            return b""
        ahead, self._ahead = self._ahead, b""
        return ahead

    def _fed(self, body: RequestBody, data: bytes) -> bytes:
        content = body.feed(data)
        if body.is_done:
            self._body = None
            self._ahead = body.surplus
        return content

    def _on_body(self, body: RequestBody, data: bytes) -> None:
        try:
            content = self._fed(body, data)
        except WireError as error:
            self._fail(error)
            return
        if self._call is not None and (content or body.is_done):
            self._call.send(content, is_last=body.is_done)

    def _run_app(self, call: AppCall, request: RequestFields, target: bytes) -> None:
        config = self._config
        scope = scope_of(request, call, target, self._transport, config.root_path)
        scope["state"] = self._app_state.copy()
        tasks = self._server_state.tasks
        task = asyncio.get_running_loop().create_task(call.run(config.loaded_app, scope))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    # What a call asks of its client's side

    def on_answer(self, answer: Answer, extra: bytes, body: bytes, *, is_complete: bool) -> None:
        call = self._call
        if call is None:
            return
        self._is_answered = True
        if call.rule is None:
            extra += self._date()
        if answer.length < 0 and answer.has_body(to_head=call.is_head):
            if is_complete:
                extra += b"Content-Length: %d\r\n" % len(body)
            elif call.minor == 1:
                self._is_chunked = True
                extra += b"Transfer-Encoding: chunked\r\n"
                body = chunk(body)
            else:
                self._until_close = self._closes = True
        if self._body is not None:
            # Answered before the request was all here: what is still under way must not be taken for the next one.
            self._closes = True
        if extra or self._closes:
            self._transport.write(answer.head + extra + (_CLOSE if self._closes else b"\r\n") + body)
        else:
            self._transport.write(answer.sealed_head + body)
        if is_complete:
            self._on_done(call)

    def on_content(self, data: bytes, *, is_complete: bool) -> None:
        if self._is_chunked:
            data = chunk(data) + LAST_CHUNK if is_complete else chunk(data)
        self._transport.write(data)
        if is_complete and self._call is not None:
            self._on_done(self._call)

    def on_failure(self, refusal: Refusal) -> None:
        call, self._call = self._call, None
        if call is None:
            return
        if self._is_answered:
            self._on_record(call.record(refusal.code, self._address))
            self._cut()
            return
        self._closes = self._closes or self._body is not None
        call.status = refusal.status
        call.request_id = call.request_id or new_request_id()
        message, call.bytes_out = own_message(
            refusal, call.request_id, self._date(), is_head=call.is_head, closes=self._closes
        )
        self._transport.write(message)
        self._on_record(call.record(refusal.code, self._address))
        self._settle()

    def on_continue(self) -> None:
        self._transport.write(_CONTINUE)

    def pause_body(self) -> None:
        if self._body is not None:
            self._body.hold()
            self._hold()

    def resume_body(self) -> None:
        if self._body is not None:
            self._body.resume()
        self._unhold()

    # Answers of our own, and ends

    def _refuse(
        self, refusal: Refusal, method: bytes, path: bytes, request: RequestFields | None, data: bytes = b""
    ) -> bytes:
        """Answer with a refusal; return what is left of the data."""
        if self._body is not None:
            self._fed(self._body, data)
            self._closes = self._closes or self._body is not None
            data, self._ahead = self._ahead, b""
        request_id = (request.request_id if request else b"") or new_request_id()
        message, size = own_message(refusal, request_id, self._date(), is_head=method == b"HEAD", closes=self._closes)
        self._transport.write(message)
        self._on_record(
            AccessRecord(
                time(), method, path, None, refusal.status, 0, size, 0.0, refusal.code, request_id, self._address
            )
        )
        self._settle()
        return data

    def _fail(self, error: WireError) -> None:
        """Answer what cannot be read as a request, or not any more, and close."""
        self._closes = True
        self._partial = self._body = None
        if self._call is None:
            self._refuse(refusal_of(error), b"", b"", None)
        else:
            self._call.cancel()
            self._phase = _IDLE
            self.on_failure(refusal_of(error))

    def _on_done(self, call: Call) -> None:
        """The answer is complete: record it, and take up the next request."""
        self._call = None
        self._is_answered = self._is_chunked = self._until_close = False
        self._on_record(call.record("", self._address))
        self._settle()

    def _settle(self) -> None:
        """After an answer: wait for the next request, or close."""
        self._server_state.total_requests += 1
        if self._closes:
            if self._body is not None or self._ahead or self._phase == _IDLE:
                self._linger()
            else:
                self._close()
            return
        self._phase = _IDLE
        self._deadline = monotonic() + self._idle_timeout_s
        if self._is_held:
            self._unhold()
        if self._ahead and not self._is_reading:
            ahead, self._ahead = self._ahead, b""
            self._on_requests(ahead)

    def _linger(self) -> None:
        """Say that this is the end, and read on for a moment.

        A close with bytes unread makes the kernel send a reset, which may take our answer from the client's hands before
        it is read (RFC 9112, 9.6).
        """
        self._phase = _LINGERING
        self._body = None
        self._ahead = b""
        self._deadline = monotonic() + _LINGER_S
        self._unhold()
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._close()

    def _close(self) -> None:
        self._phase = _CLOSED
        self._deadline = monotonic() + self._idle_timeout_s
        self._transport.close()

    def _cut(self) -> None:
        """End a message that will not be complete, so that the client can see it."""
        if self._until_close:
            # The body ends where the connection ends, so a clean end would look like a whole one. A reset does not.
            sock = self._transport.get_extra_info("socket")
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._phase = _CLOSED
            self._transport.abort()
        else:
            self._close()

    def _hold(self) -> None:
        if not self._is_held:
            self._is_held = True
            self._transport.pause_reading()

    def _unhold(self) -> None:
        if self._is_held:
            self._is_held = False
            self._transport.resume_reading()

    def _date(self) -> bytes:
        return b"".join([name + b": " + value + b"\r\n" for name, value in self._server_state.default_headers])


def _check_partial(partial: bytearray, seen: int, limit_bytes: int) -> None:
    if len(partial) > limit_bytes:
        if partial.find(b"\r\n", 0, limit_bytes) < 0:
            raise WireError(414, "target-too-long", "The request line is longer than the whole head may be.")
        raise head_too_large(limit_bytes)
    if is_hopeless(partial, max(0, seen - 1)):
        raise WireError(400, "bad-head", "The request head has a control byte, or a line that does not end in CRLF.")
