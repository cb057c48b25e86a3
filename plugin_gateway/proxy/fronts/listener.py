"""The listener: the state that all client connections of one worker share, and their maximum number."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.proxy.call import Call
    from plugin_gateway.proxy.holder import Holder
    from plugin_gateway.telemetry.record import AccessRecord

_OTHER_DESCRIPTORS: Final = 48
"""File descriptors reserved for the event loop, pipes and files."""


class Listener(NamedTuple):
    """The arguments for every new connection."""

    holder: Holder
    on_record: Callable[[AccessRecord], object]
    forwards: bool
    descriptors: int
    on_begin: Callable[[Call], object] | None = None

    def most_connections(self, upstream_connections: int) -> int:
        """Return how many clients the process has file descriptors for, with a connection to the upstream for each."""
        return max(1, self.descriptors - upstream_connections, self.descriptors // 2)


def spare_descriptors() -> int:
    """Return the number of file descriptors that the process may use for connections."""
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 1 << 30 if descriptors == resource.RLIM_INFINITY else max(0, descriptors - _OTHER_DESCRIPTORS)
