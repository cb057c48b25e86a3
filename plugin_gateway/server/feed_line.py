"""The feed line: carries the records of a worker's feed to the supervisor, unless the channel is full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.server.channel import ChannelMessage, MessageKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.server.channel import Channel, OnUnasked
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
        self._channel.post(ChannelMessage(MessageKind.RECORDS, body))
        return True


class TrafficLine:
    """The supervisor's end: gives the records of all workers to the traffic, and other messages to `others`."""

    def __init__(self, traffic: Traffic, others: OnUnasked) -> None:
        self._traffic = traffic
        self._others = others

    def take(self, message: ChannelMessage, reply: Callable[[ChannelMessage], object]) -> None:
        """Take one message of a worker. `reply` gets the answer, at once or later, if it needs one.

        Raises:
            ValueError: it cannot be read.
        """
        if message.kind is MessageKind.RECORDS:
            self._traffic.take(message.body)
        else:
            self._others(message, reply)
