"""The in-process client: sends one request through the gateway from a coroutine, without a connection.

The request takes the way of every other call (`proxy.forward`): the same door, gate, limits, credentials, masking and
records.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.call import Client
from plugin_gateway.proxy.forward import forward
from plugin_gateway.proxy.own_answer import own_answer
from plugin_gateway.proxy.received import FieldBlock
from plugin_gateway.proxy.wire import read_request_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plugin_gateway.proxy.answer_head import Answer
    from plugin_gateway.proxy.clock import Clock
    from plugin_gateway.proxy.door import Access
    from plugin_gateway.proxy.forward import RequestHead
    from plugin_gateway.proxy.serving import Serving
    from plugin_gateway.refusal import Refusal
    from plugin_gateway.telemetry.record import AccessRecord

_HIGH_WATER_BYTES: Final = 64 * 1024
"""The bytes of an answer that may wait here before the gateway stops reading from the upstream."""


class InProcessClient(Client):
    """One call. `begin` it, `send` the rest of its body, wait for `head`, `read` to the end, and always `close` it.

    Field names are in lower case in both directions.
    """

    def __init__(self, clock: Clock, on_record: Callable[[AccessRecord], object], address: str = "") -> None:
        """Prepare; `address` is the client's address for limits and records, and `clock` enforces the call's timeouts."""
        super().__init__(address)
        self._clock = clock
        self._on_record = on_record
        self._head: tuple[int, list[tuple[bytes, bytes]]] | None = None
        self._out: deque[bytes] = deque()
        self._out_bytes = 0
        self._news = asyncio.Event()
        self._takes_body = asyncio.Event()
        self._takes_body.set()
        self._is_over = False
        self._error: UpstreamError | None = None
        self._reason = ""
        clock.watch(self)

    @property
    def is_over(self) -> bool:
        """Whether the answer has ended, apart from the bytes that wait here."""
        return self._is_over

    def begin(
        self,
        serving: Serving,
        head: RequestHead,
        body: bytes = b"",
        *,
        is_whole: bool = True,
        access: Access | None = None,
    ) -> None:
        """Send a request with the part of its body that is ready; see `forward`."""
        forward(serving, self, head, body, is_whole, access)

    async def send(self, data: bytes, *, is_last: bool) -> None:
        """Wait until the upstream accepts more, then send the next piece of the body."""
        await self._takes_body.wait()
        if self.call is not None and not self._is_over:
            self.call.send(data, is_last=is_last)

    async def head(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Wait for the status and the fields of the answer.

        Raises:
            UpstreamError: `fail` ended the call before there was an answer.
        """
        while self._head is None:
            if self._error is not None:
                raise self._error
            self._news.clear()
            await self._news.wait()
        return self._head

    async def read(self) -> bytes:
        """Wait for the next piece of the body; return `b""` at its end.

        Raises:
            UpstreamError: the answer ended early.
        """
        while not self._out:
            if self._error is not None:
                raise self._error
            if self._is_over:
                return b""
            self._news.clear()
            await self._news.wait()
        piece = self._out.popleft()
        self._out_bytes -= len(piece)
        if not self._out and self.call is not None and not self._is_over:
            self.call.resume_answer()
        return piece

    def fail(self, refusal: Refusal) -> None:
        """End the call for a reason on the client's side; `refusal` becomes the answer unless one has begun."""
        if not self._is_over:
            if self.call is not None:
                self.call.cancel()
            self.on_failure(refusal)

    def close(self, reason: str = "client-gone") -> None:
        """End the call and record it; `reason` applies if it is not over. A second call does nothing."""
        call, self.call = self.call, None
        self._clock.unwatch(self)
        if call is None:
            return
        if not self._is_over:
            self._is_over = True
            self._reason = reason
            self._error = UpstreamError(502, reason, "The call was ended before its answer was complete.")
            self._news.set()
            self._takes_body.set()
            call.cancel()
        self._on_record(call.record(self._reason, self.address))

    def on_tick(self, now: float) -> None:
        if self.call is not None and not self._is_over:
            self.call.on_tick(now)

    def on_answer(self, answer: Answer, extra: bytes, body: bytes, *, is_complete: bool) -> None:
        if self.call is not None:
            self._head = answer.status, answer.pairs(self.call.request_id, extra)
        self.on_content(body, is_complete=is_complete)

    def on_whole_answer(self, answer: Answer, extra: bytes, body: bytes) -> None:
        self.on_answer(answer, extra, body, is_complete=True)

    def on_content(self, data: bytes, *, is_complete: bool) -> None:
        self._is_over = self._is_over or is_complete
        if data:
            self._out.append(data)
            self._out_bytes += len(data)
            if self._out_bytes > _HIGH_WATER_BYTES and self.call is not None and not self._is_over:
                self.call.pause_answer()
        self._news.set()
        self._takes_body.set()

    def on_failure(self, refusal: Refusal) -> None:
        self._reason = refusal.code
        self._is_over = True
        call = self.call
        if self._head is not None or call is None:
            self._error = UpstreamError(502, refusal.code, "The answer ended early.")
        else:
            fields, body = own_answer(refusal, call.request_id)
            call.status, call.bytes_out = refusal.status, len(body)
            self._head = refusal.status, fields
            self._out.append(body)
        self._news.set()
        self._takes_body.set()

    def on_continue(self) -> None:
        """Do nothing: the caller sends the body without waiting."""

    def pause_body(self) -> None:
        self._takes_body.clear()

    def resume_body(self) -> None:
        self._takes_body.set()


def field_block(fields: Iterable[tuple[bytes, bytes]], minor: int = 1) -> FieldBlock:
    """Read a list of field names and values as strictly as a message head.

    Raises:
        WireError: a line breaks RFC 9112, the framing is ambiguous, or Host is missing.
    """
    return FieldBlock(read_request_lines([name + b": " + value for name, value in fields], minor))
