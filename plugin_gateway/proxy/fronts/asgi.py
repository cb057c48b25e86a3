"""The ASGI front: the gateway under any ASGI server, for embedding and for tests.

It judges the bytes that the server received (`raw_path` and `query_string`), never the decoded path.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.errors import UpstreamError, WireError
from plugin_gateway.proxy.body import body_late, incomplete, too_large
from plugin_gateway.proxy.endpoint import Endpoint
from plugin_gateway.proxy.forward import RequestHead, refuse, refuse_outside
from plugin_gateway.proxy.fronts.app_call import AppCall
from plugin_gateway.proxy.in_process import InProcessClient, field_block
from plugin_gateway.proxy.own_answer import FAILED, NO_RAW_PATH
from plugin_gateway.proxy.received import FieldBlock, Received
from plugin_gateway.proxy.serving import Local
from plugin_gateway.proxy.wire import head_too_large
from plugin_gateway.refusal import refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.proxy.fronts.app_call import App, Receive, Scope, Send
    from plugin_gateway.proxy.holder import Holder
    from plugin_gateway.proxy.serving import Serving
    from plugin_gateway.proxy.tracing import Tracing
    from plugin_gateway.telemetry.record import AccessRecord

_PERSISTENT_VERSIONS: Final = frozenset({"1.0", "1.1"})
"""The versions with `Connection: close`; later ones forbid the field (RFC 9113, 8.2.2)."""


class AsgiFront:
    """Forwards permitted calls, refuses the others, and leaves the gateway's own paths to `app`.

    All of them get the same strictness and limits.
    """

    def __init__(
        self,
        holder: Holder,
        app: App,
        on_record: Callable[[AccessRecord], object],
        tracing: Tracing | None = None,
    ) -> None:
        self._tracing = tracing
        self._holder = holder
        self._app = app
        self._on_record = on_record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        serving = self._holder.serving
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = InProcessClient(self._holder.clock, self._on_record, _address(scope))
        client.on_begin = self._tracing.on_begin if self._tracing is not None else None
        tasks: set[asyncio.Task[None]] = set()
        try:
            await _AsgiRequest(scope, receive, send, serving, client, self._app, tasks).run()
        finally:
            client.close()
            # The app hears of the end of its call by `http.disconnect`.
            await asyncio.gather(*tasks)


class _AsgiRequest:
    """One request between an ASGI server and an in-process client."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        serving: Serving,
        client: InProcessClient,
        app: App,
        tasks: set[asyncio.Task[None]],
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._serving = serving
        self._client = client
        self._app = app
        self._tasks = tasks
        """Gets the task of the app, if the app answers."""
        self._most_bytes = serving.limits.request_body_bytes
        self._received_bytes = 0
        self._is_all_received = False
        self._is_client_gone = False

    async def run(self) -> None:
        """Run the request to its end.

        Raises:
            UpstreamError: the answer ended early. A server ends a message as visibly incomplete only on an error.
            Exception: the call failed in an unexpected way while it took the body.
        """
        extra: list[tuple[bytes, bytes]] = []
        try:
            await self._begin()
        except WireError as error:
            refuse(self._client, *_method_and_target(self._scope), refusal_of(error))
            if self._scope["http_version"] in _PERSISTENT_VERSIONS:
                # If the end of this message is unclear, so is the start of the next one.
                extra.append((b"connection", b"close"))
        reader = asyncio.get_running_loop().create_task(self._read())
        try:
            await self._write(extra)
        except UpstreamError:
            if not self._is_client_gone:
                raise
        finally:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader

    async def _begin(self) -> None:
        """Read the head. Also read the first piece of a body that no field announces.

        Raises:
            WireError: the head is not strict, or the body is too large, late, or ended by a disconnect.
        """
        scope, client, serving = self._scope, self._client, self._serving
        method, sent = _method_and_target(scope)
        if scope.get("raw_path") is None:
            refuse(client, method, sent, NO_RAW_PATH)
            return
        block = _field_block(scope, serving.limits.request_head_bytes)
        request = block.request
        destination = serving.destination(method, sent, request.fields)
        if isinstance(destination, Endpoint):
            self._most_bytes = destination.body_bytes
        if request.content_length > self._most_bytes:
            raise too_large(self._most_bytes)
        content = b""
        if not request.has_body:
            received = await self._next()
            if received is None:
                # A server reports a bad body as a disconnect; the part that has come must not go up as a whole request.
                raise incomplete()
            content = received
            if content or not self._is_all_received:
                # HTTP/2 and HTTP/3 end a body without a framing field, so the gateway adds chunked framing for the
                # upstream.
                block = FieldBlock(request.as_chunked())
        is_whole = self._is_all_received
        if isinstance(destination, bytes):
            client.begin(serving, RequestHead(method, destination, block), content, is_whole=is_whole)
        elif isinstance(destination, Endpoint):
            destination.read(RequestHead(method, sent, block)).begin(serving, client, content, is_whole)
        elif isinstance(destination, Local):
            call = AppCall(client, Received(block.request, method, sent))
            path = destination.target.partition(b"?")[0]
            call.launch(self._app, {"state": {}, **scope, "raw_path": path}, self._tasks)
            call.start(content, is_whole)
        else:
            refuse_outside(serving, client, RequestHead(method, sent, block), destination)

    async def _read(self) -> None:
        """Pass the body on, then wait for the client to leave.

        Any error ends the call, because `_write` waits for its answer.
        """
        try:
            await self._pass_on()
        except Exception:
            self._client.close(FAILED.code)
            raise

    async def _pass_on(self) -> None:
        client = self._client
        while not client.is_over:
            was_all_received = self._is_all_received
            try:
                data = await self._next()
            except WireError as error:
                client.fail(refusal_of(error))
                return
            if data is None:
                self._is_client_gone = not client.is_over
                client.close()
                return
            if not was_all_received:
                await client.send(data, is_last=self._is_all_received)

    async def _next(self) -> bytes | None:
        """Receive the next piece of the body; return None if the client has left.

        Raises:
            WireError: the piece is late, or the body is too large.
        """
        limits = self._serving.limits
        timeout_s = limits.body_timeout_s if limits.body_timeout_s > 0 and not self._is_all_received else None
        try:
            async with asyncio.timeout(timeout_s):
                message = await self._receive()
        except TimeoutError:
            raise body_late() from None
        if message["type"] == "http.disconnect":
            return None
        data: bytes = message.get("body", b"")
        self._is_all_received = not message.get("more_body")
        self._received_bytes += len(data)
        if self._received_bytes > self._most_bytes:
            raise too_large(self._most_bytes)
        return data

    async def _write(self, extra: list[tuple[bytes, bytes]]) -> None:
        client, send = self._client, self._send
        status, fields = await client.head()
        await send({"type": "http.response.start", "status": status, "headers": [*fields, *extra]})
        while data := await client.read():
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _method_and_target(scope: Scope) -> tuple[bytes, bytes]:
    """Return the method, and the target as it was on the wire."""
    query: bytes = scope["query_string"]
    path: bytes = scope.get("raw_path") or b""
    return scope["method"].encode("latin-1"), path + b"?" + query if query else path


def _field_block(scope: Scope, limit_bytes: int) -> FieldBlock:
    """Read the header list as strictly as a head: the server may have accepted lines that would confuse an origin.

    Raises:
        WireError: a line breaks the grammar, or the list is too long.
    """
    fields = scope["headers"]
    if sum(len(name) + len(value) + len(": \r\n") for name, value in fields) > limit_bytes:
        raise head_too_large(limit_bytes)
    return field_block(fields, 1 if scope["http_version"] == "1.1" else 0)


def _address(scope: Scope) -> str:
    client: Any = scope.get("client")
    return str(client[0]) if client else ""
