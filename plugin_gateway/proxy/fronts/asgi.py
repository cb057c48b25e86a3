"""The ASGI front: the gateway under any ASGI server, for embedding and for tests.

It judges what the server says was on the wire (`raw_path` and `query_string`), never the decoded path.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from time import monotonic, time
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.callers.authenticator import UNAVAILABLE
from plugin_gateway.errors import UpstreamError, WireError
from plugin_gateway.proxy.body import too_large
from plugin_gateway.proxy.call import refusal_record
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.exchange import Exchange
from plugin_gateway.proxy.fronts.pending_call import PATIENCE_S
from plugin_gateway.proxy.own_answer import NO_RAW_PATH, own_answer, refusal_of
from plugin_gateway.proxy.request_id import new_request_ids
from plugin_gateway.proxy.wire import REQUEST_ID, head_too_large, read_request_lines
from plugin_gateway.refusal import Refusal
from plugin_gateway.telemetry.record import AccessRecord

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from plugin_gateway.proxy.call import Call
    from plugin_gateway.proxy.downlink import Answer
    from plugin_gateway.proxy.fronts.app_call import App, Message, Receive, Scope, Send
    from plugin_gateway.proxy.plan import Holder, Serving
    from plugin_gateway.proxy.wire import RequestFields

_HIGH_WATER_BYTES: Final = 64 * 1024
_PERSISTENT_VERSIONS: Final = frozenset({"1.0", "1.1"})
"""Where `Connection: close` means something; later versions forbid the field (RFC 9113, 8.2.2)."""


class AsgiFront:
    """Forwards what is permitted, refuses what is not, and leaves the gateway's own paths to `app`."""

    def __init__(self, holder: Holder, app: App, on_record: Callable[[AccessRecord], object]) -> None:
        self._holder = holder
        self._app = app
        self._on_record = on_record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        serving = self._holder.serving
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _is_local(scope, serving):
            await self._call_app(scope, receive, send)
            return
        client = _AsgiClient(receive, send, serving.limits.request_body_bytes, _address(scope))
        exchange = await self._permitted(scope, serving, client)
        if isinstance(exchange, Refusal):
            request_id = client.request_id or next(new_request_ids)
            size = await client.refuse(exchange, request_id)
            method, target = _asked(scope)
            record = refusal_record(
                exchange, method, target, size, request_id=request_id, client=_address(scope), consumer=client.consumer
            )
            self._on_record(record)
            return
        self._holder.clock.watch(exchange)
        try:
            await client.run(exchange)
        finally:
            self._holder.clock.unwatch(exchange)
            self._on_record(exchange.record(client.reason, _address(scope)))

    async def _call_app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the app answer, with a request id, and record that it did."""
        started_at = monotonic()
        request_id = _given_id(scope) or next(new_request_ids)
        status = size = 0

        async def send_marked(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", request_id)]}
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        scope.setdefault("state", {})
        try:
            await self._app(scope, receive, send_marked)
        finally:
            method, target = _asked(scope)
            reason = scope["state"].get("reason", "" if status else "client-gone")
            took_s = monotonic() - started_at
            self._on_record(
                AccessRecord(time(), method, target, None, status, 0, size, took_s, reason, request_id, _address(scope))
            )

    async def _permitted(self, scope: Scope, serving: Serving, client: _AsgiClient) -> Exchange | Refusal:
        if scope.get("raw_path") is None:
            return NO_RAW_PATH
        method, target = _asked(scope)
        try:
            request = _request_of(scope, serving.limits.request_head_bytes)
            client.request_id = request.request_id
            access = serving.admit(request, _address(scope))
            if not isinstance(access, Access | Refusal):
                access = await _patiently(access)
            if isinstance(access, Refusal):
                return access
            client.consumer = access.consumer
            verdict = access.judge(method, target)
            if isinstance(verdict, Refusal):
                return verdict
            await client.begin(request, serving.limits.body_timeout_s)
        except WireError as error:
            # Where a message's end is in doubt, so is the beginning of the next one.
            client.closes = scope["http_version"] in _PERSISTENT_VERSIONS
            return refusal_of(error)
        permitted = serving.permit(access, method, verdict, request)
        return permitted if isinstance(permitted, Refusal) else Exchange(client, permitted)


class _AsgiClient:
    """Translates between ASGI's coroutines and the callbacks of an exchange."""

    def __init__(self, receive: Receive, send: Send, limit_bytes: int, address: str) -> None:
        self.address = address
        self._receive = receive
        self._send = send
        self._limit_bytes = limit_bytes
        self._first: Message = {}
        self._exchange: Exchange | None = None
        self._received_bytes = 0
        self._out: deque[Message] = deque()
        self._out_bytes = 0
        self._news = asyncio.Event()
        self._takes_body = asyncio.Event()
        self._takes_body.set()
        self._is_answered = False
        self._is_done = False
        self._error: UpstreamError | None = None
        self.reason = ""
        self.consumer = ""
        self.request_id = b""
        self.closes = False

    async def begin(self, request: RequestFields, timeout_s: float) -> None:
        """Receive the first piece of the request body, which tells whether there is one.

        Raises:
            WireError: the announced length is over the limit, or the body does not come, or not in time.
        """
        if request.content_length > self._limit_bytes:
            raise too_large(self._limit_bytes)
        try:
            async with asyncio.timeout(timeout_s if timeout_s > 0 else None):
                self._first = await self._receive()
        except TimeoutError:
            raise WireError(408, "body-timeout", "The request body did not arrive in time.") from None
        if self._first["type"] == "http.disconnect":
            # A server that stumbles over the body says just this; what there is of the call must not go up as all of it.
            raise WireError(400, "incomplete-request", "The client left before its request was complete.")
        if not request.has_body and (self._first.get("body") or self._first.get("more_body")):
            # A server of HTTP/2 or 3 ends a body without a field that says so; towards the upstream it needs a framing of ours.
            request.has_body = request.is_chunked = True

    async def run(self, exchange: Exchange) -> None:
        """Carry the exchange to its end.

        Raises:
            UpstreamError: the answer broke off; only an error makes a server end the message visibly incomplete.
        """
        self._exchange = exchange
        body = self._take(self._first)
        if self._is_done:
            await self._write()
            return
        exchange.start(body, is_whole=not self._first.get("more_body"))
        reader = asyncio.get_running_loop().create_task(self._read(exchange))
        try:
            await self._write()
        except asyncio.CancelledError:
            self.reason = self.reason or "client-gone"
            raise
        finally:
            reader.cancel()
            if not exchange.is_over:
                exchange.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader
        if self._error is not None:
            raise self._error

    async def refuse(self, refusal: Refusal, request_id: bytes) -> int:
        """Answer with a refusal; return how many bytes of body it has."""
        fields, body = own_answer(refusal, request_id)
        if self.closes:
            fields.append((b"connection", b"close"))
        await self._send({"type": "http.response.start", "status": refusal.status, "headers": fields})
        await self._send({"type": "http.response.body", "body": body})
        return len(body)

    def on_answer(self, answer: Answer, extra: bytes, body: bytes, *, is_complete: bool) -> None:
        self._is_answered = True
        self._put(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": answer.pairs(self._request_id(), extra),
            },
            0,
        )
        self.on_content(body, is_complete=is_complete)

    def _request_id(self) -> bytes:
        return self._exchange.request_id if self._exchange is not None else self.request_id

    def on_whole_answer(self, answer: Answer, extra: bytes, body: bytes) -> None:
        self.on_answer(answer, extra, body, is_complete=True)

    def on_content(self, data: bytes, *, is_complete: bool) -> None:
        self._is_done = self._is_done or is_complete
        if data or is_complete:
            self._put({"type": "http.response.body", "body": data, "more_body": not is_complete}, len(data))

    def on_failure(self, refusal: Refusal) -> None:
        self.reason = refusal.code
        self._is_done = True
        exchange = self._exchange
        if self._is_answered or exchange is None:
            self._error = UpstreamError(502, refusal.code, "The answer broke off.")
            self._news.set()
            return
        exchange.status = refusal.status
        fields, body = own_answer(refusal, exchange.request_id)
        exchange.bytes_out = len(body)
        self._put({"type": "http.response.start", "status": refusal.status, "headers": fields}, 0)
        self._put({"type": "http.response.body", "body": body}, len(body))

    def on_became(self, call: Call) -> None:
        """Nothing is pending here: a coroutine waits by itself."""

    def on_continue(self) -> None:
        """The server asks by itself, when the body is first received."""

    def pause_body(self) -> None:
        self._takes_body.clear()

    def resume_body(self) -> None:
        self._takes_body.set()

    async def _read(self, exchange: Exchange) -> None:
        is_whole = not self._first.get("more_body")
        while not self._is_done:
            await self._takes_body.wait()
            message = await self._receive()
            if message["type"] == "http.disconnect":
                if not self._is_done:
                    self.reason = "client-gone"
                    exchange.cancel()
                    self._is_done = True
                    self._news.set()
                return
            data = self._take(message)
            if not self._is_done and not is_whole:
                is_whole = not message.get("more_body")
                exchange.send(data, is_last=is_whole)

    def _take(self, message: Message) -> bytes:
        """Count a piece of the body, and refuse it where it is too much."""
        data: bytes = message.get("body", b"")
        self._received_bytes += len(data)
        if self._received_bytes > self._limit_bytes and not self._is_done:
            if self._exchange is not None:
                self._exchange.cancel()
            self.on_failure(refusal_of(too_large(self._limit_bytes)))
        return data

    def _put(self, message: Message, size: int) -> None:
        self._out.append(message)
        self._out_bytes += size
        if self._out_bytes > _HIGH_WATER_BYTES and self._exchange is not None:
            self._exchange.pause_answer()
        self._news.set()

    async def _write(self) -> None:
        while True:
            while self._out:
                message = self._out.popleft()
                await self._send(message)
                self._out_bytes -= len(message.get("body", b""))
                if not self._out and self._exchange is not None:
                    self._exchange.resume_answer()
            if self._is_done:
                return
            self._news.clear()
            await self._news.wait()


async def _patiently(access: Awaitable[Access | Refusal]) -> Access | Refusal:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await access
    except TimeoutError:
        return UNAVAILABLE


def _is_local(scope: Scope, serving: Serving) -> bool:
    return serving.is_local(scope["method"].encode("latin-1"), scope.get("raw_path") or b"")


def _asked(scope: Scope) -> tuple[bytes, bytes]:
    """The method, and the target as the server says it was on the wire."""
    query: bytes = scope["query_string"]
    path: bytes = scope.get("raw_path") or b""
    return scope["method"].encode("latin-1"), path + b"?" + query if query else path


def _given_id(scope: Scope) -> bytes:
    """The request id that the client gave: the first that can be one, as for calls."""
    values = (value for name, value in scope["headers"] if name == b"x-request-id" and REQUEST_ID.fullmatch(value))
    return next(values, b"")


def _request_of(scope: Scope, limit_bytes: int) -> RequestFields:
    """Read the header list as strictly as a head: a server may have let through what an origin would trip over.

    Raises:
        WireError: it is not what the grammar allows, or too long.
    """
    lines = [name + b": " + value for name, value in scope["headers"]]
    if sum(map(len, lines)) + 2 * len(lines) > limit_bytes:
        raise head_too_large(limit_bytes)
    return read_request_lines(lines, 1 if scope["http_version"] == "1.1" else 0)


def _address(scope: Scope) -> str:
    client: Any = scope.get("client")
    return str(client[0]) if client else ""
