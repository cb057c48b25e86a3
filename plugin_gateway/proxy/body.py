"""A request body: reads it while it arrives, and enforces its length, its limit and its timeout."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from plugin_gateway.errors import WireError
from plugin_gateway.proxy.chunked import ChunkedError, ChunkedReader

if TYPE_CHECKING:
    from plugin_gateway.proxy.wire import RequestFields

_MIN_BYTES_PER_S: Final = 1024
"""The minimum average rate after the first timeout, against slow attacks such as one byte every nine seconds."""


class RequestBody:
    """Reads one request body from a connection.

    `surplus` holds the bytes after the body in the last data fed. `due_at` is when the client must have sent more, in
    seconds of `time.monotonic`; it is infinite while the gateway holds the body back.
    """

    __slots__ = (
        "_chunks",
        "_held_at",
        "_left",
        "_limit_bytes",
        "_started_at",
        "_timeout_s",
        "due_at",
        "is_done",
        "received_bytes",
        "surplus",
    )

    def __init__(self, request: RequestFields, limit_bytes: int, timeout_s: float) -> None:
        """Start reading.

        Raises:
            WireError: the announced length is over the limit.
        """
        if request.content_length > limit_bytes:
            raise too_large(limit_bytes)
        self._limit_bytes = limit_bytes
        self._chunks = ChunkedReader() if request.is_chunked else None
        self._left = request.content_length
        self._timeout_s = timeout_s if timeout_s > 0 else float("inf")
        self._started_at = monotonic()
        self._held_at = 0.0
        self.due_at = self._started_at + self._timeout_s
        self.is_done = False
        self.received_bytes = 0
        self.surplus = b""

    def feed(self, data: bytes) -> bytes:
        """Take bytes as they came; return the content in them.

        Raises:
            WireError: the bytes are not the announced body, or exceed the limit.
        """
        chunks = self._chunks
        if chunks is None:
            content = data if len(data) <= self._left else data[: self._left]
            self._left -= len(content)
            if self._left == 0:
                self.is_done = True
                self.surplus = data[len(content) :]
        else:
            try:
                content = chunks.feed(data)
            except ChunkedError:
                raise WireError(400, "bad-chunk", "The request body is not a well-formed chunked body.") from None
            if chunks.is_done:
                self.is_done = True
                self.surplus = chunks.surplus
        self.received_bytes += len(content)
        if self.received_bytes > self._limit_bytes:
            raise too_large(self._limit_bytes)
        if not self._held_at:
            self._extend()
        return content

    def hold(self) -> None:
        """Stop the clock while the gateway does not read from the client."""
        if not self._held_at:
            self._held_at = monotonic()
            self.due_at = float("inf")

    def resume(self) -> None:
        if self._held_at:
            self._started_at += monotonic() - self._held_at
            self._held_at = 0.0
            self._extend()

    def _extend(self) -> None:
        whole = self._started_at + self._timeout_s + self.received_bytes / _MIN_BYTES_PER_S
        self.due_at = min(monotonic() + self._timeout_s, whole)


def too_large(limit_bytes: int) -> WireError:
    return WireError(413, "request-too-large", f"A request body may have at most {limit_bytes} bytes.")


def body_late() -> WireError:
    return WireError(408, "body-timeout", "The request body did not arrive in time.")


def incomplete() -> WireError:
    return WireError(400, "incomplete-request", "The client left before its request was complete.")
