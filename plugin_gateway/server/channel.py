"""The channel between the supervisor and one worker: framed messages over a socket pair."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import socket

HEAD = struct.Struct("!BQ")


class Kind(enum.IntEnum):
    """What a message is. The first three go to the worker, the others come back."""

    REVISION = 1
    """A pickled revision: serve it from now on. Answered with ADOPTED."""
    COUNT = 2
    """Answered with COUNTS."""
    DRAIN = 3
    """Accept no more, finish what is in flight, exit."""
    ADOPTED = 4
    """The revision is being served; the body is its number."""
    REJECTED = 5
    """The revision cannot be served, the old one still is; the body says why."""
    COUNTS = 6
    """The body is the worker's series as JSON. A worker that ends by itself sends the last ones unasked."""


class Message(NamedTuple):
    """One frame."""

    kind: Kind
    body: bytes = b""


class Channel:
    """One end of the pair, inside an event loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, pair_end: socket.socket) -> Channel:
        """Take over one end of a socket pair."""
        return cls(*await asyncio.open_connection(sock=pair_end))

    async def send(self, message: Message) -> None:
        """Send a message; an end that is gone is noticed by `receive`, not here."""
        self._writer.write(HEAD.pack(message.kind, len(message.body)) + message.body)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    async def receive(self) -> Message | None:
        """Return the next message, None when the other end is gone."""
        try:
            kind, length = HEAD.unpack(await self._reader.readexactly(HEAD.size))
            return Message(Kind(kind), await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    def close(self) -> None:
        self._writer.close()
