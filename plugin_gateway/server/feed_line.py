"""The feed line: carries the records of a worker's feed to the supervisor, unless the channel is full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.server.channel import Kind, Message

if TYPE_CHECKING:
    from plugin_gateway.server.channel import Channel

MOST_WAITING_BYTES: Final = 1024 * 1024
"""A supervisor that lets this much wait does not read; the worker must not fill its memory with records."""


class FeedLine:
    """The worker's end."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def post(self, body: bytes) -> bool:
        """Send records; return whether there was room for them."""
        if self._channel.waiting_bytes > MOST_WAITING_BYTES:
            return False
        self._channel.post(Message(Kind.RECORDS, body))
        return True
