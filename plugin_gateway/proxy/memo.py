"""A memo: the results of pure functions for byte strings seen at least twice, bounded in entries and bytes."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

_ENTRIES: Final = 512
_KEY_BYTES: Final = 2048
"""Longer keys are not remembered. So a memo holds at most 1 MiB of keys that peers chose, and their results: about 13
MiB if every head has the maximum number of fields."""
_SIGHTINGS: Final = 2048  # a power of two

_T = TypeVar("_T")


class Memo(Generic[_T]):
    """Results by the bytes that they were made from. Read `entries`, a plain dict, and `offer` results that it lacks.

    A key is kept when it is offered for the second time. Otherwise a peer whose every message is new (an id in the
    path, a trace in a header) would fill the memo with useless entries and evict those of others.
    """

    __slots__ = ("_seen", "entries")

    def __init__(self) -> None:
        self.entries: dict[bytes, _T] = {}
        self._seen: list[int] = []
        """The hash of the last key offered at each index."""

    def offer(self, key: bytes, value: _T) -> None:
        """Keep the value if its key was offered lately."""
        if len(key) > _KEY_BYTES:
            return
        hashed = hash(key)
        place = hashed & _SIGHTINGS - 1
        if not self._seen:
            self._seen = [0] * _SIGHTINGS
        if self._seen[place] != hashed:
            self._seen[place] = hashed
            return
        if len(self.entries) >= _ENTRIES:
            self.entries.clear()
        self.entries[key] = value
