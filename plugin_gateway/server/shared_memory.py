"""The memory that the workers of one gateway share: counts of calls, and the access tokens that no answer may show."""

from __future__ import annotations

from typing import Final, NamedTuple

from plugin_gateway.admission.table import open_shared
from plugin_gateway.credentials.board import open_board


class SharedMemory(NamedTuple):
    """File descriptors; -1 stands for memory of one process alone. The supervisor keeps them, so they outlive a worker."""

    counts: int = -1
    tokens: int = -1

    @classmethod
    def open(cls) -> SharedMemory:
        return cls(open_shared(), open_board())

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Those that a worker has to inherit."""
        return tuple(descriptor for descriptor in self if descriptor >= 0)


ALONE: Final = SharedMemory()
"""For a process that shares with no other."""
