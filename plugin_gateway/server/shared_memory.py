"""The memory that the workers of one gateway share: counts of calls, and the access tokens to mask in answers."""

from __future__ import annotations

from typing import Final, NamedTuple

from plugin_gateway.admission.table import open_shared
from plugin_gateway.credentials.board import open_board


class SharedMemory(NamedTuple):
    """File descriptors; -1 means memory of one process. The supervisor keeps them open, so they outlive a worker."""

    counts: int = -1
    tokens: int = -1

    @classmethod
    def open(cls) -> SharedMemory:
        return cls(open_shared(), open_board())

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The descriptors that a worker must inherit."""
        return tuple(descriptor for descriptor in self if descriptor >= 0)


ALONE: Final = SharedMemory()
"""The value for a process that shares no memory."""
