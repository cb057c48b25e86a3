"""A client connection: its phases, its deadlines, its writes, and the ways to end it."""

from __future__ import annotations

import socket
import struct
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from plugin_gateway.proxy.call import Client
from plugin_gateway.proxy.chunked import LAST_CHUNK, chunk
from plugin_gateway.proxy.own_answer import own_message

if TYPE_CHECKING:
    import asyncio

    from uvicorn.server import ServerState

    from plugin_gateway.proxy.answer_head import Answer
    from plugin_gateway.proxy.call import Call
    from plugin_gateway.refusal import Refusal

IDLE: Final = 0
"""Waiting for a request, or for the rest of its head."""
BUSY: Final = 1
"""Answering a request, or waiting for the client to take the answer."""
LINGERING: Final = 2
"""After the last answer; bytes that the client still sends are discarded."""
CLOSED: Final = 3
ClientPhase: TypeAlias = Literal[0, 1, 2, 3]

NEVER: Final = float("inf")
_LINGER_S: Final = 2.0
_CLOSE: Final = b"Connection: close\r\n\r\n"
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class ClientConnection(Client):
    """The half of the connection front that does not deal with requests.

    Together with the other half it has the methods of an `asyncio.Protocol` without inheriting from it, for the reason
    that `UpstreamConnection` gives.

    `closes` says that the current answer is the last one. `is_full` says that the client does not take the bytes
    written to it. Until it does, no further request is read, so that answers cannot pile up for a client that never
    reads.
    """

    __slots__ = (
        "_is_chunked",
        "_is_held",
        "_until_close",
        "closes",
        "deadline",
        "idle_timeout_s",
        "is_answered",
        "is_full",
        "phase",
        "server_state",
        "transport",
    )

    transport: asyncio.Transport
    """Set by `open`."""

    def __init__(self, server_state: ServerState) -> None:
        super().__init__()
        self.server_state = server_state
        self.phase: ClientPhase = IDLE
        self.deadline = self.idle_timeout_s = NEVER
        self.closes = False
        self.is_full = False
        self.is_answered = False
        self._is_held = False
        self._is_chunked = False
        self._until_close = False

    @property
    def is_answering(self) -> bool:
        return self.phase == BUSY

    def open(self, transport: asyncio.BaseTransport, idle_timeout_s: float) -> None:
        """Take over the transport."""
        self.transport = cast("asyncio.Transport", transport)
        self.idle_timeout_s = idle_timeout_s if idle_timeout_s > 0 else NEVER
        self.deadline = monotonic() + self.idle_timeout_s
        connections: set[Any] = self.server_state.connections
        connections.add(self)

    def count_open(self) -> int:
        """Return the number of open connections of this worker."""
        return len(self.server_state.connections)

    def write_answer(self, call: Call, answer: Answer, extra: bytes, body: bytes, *, is_complete: bool) -> None:
        """Write the head, with framing for the client's HTTP version, and the first piece of the body."""
        self.is_answered = True
        if answer.length < 0 and answer.has_body and not call.received.is_head:
            if is_complete:
                extra += b"Content-Length: %d\r\n" % len(body)
            elif call.received.request.minor == 1:
                self._is_chunked = True
                extra += b"Transfer-Encoding: chunked\r\n"
                body = chunk(body)
            else:
                self._until_close = self.closes = True
        end = _CLOSE if self.closes else b"\r\n"
        self.transport.write(b"".join((answer.head, call.request_id, b"\r\n", extra, end, body)))

    def write_content(self, data: bytes, *, is_complete: bool) -> None:
        if self._is_chunked:
            data = chunk(data) + LAST_CHUNK if is_complete else chunk(data)
        self.transport.write(data)

    def write_own(self, refusal: Refusal, request_id: bytes, *, is_head: bool) -> int:
        """Write the gateway's answer to a refusal; return the size of its body in bytes."""
        message, size = own_message(refusal, request_id, self.date(), is_head=is_head, closes=self.closes)
        self.transport.write(message)
        return size

    def date(self) -> bytes:
        """Return the field lines of every answer that the gateway makes itself."""
        return b"".join([name + b": " + value + b"\r\n" for name, value in self.server_state.default_headers])

    def await_request(self, now: float) -> None:
        """Get ready for the next request after a complete answer."""
        self.is_answered = self._is_chunked = False
        if self.is_full:
            self.phase = BUSY
        else:
            self.phase = IDLE
            self.deadline = now + self.idle_timeout_s
            if self._is_held:
                self.unhold()

    def hold(self) -> None:
        """Stop reading from the client until `unhold`."""
        if not self._is_held:
            self._is_held = True
            self.transport.pause_reading()

    def unhold(self) -> None:
        if self._is_held:
            self._is_held = False
            self.transport.resume_reading()

    def linger(self) -> None:
        """End the output, and read on for a moment.

        If a connection is closed with unread bytes, the kernel sends a reset, which may destroy the answer before the
        client has read it (RFC 9112, 9.6).
        """
        self.phase = LINGERING
        self.deadline = monotonic() + _LINGER_S
        self.unhold()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.close()

    def close(self) -> None:
        """Close when the client has taken all written bytes, or after the idle timeout."""
        self.phase = CLOSED
        self.deadline = monotonic() + self.idle_timeout_s
        self.transport.close()

    def cut(self) -> None:
        """End an answer so that the client can see that it is incomplete."""
        if self._until_close:
            # The end of the connection is the end of the body, so a clean close would look complete. A reset does not.
            sock = self.transport.get_extra_info("socket")
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.phase = CLOSED
            self.transport.abort()
        else:
            self.close()
