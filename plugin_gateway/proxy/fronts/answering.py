"""An answering connection: a client's connection as the call on it sees it, and the step after each answer."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from plugin_gateway.proxy.fronts.client_connection import IDLE, ClientConnection

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvicorn.server import ServerState

    from plugin_gateway.proxy.answer_head import Answer
    from plugin_gateway.proxy.body import RequestBody
    from plugin_gateway.proxy.call import Call
    from plugin_gateway.refusal import Refusal
    from plugin_gateway.telemetry.record import AccessRecord

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_END: Final = b"\r\n\r\n"


class AnsweringConnection(ClientConnection):
    """The client's side of successive calls (`proxy.call.Client`); a subclass starts the calls.

    `_body` is the unread rest of the current request. `_ahead` holds bytes that the client sent after it.
    """

    __slots__ = ("_ahead", "_body", "_on_record")

    def __init__(self, server_state: ServerState, on_record: Callable[[AccessRecord], object]) -> None:
        super().__init__(server_state)
        self._on_record = on_record
        self._ahead = b""
        self._body: RequestBody | None = None

    def go_on(self) -> None:
        """Read the requests that the client sent ahead."""
        raise NotImplementedError

    # What a call asks of its client's side

    def on_answer(self, answer: Answer, extra: bytes, body: bytes, *, is_complete: bool) -> None:
        call = self.call
        if call is None:
            return
        if not answer.is_dated:
            # RFC 9110, 6.6.1: a recipient with a clock adds a missing Date.
            extra += self.date()
        if self._body is not None:
            # The answer came before the whole request: the rest of its body must not be read as the next request.
            self.closes = True
        self.write_answer(call, answer, extra, body, is_complete=is_complete)
        if is_complete:
            self._on_done(call)

    def on_whole_answer(self, answer: Answer, extra: bytes, body: bytes) -> None:
        call = self.call
        if call is None or extra or self.closes or self._body is not None or not answer.is_sealed:
            self.on_answer(answer, extra, body, is_complete=True)
            return
        self.transport.write(b"".join((answer.head, call.request_id, _END, body)))
        # A faster `_on_done` for the common case.
        self.call = None
        now = monotonic()
        self._on_record(call.record_at(now, "", self.address))
        self.await_request(now)
        if self._ahead:
            self.go_on()

    def on_content(self, data: bytes, *, is_complete: bool) -> None:
        self.write_content(data, is_complete=is_complete)
        if is_complete and self.call is not None:
            self._on_done(self.call)

    def on_failure(self, refusal: Refusal) -> None:
        call, self.call = self.call, None
        if call is None:
            return
        is_cut = self.is_answered
        if is_cut:
            self.cut()
        else:
            self.closes = self.closes or self._body is not None
            call.status = refusal.status
            call.bytes_out = self.write_own(refusal, call.request_id, is_head=call.received.is_head)
        self._on_record(call.record(refusal.code, self.address))
        if not is_cut:
            self._settle(monotonic())

    def on_continue(self) -> None:
        self.transport.write(_CONTINUE)

    def pause_body(self) -> None:
        if self._body is not None:
            self._body.hold()
            self.hold()

    def resume_body(self) -> None:
        if self._body is not None:
            self._body.resume()
        self.unhold()

    # What comes after an answer

    def _on_done(self, call: Call) -> None:
        self.call = None
        now = monotonic()
        self._on_record(call.record_at(now, "", self.address))
        self._settle(now)

    def _settle(self, now: float) -> None:
        """Wait for the next request, or close."""
        if not self.closes:
            self.await_request(now)
            if self._ahead:
                self.go_on()
        elif self._body is not None or self._ahead or self.phase == IDLE:
            self._body = None
            self._ahead = b""
            self.linger()
        else:
            self.close()

    def feed_body(self, body: RequestBody, data: bytes) -> bytes:
        """Take bytes of the request body as they came; return the content in them.

        Raises:
            WireError: the bytes are not the announced body, or exceed the limit.
        """
        content = body.feed(data)
        if body.is_done:
            self._body = None
            self._ahead = body.surplus
        return content
