"""The board: the access tokens that the workers of one gateway were issued lately, in memory that all of them share.

An upstream may show a caller what another call carried, and that call may have gone through another worker. So a worker
writes a token here before it uses it, and each worker masks all that it reads here.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import struct
import sys
import tempfile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_TOKENS: Final = 256
"""Beyond it the token that was written longest ago is forgotten."""
_TEXT_BYTES: Final = 16 * 1024
_HEAD: Final = struct.Struct("=QQ")
"""How often the board was written to, odd while it is; and the slot to write to next."""
_SLOT: Final = struct.Struct("=I")
"""The length of the token that follows."""
_SLOT_BYTES: Final = _SLOT.size + _TEXT_BYTES
_SIZE_BYTES: Final = _HEAD.size + MOST_TOKENS * _SLOT_BYTES
_MOST_TRIES: Final = 1000


def open_board() -> int:
    """Make the memory of a board that processes may share; return its descriptor. Pages are only used when written to."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("plugin-gateway-tokens", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, _SIZE_BYTES)
    return descriptor


class Board:
    """Written to rarely, and read when `version` says that it was."""

    def __init__(self, descriptor: int = -1) -> None:
        """Map the memory that `open_board` made, or some of this process's where there is no descriptor."""
        self._descriptor = descriptor
        self._memory = mmap.mmap(descriptor, _SIZE_BYTES)

    @property
    def version(self) -> int:
        """Another number each time the board was written to."""
        version: int = _HEAD.unpack_from(self._memory, 0)[0]
        return version

    def write(self, token: str) -> None:
        """Add a token; every later reading of any worker has it."""
        text = token.encode()[:_TEXT_BYTES]
        with self._locked():
            version, slot = _HEAD.unpack_from(self._memory, 0)
            version |= 1
            _HEAD.pack_into(self._memory, 0, version, slot)
            at = _HEAD.size + slot % MOST_TOKENS * _SLOT_BYTES
            _SLOT.pack_into(self._memory, at, len(text))
            self._memory[at + _SLOT.size : at + _SLOT.size + len(text)] = text
            _HEAD.pack_into(self._memory, 0, version + 1, slot + 1)

    def read(self) -> tuple[int, list[str]]:
        """The version, and every token that is remembered."""
        for _ in range(_MOST_TRIES):
            version = self.version
            if version % 2 == 0:
                tokens = self._tokens()
                if version == self.version:
                    return version, tokens
            os.sched_yield()
        # A writer that was killed leaves an odd version behind, which the next one mends: that is not waited for.
        return self.version, self._tokens()

    def close(self) -> None:
        self._memory.close()

    def _tokens(self) -> list[str]:
        found: list[str] = []
        for at in range(_HEAD.size, _SIZE_BYTES, _SLOT_BYTES):
            (size,) = _SLOT.unpack_from(self._memory, at)
            if size == 0:
                break
            start = at + _SLOT.size
            found.append(self._memory[start : start + min(size, _TEXT_BYTES)].decode("ascii", "replace"))
        return found

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        if self._descriptor < 0:
            yield
            return
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN)
