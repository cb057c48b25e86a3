"""The arrivals: on which upstream connections something has come that the event loop has not delivered yet.

Bytes that arrive between two calls would be taken for the answer to the second. The loop delivers them sooner or later, but
perhaps after the second call has begun. So the kernel is asked before a connection is used again: once for all connections in
each turn of the loop, because every turn begins by asking the kernel, and nothing it knew then may be missed.
"""

from __future__ import annotations

import asyncio
import select
from typing import Final

_READABLE: Final = select.POLLIN
"""There are bytes, or the peer has ended the stream; a broken connection is always told."""


class Arrivals:
    """The descriptors of `arrived`, once `ask` was called in this turn. What arrives later is on its way as far as this can tell."""

    __slots__ = ("_owners", "_poller", "arrived", "is_fresh")

    def __init__(self) -> None:
        self._poller = select.poll()
        self.arrived: set[int] = set()
        """Discard one when what had arrived is read, and was what had been asked for."""
        self.is_fresh = False
        """The kernel was asked in this turn of the loop."""
        self._owners: dict[int, object] = {}
        """A descriptor is free for the next connection before the last one has learnt that it is lost."""

    def watch(self, descriptor: int, owner: object) -> None:
        self._owners[descriptor] = owner
        self._poller.register(descriptor, _READABLE)
        self.arrived.discard(descriptor)

    def unwatch(self, descriptor: int, owner: object) -> None:
        """Watch it no longer, unless it is another connection's by now."""
        if self._owners.get(descriptor) is owner:
            del self._owners[descriptor]
            self._poller.unregister(descriptor)
            self.arrived.discard(descriptor)

    def ask(self) -> None:
        """Ask the kernel, which holds until the turn ends."""
        self.arrived = {ready for ready, _ in self._poller.poll(0)}
        self.is_fresh = True
        asyncio.get_running_loop().call_soon(self._expire)

    def _expire(self) -> None:
        self.is_fresh = False
