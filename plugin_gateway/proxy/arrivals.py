"""The arrivals: the upstream connections with bytes that the event loop has not delivered yet.

Bytes that arrive between two calls would be taken for the answer to the second. The loop may deliver them only after
the second call has begun. So the kernel is asked before a connection is reused, once in each turn of the loop for all
connections: each turn begins with asking the kernel, so one more question in the same turn is enough.
"""

from __future__ import annotations

import asyncio
import select
from typing import Final

_READABLE: Final = select.POLLIN
"""There are bytes or the peer has ended the stream. The kernel always reports a broken connection."""


class Arrivals:
    """Collects in `arrived` the descriptors with unread bytes, as of the last `ask`."""

    __slots__ = ("_owners", "_poller", "arrived", "is_fresh")

    def __init__(self) -> None:
        self._poller = select.poll()
        self.arrived: set[int] = set()
        """Discard a descriptor when its bytes have been read as part of the expected answer."""
        self.is_fresh = False
        """Whether the kernel was asked in this turn of the loop."""
        self._owners: dict[int, object] = {}
        """The kernel may give a descriptor to a new connection before the old one has learnt that it is lost."""

    def watch(self, descriptor: int, owner: object) -> None:
        self._owners[descriptor] = owner
        self._poller.register(descriptor, _READABLE)
        self.arrived.discard(descriptor)

    def unwatch(self, descriptor: int, owner: object) -> None:
        """Stop watching a descriptor, unless another connection owns it by now."""
        if self._owners.get(descriptor) is owner:
            del self._owners[descriptor]
            self._poller.unregister(descriptor)
            self.arrived.discard(descriptor)

    def ask(self) -> None:
        """Ask the kernel. The answer counts until this turn of the loop ends."""
        self.arrived = {ready for ready, _ in self._poller.poll(0)}
        self.is_fresh = True
        asyncio.get_running_loop().call_soon(self._expire)

    def _expire(self) -> None:
        self.is_fresh = False
