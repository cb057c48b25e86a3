"""The board: shared memory with the access tokens that the workers of one gateway were issued.

An upstream may repeat to one caller the token of another call, which may have gone through another worker. So a worker
writes a token here before it uses the token, and each worker masks all tokens on the board. When a newer token overwrites
an older one, the workers stop using the older one.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import struct
import sys
import tempfile
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

RING_BYTES: Final = 32 * 1024 * 1024
"""Room for 32,768 tokens of up to 1,012 bytes; beyond that, new tokens overwrite the oldest."""
UNIT_BYTES: Final = 1024
"""Each token occupies a multiple of this. It bounds the number of short tokens, and so the memory of the masks."""
_TEXT_BYTES: Final = 16 * 1024
_HEAD_BYTES: Final = 4096
_SIZE: Final = struct.Struct("=I")
_RECORD: Final = struct.Struct("=Id")
"""The length of the token that follows, and until when it is masked, by `time.monotonic`."""
_SKIP: Final = 0xFFFFFFFF
"""In place of a length: the next token is at the start of the ring."""
_BEGIN, _END = 0, 1
"""Two counters that only grow: the place of the oldest token and of the next. Modulo the ring's size, a place is an offset."""
_MOST_TRIES: Final = 1000


class BoardToken(NamedTuple):
    """A token on the board."""

    place: int
    text: str
    until_s: float


def open_board() -> int:
    """Make shared memory for a board; return its descriptor. The system allocates a page when it is first written."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("plugin-gateway-tokens")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, _HEAD_BYTES + RING_BYTES)
    return descriptor


class Board:
    """The tokens of one gateway, in a ring buffer. Writes are rare; a change of `end` tells a reader of new tokens."""

    def __init__(self, descriptor: int = -1) -> None:
        """Map the memory that `open_board` made; without a descriptor, use memory of this process."""
        self._descriptor = descriptor
        self._memory = mmap.mmap(descriptor, _HEAD_BYTES + RING_BYTES)
        # Reads and writes of an item of this view are atomic.
        self._head = memoryview(self._memory)[:_HEAD_BYTES].cast("Q")

    @property
    def begin(self) -> int:
        """The place of the oldest token."""
        return self._head[_BEGIN]

    @property
    def end(self) -> int:
        """The place of the next token; it changes with each write."""
        return self._head[_END]

    def holds(self, place: int) -> bool:
        """Whether the token at a place is still there."""
        return place >= self._head[_BEGIN]

    def write(self, token: str, until_s: float) -> int:
        """Add a token and return its place. Every later `read` in any worker finds it."""
        text = token.encode()[:_TEXT_BYTES]
        size = -(-(_RECORD.size + len(text)) // UNIT_BYTES) * UNIT_BYTES
        with self._locked():
            begin, end = self._head[_BEGIN], self._head[_END]
            room = RING_BYTES - end % RING_BYTES
            place = end if size <= room else end + room
            while begin < place + size - RING_BYTES:
                begin = self._after(begin)
            # Move `begin` before overwriting: it tells a concurrent reader that its data may be torn.
            self._head[_BEGIN] = begin
            if place != end:
                _SIZE.pack_into(self._memory, _HEAD_BYTES + end % RING_BYTES, _SKIP)
            self._put(place, len(text), until_s, text)
            self._head[_END] = place + size
        return place

    def read(self, since: int = 0) -> tuple[int, list[BoardToken]]:
        """Return the tokens written since the place `since`, and the place to pass as `since` next time."""
        tries = 0
        while True:
            begin, end = self._head[_BEGIN], self._head[_END]
            found = self._between(max(since, begin), end)
            tries += 1
            if self._head[_BEGIN] == begin or tries == _MOST_TRIES:
                return end, found
            os.sched_yield()

    def close(self) -> None:
        self._head.release()
        self._memory.close()

    def _between(self, at: int, end: int) -> list[BoardToken]:
        found: list[BoardToken] = []
        while at < end:
            start = _HEAD_BYTES + at % RING_BYTES
            size, until_s = _RECORD.unpack_from(self._memory, start)
            if size <= _TEXT_BYTES:
                start += _RECORD.size
                found.append(BoardToken(at, self._memory[start : start + size].decode(errors="replace"), until_s))
            at = self._after(at)
        return found

    def _after(self, at: int) -> int:
        """The place after the token at this one."""
        size: int = _SIZE.unpack_from(self._memory, _HEAD_BYTES + at % RING_BYTES)[0]
        if size > _TEXT_BYTES:
            return at + RING_BYTES - at % RING_BYTES
        return at + -(-(_RECORD.size + size) // UNIT_BYTES) * UNIT_BYTES

    def _put(self, at: int, size: int, until_s: float, text: bytes) -> None:
        start = _HEAD_BYTES + at % RING_BYTES
        _RECORD.pack_into(self._memory, start, size, until_s)
        self._memory[start + _RECORD.size : start + _RECORD.size + len(text)] = text

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
