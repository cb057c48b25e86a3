"""The heap of a worker: how much freed memory it keeps for the next blocks."""

from __future__ import annotations

from typing import Final

_LARGEST_BLOCK_BYTES: Final = 4 * 1024 * 1024


def keep_freed_memory() -> None:
    """Let glibc keep 8 MiB of freed memory; other allocators need no hint.

    glibc gives back to the kernel what exceeds twice the largest block that was freed. Cutting a piece of a long answer
    takes a block of 2 MiB; getting it from the kernel again for each piece took half of the processor time. The block
    here is never written, so it takes no memory.
    """
    bytes(_LARGEST_BLOCK_BYTES)
