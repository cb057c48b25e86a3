"""The listener: what all client connections of one worker share, and how many of them there may be."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.proxy.holder import Holder
    from plugin_gateway.telemetry.record import AccessRecord

_SPARE_DESCRIPTORS: Final = 48
"""Kept free of clients, for upstream connections and files."""


class Listener(NamedTuple):
    """What every connection is handed when it is made."""

    holder: Holder
    on_record: Callable[[AccessRecord], object]
    forwards: bool
    most_connections: int


def most_connections() -> int:
    """How many clients the process has file descriptors for."""
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 1 << 30 if descriptors == resource.RLIM_INFINITY else max(1, descriptors - _SPARE_DESCRIPTORS)
