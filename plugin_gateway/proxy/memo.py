"""A memo: the results of pure functions for byte strings seen at least twice, bounded in entries and bytes."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

_ENTRIES: Final = 512
MOST_KEY_BYTES: Final = 2048
"""Longer keys are not remembered; looking one up would only take the time of hashing it, 1.5 µs for 10 kB. A memo of usual size
holds at most 1 MiB of keys that peers chose, and their results: about 13 MiB if every head has the maximum number of fields."""
_SIGHTINGS_PER_ENTRY: Final = 4

_T = TypeVar("_T")


class Memo(Generic[_T]):
    """Results by the bytes that they were made from.

    Read `entries`, a plain dict, and `offer` results that it lacks. A key is kept when it is offered for the second time.
    Otherwise a peer that sends only new messages (an id in the path, a trace in a header) would fill the memo with useless
    entries and evict the useful ones.
    """

    __slots__ = ("_last_place", "_most", "_seen", "entries")

    def __init__(self, most: int = _ENTRIES) -> None:
        """Remember `most` results, a power of two."""
        self._most = most
        self._last_place = _SIGHTINGS_PER_ENTRY * most - 1
        self.entries: dict[bytes, _T] = {}
        self._seen: list[int] = []
        """The hash of the last key offered at each index."""

    def offer(self, key: bytes, value: _T) -> None:
        """Keep the value if its key was offered lately."""
        if len(key) > MOST_KEY_BYTES:
            return
        hashed = hash(key)
        place = hashed & self._last_place
        if not self._seen:
            self._seen = [0] * (self._last_place + 1)
        if self._seen[place] != hashed:
            self._seen[place] = hashed
            return
        if len(self.entries) >= self._most:
            self.entries.clear()
        self.entries[key] = value
