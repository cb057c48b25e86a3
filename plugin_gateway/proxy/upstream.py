"""A connection to the upstream: carries one request at a time, reads its answer strictly, and discards surplus bytes."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.chunked import ChunkedError, ChunkedReader
from plugin_gateway.proxy.connect import place
from plugin_gateway.proxy.downlink import MAX_HEAD_BYTES
from plugin_gateway.proxy.wire import bad_answer, is_hopeless
from plugin_gateway.telemetry.cause import cause_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from plugin_gateway.proxy.answer_head import Answer
    from plugin_gateway.proxy.call import Receiver
    from plugin_gateway.revision import UpstreamSettings

_HEAD: Final = 0
_LENGTH: Final = 1
_CHUNKS: Final = 2
_UNTIL_CLOSE: Final = 3
_AnswerPhase: TypeAlias = Literal[0, 1, 2, 3]

_MAX_INTERIM: Final = 32
"""The limit of 1xx answers for one call. Each is cheap to send, and the gateway forwards none."""


class UpstreamConnection:
    """Carries exchanges one after the other; between them it belongs to a pool.

    It has the methods of an `asyncio.Protocol` without inheriting from it: in compiled code only a class without a
    foreign base has attributes at fixed offsets.
    """

    __slots__ = (
        "_buffered",
        "_chunks",
        "_exchange",
        "_forget",
        "_has_ended",
        "_interim",
        "_keeps_alive",
        "_left",
        "_phase",
        "_release",
        "_settings",
        "idle_since",
        "is_lost",
        "is_used",
        "transport",
    )

    transport: asyncio.Transport
    """Set by `connection_made`."""

    def __init__(
        self,
        settings: UpstreamSettings,
        release: Callable[[UpstreamConnection], object],
        forget: Callable[[UpstreamConnection], object],
    ) -> None:
        """Prepare. `release` takes the connection back after a complete answer, `forget` when it was closed."""
        self._settings = settings
        self._release = release
        self._forget = forget
        self._exchange: Receiver | None = None
        self._keeps_alive = False
        self._phase: _AnswerPhase = _HEAD
        self._buffered = b""
        self._left = 0
        self._interim = 0
        self._chunks = ChunkedReader()
        self._has_ended = False
        """Whether the upstream ended the stream."""
        self.is_used = False
        """Whether it carried an answer before. If so, a close without a byte may be the upstream's idle timeout."""
        self.is_lost = False
        self.idle_since = 0.0

    def begin(self, exchange: Receiver, request: bytes) -> None:
        """Send a request, or the part of it that has come, and deliver its answer to the exchange."""
        self._exchange = exchange
        self._phase = _HEAD
        self._interim = 0
        self.transport.write(request)

    def write(self, data: bytes) -> None:
        self.transport.write(data)

    def pause_reading(self) -> None:
        self.transport.pause_reading()

    def resume_reading(self) -> None:
        self.transport.resume_reading()

    def abort(self) -> None:
        """Close at once and discard unsent bytes."""
        self._exchange = None
        self.transport.abort()

    def drop(self, exchange: Receiver) -> None:
        """Abort if the exchange still owns this connection: after a complete answer another exchange may have it."""
        if self._exchange is exchange:
            self.abort()

    def close(self) -> None:
        self._exchange = None
        self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self._forget(self)
        exchange = self._exchange
        if exchange is None:
            return
        self._exchange = None
        if self._phase == _UNTIL_CLOSE and self._has_ended and exc is None:
            try:
                exchange.on_body(b"", is_complete=True)
            except UpstreamError as error:
                exchange.on_broken(self._located(error))
        elif self._phase == _HEAD and self.is_used and not self._buffered and not self._interim:
            exchange.on_stale()
        else:
            exchange.on_broken(self._closed_early(exc))

    def _closed_early(self, exc: Exception | None) -> UpstreamError:
        if exc is not None:
            cause = cause_of(exc)
        elif self._has_ended:
            cause = "closed before the end of the answer"
        else:
            cause = "TLS ended without close_notify"
        detail = "The upstream closed the connection before its answer was complete."
        error = UpstreamError(502, "upstream-closed", detail, cause=cause)
        error.__cause__ = exc
        return self._located(error)

    def _located(self, error: UpstreamError) -> UpstreamError:
        """Name the upstream in the cause of an error about its answer; an error without a cause says in its detail why."""
        error.cause = f"{place(self._settings)}: {error.cause or error.detail}"
        return error

    def eof_received(self) -> None:
        """Note whether the upstream itself ended the stream; `connection_lost` follows and uses it."""
        tls = self.transport.get_extra_info("ssl_object")
        self._has_ended = tls is None or _is_closed_by_peer(tls)

    def pause_writing(self) -> None:
        if self._exchange is not None:
            self._exchange.on_upstream_full()

    def resume_writing(self) -> None:
        if self._exchange is not None:
            self._exchange.on_upstream_ready()

    def data_received(self, data: bytes) -> None:
        exchange = self._exchange
        if exchange is None:
            # There is no request: these bytes would become the answer to the next one.
            self.abort()
            return
        try:
            if self._phase == _HEAD:
                self._on_head(exchange, data)
            else:
                self._on_body(exchange, data)
        except UpstreamError as error:
            if self._exchange is exchange:
                self.abort()
            exchange.on_broken(self._located(error))

    def _on_head(self, exchange: Receiver, data: bytes) -> None:
        if self._buffered:
            data = self._buffered + data
            self._buffered = b""
        while True:
            end = data.find(b"\r\n\r\n")
            if end < 0 or end > MAX_HEAD_BYTES:
                if is_hopeless(data, 0):
                    raise bad_answer("the head has a control byte, or a line that does not end in CRLF")
                if len(data) > MAX_HEAD_BYTES:
                    raise bad_answer(f"the head has more than {MAX_HEAD_BYTES} bytes")
                self._buffered = data
                exchange.on_activity()
                return
            answer = exchange.downlink.read(data[:end])
            data = data[end + 4 :]
            if answer.status >= 200:
                break
            self._interim += 1
            if answer.status == 101:
                raise bad_answer("status 101 switches to a protocol that was not asked for")
            if self._interim > _MAX_INTERIM:
                raise bad_answer(f"more than {_MAX_INTERIM} interim answers (1xx) came")
        self.is_used = True
        if exchange.received.is_head or not answer.has_body:
            self._finish(exchange, answer.keeps_alive and not data)
            exchange.on_answer(answer, b"", is_complete=True)
            return
        self._keeps_alive = answer.keeps_alive
        if answer.is_chunked:
            self._phase = _CHUNKS
            self._chunks = ChunkedReader()
            self._on_chunks(exchange, data, answer)
        elif answer.length > 0:
            size = len(data)
            if size == answer.length:
                self._finish(exchange, answer.keeps_alive)
                exchange.on_whole_answer(answer, data)
            elif size < answer.length:
                self._phase = _LENGTH
                self._left = answer.length - size
                exchange.on_answer(answer, data, is_complete=False)
            else:
                self._finish(exchange, False)
                exchange.on_whole_answer(answer, data[: answer.length])
        else:
            self._phase = _UNTIL_CLOSE
            exchange.on_answer(answer, data, is_complete=False)

    def _on_body(self, exchange: Receiver, data: bytes) -> None:
        if self._phase == _LENGTH:
            size = len(data)
            if size < self._left:
                self._left -= size
                exchange.on_body(data, is_complete=False)
                return
            self._finish(exchange, self._keeps_alive and size == self._left)
            exchange.on_body(data[: self._left], is_complete=True)
        elif self._phase == _CHUNKS:
            self._on_chunks(exchange, data, None)
        else:
            exchange.on_body(data, is_complete=False)

    def _on_chunks(self, exchange: Receiver, data: bytes, answer: Answer | None) -> None:
        chunks = self._chunks
        try:
            content = chunks.feed(data)
        except ChunkedError as error:
            raise bad_answer("the chunked body is malformed") from error
        if chunks.is_done:
            self._finish(exchange, self._keeps_alive and not chunks.surplus)
        if answer is not None:
            exchange.on_answer(answer, content, is_complete=chunks.is_done)
        elif content or chunks.is_done:
            exchange.on_body(content, is_complete=chunks.is_done)
        else:
            exchange.on_activity()

    def _finish(self, exchange: Receiver, is_reusable: bool) -> None:
        """Give the connection back before delivering the answer: the client's next request may need it at once.

        It is not reused if either side wants it closed, or if unexpected bytes came.
        """
        self._exchange = None
        if is_reusable and exchange.is_sent:
            self._release(self)
        elif exchange.is_sent:
            self.transport.close()
        else:
            # The upload is unfinished: its unsent bytes would keep the connection open.
            self.transport.abort()


def _is_closed_by_peer(tls: ssl.SSLObject) -> bool:
    """Whether a close_notify ended the stream, not a cut TCP connection, which anyone on the path can cause.

    See RFC 8446, 6.1. uvloop reports only a close_notify, asyncio reports both alike, so the TLS layer is asked.
    """
    try:
        return not tls.read(1)
    except ssl.SSLError:
        return False
