"""The table: token buckets and counts of calls, in memory that all workers of one gateway share.

A client with one connection stays with one worker. If each worker had a share of the rate, that client would be refused at
a fraction of its limit. One table keeps the limit exact, at the price of a lock that is held for microseconds.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import struct
import sys
import tempfile
from hashlib import blake2b
from time import monotonic
from typing import TYPE_CHECKING, Final

from plugin_gateway.admission.limits import Level, Taken, take

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.admission.limits import Demand

MOST_WORKERS: Final = 256
_COUNT: Final = struct.Struct("=I")
_BUCKET: Final = struct.Struct("=Qdd")
_FIXED_BUCKETS: Final = 8192
_USER_BUCKETS: Final = 32_768
_PROBES: Final = 8
_LOCK_TIMEOUT_S: Final = 0.1
_FIXED_AT: Final = MOST_WORKERS * _COUNT.size
_USERS_AT: Final = _FIXED_AT + _FIXED_BUCKETS * _BUCKET.size
SIZE_BYTES: Final = _USERS_AT + _USER_BUCKETS * _BUCKET.size


def open_shared() -> int:
    """Make shared memory for a table; return its descriptor."""
    if sys.platform == "linux":
        # A memfd needs no file system; a container's may be read-only.
        descriptor = os.memfd_create("plugin-gateway-limits", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, SIZE_BYTES)
    return descriptor


class Table:
    """Buckets found by the hash of their key, in two regions.

    When there is no room, the least recently used bucket is dropped, and so starts full again. Callers choose the keys of the
    second region, so they cannot push out the buckets of the gateway's limits in the first.
    """

    def __init__(self, descriptor: int = -1) -> None:
        """Map the memory that `open_shared` made; without a descriptor, use memory of this process.

        The locks belong to the process, so a process may have only one table for a descriptor.
        """
        self._descriptor = descriptor
        self._memory = mmap.mmap(descriptor, SIZE_BYTES)
        self._count_at = self._claim() * _COUNT.size
        # The worker that had this place before is dead, and so are its calls.
        _COUNT.pack_into(self._memory, self._count_at, 0)
        self._is_stuck = False
        self._places: dict[str, tuple[int, int]] = {}

    def take(self, demands: Sequence[Demand], now_s: float) -> Taken:
        """Take a token for each demand, or none; see `admission.limits.take`."""
        wanted = [self._place(demand) for demand in demands]
        is_locked = self._lock()
        try:
            slots = [self._slot(place, mark) for place, mark in wanted]
            levels = [self._level(at, mark) for at, (_, mark) in zip(slots, wanted, strict=True)]
            taken = take(demands, levels, now_s)
            for at, (_, mark), tokens in zip(slots, wanted, taken.tokens, strict=True):
                _BUCKET.pack_into(self._memory, at, mark, tokens, now_s)
        finally:
            if is_locked:
                self._unlock()
        return taken

    def enter(self, most: int) -> bool:
        """Count one more call, unless all workers together have `most` calls under way."""
        is_locked = self._lock()
        try:
            if self.calls >= most:
                return False
            self._add(1)
        finally:
            if is_locked:
                self._unlock()
        return True

    def leave(self) -> None:
        """Count that an entered call is over. Only this process changes its count, so this needs no lock."""
        self._add(-1)

    @property
    def calls(self) -> int:
        """The number of calls under way in all workers together."""
        return sum(struct.unpack_from(f"={MOST_WORKERS}I", self._memory, 0))

    def close(self) -> None:
        self._memory.close()

    def _claim(self) -> int:
        """Find the place of a count that no living process uses. A process locks its place; the lock ends with the process."""
        for place in range(MOST_WORKERS if self._descriptor >= 0 else 0):
            with contextlib.suppress(OSError):
                fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
                return place
        return 0

    def _add(self, difference: int) -> None:
        (count,) = _COUNT.unpack_from(self._memory, self._count_at)
        _COUNT.pack_into(self._memory, self._count_at, max(0, count + difference))

    def _place(self, demand: Demand) -> tuple[int, int]:
        is_fixed = demand.key == demand.limit.key
        place = self._places.get(demand.key) if is_fixed else None
        if place is None:
            mark = int.from_bytes(blake2b(demand.key.encode(), digest_size=8).digest(), "little") or 1
            start, size = (_FIXED_AT, _FIXED_BUCKETS) if is_fixed else (_USERS_AT, _USER_BUCKETS)
            place = start + mark % (size - _PROBES) * _BUCKET.size, mark
            if is_fixed and len(self._places) < _FIXED_BUCKETS:
                self._places[demand.key] = place
        return place

    def _slot(self, start: int, mark: int) -> int:
        oldest, oldest_at_s = start, float("inf")
        for at in range(start, start + _PROBES * _BUCKET.size, _BUCKET.size):
            held, _, at_s = _BUCKET.unpack_from(self._memory, at)
            if held in (mark, 0):
                return at
            if at_s < oldest_at_s:
                oldest, oldest_at_s = at, at_s
        return oldest

    def _level(self, at: int, mark: int) -> Level | None:
        held, tokens, at_s = _BUCKET.unpack_from(self._memory, at)
        return Level(tokens, at_s) if held == mark else None

    def _lock(self) -> bool:
        """Spin for the lock, which other workers hold for microseconds. Return False if a worker was stopped while holding it.

        After one such timeout, try only once until the lock is free again.
        """
        if self._descriptor < 0:
            return False
        give_up_at_s = 0.0 if self._is_stuck else monotonic() + _LOCK_TIMEOUT_S
        while True:
            try:
                fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _FIXED_AT)
            except OSError:
                if monotonic() > give_up_at_s:
                    self._is_stuck = True
                    return False
                os.sched_yield()
            else:
                self._is_stuck = False
                return True

    def _unlock(self) -> None:
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, _FIXED_AT)
