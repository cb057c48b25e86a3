"""The feed line: carries the records of a worker's feed to the supervisor, unless the channel is full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.server.channel import Kind, Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.server.channel import Channel
    from plugin_gateway.telemetry.traffic import Traffic

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


class TrafficLine:
    """The supervisor's end: gives the records of all workers to the traffic, and other messages to `others`."""

    def __init__(self, traffic: Traffic, others: Callable[[Message], Message | None]) -> None:
        self._traffic = traffic
        self._others = others

    def answer(self, message: Message) -> Message | None:
        """Take one message of a worker; return the answer if it needs one.

        Raises:
            ValueError: it cannot be read.
        """
        if message.kind is not Kind.RECORDS:
            return self._others(message)
        self._traffic.take(message.body)
        return None
