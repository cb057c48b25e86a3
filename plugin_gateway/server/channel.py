"""The channel between the supervisor and one worker: framed messages over a socket pair."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import struct
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

HEAD = struct.Struct("!BQ")


class MessageKind(enum.IntEnum):
    """The kind of a message.

    The supervisor sends REVISION, COUNT, DRAIN, APPROVAL_VERDICT and WATCH; the worker sends the others.
    """

    REVISION = 1
    """A pickled revision to serve from now on. The answer is ADOPTED or REJECTED."""
    COUNT = 2
    """A request for the counters. The answer is COUNTS."""
    DRAIN = 3
    """Accept no more connections, finish the calls in flight, and exit. The body is the time for it, in seconds."""
    ADOPTED = 4
    """The worker serves the revision; the body is its number."""
    REJECTED = 5
    """The worker cannot serve the revision and keeps the old one; the body says why."""
    COUNTS = 6
    """The worker's series as JSON. A worker that ends by itself sends its last series unasked."""
    APPROVAL_ASKED = 7
    """A call needs the approval of a person: the number of the question, and the call. The answer is APPROVAL_VERDICT."""
    APPROVAL_RETURNED = 8
    """The id of an approval whose call did not reach the API."""
    APPROVAL_VERDICT = 9
    """The number of the question, and the verdict."""
    WATCH = 10
    """The body is 1 if a person watches the calls from now on, else 0."""
    RECORDS = 11
    """Calls of the worker, as its feed writes them. A worker sends them only while it is watched."""


class ChannelMessage(NamedTuple):
    """One frame."""

    kind: MessageKind
    body: bytes = b""


if TYPE_CHECKING:
    OnUnasked: TypeAlias = Callable[[ChannelMessage, Callable[[ChannelMessage], object]], object]
    """Handles an unsolicited worker message; the second argument sends the reply, if there is one."""


class Channel:
    """One end of the socket pair, in an event loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, pair_end: socket.socket) -> Channel:
        """Take over one end of a socket pair."""
        return cls(*await asyncio.open_connection(sock=pair_end))

    async def send(self, message: ChannelMessage) -> None:
        """Send a message. If the other end is closed, `receive` reports it, not this method."""
        self._writer.write(HEAD.pack(message.kind, len(message.body)) + message.body)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    def post(self, message: ChannelMessage) -> None:
        """Send a small message without waiting."""
        if not self._writer.is_closing():
            self._writer.write(HEAD.pack(message.kind, len(message.body)) + message.body)

    @property
    def waiting_bytes(self) -> int:
        """The number of bytes that the other end has not taken yet."""
        return self._writer.transport.get_write_buffer_size()

    async def receive(self) -> ChannelMessage | None:
        """Return the next message, or None if the other end is closed."""
        try:
            kind, length = HEAD.unpack(await self._reader.readexactly(HEAD.size))
            return ChannelMessage(MessageKind(kind), await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    def close(self) -> None:
        self._writer.close()
