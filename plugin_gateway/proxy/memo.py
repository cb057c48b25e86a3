"""A memo: what pure functions said of bytes that came at least twice, bounded in entries and bytes."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

_ENTRIES: Final = 512
_KEY_BYTES: Final = 2048
"""Longer keys are not remembered, so a memo holds at most 1 MiB of what peers chose, and what was made of it: some 13 MiB where every
head has as many fields as it may."""
_SIGHTINGS: Final = 2048

_T = TypeVar("_T")


class Memo(Generic[_T]):
    """Values by the bytes they were made of. Ask `entries`, which is a plain dict, and `offer` what it did not have.

    A key is kept when it is offered for the second time: peers whose every message is new to us (an id in the path, a
    trace in a header) would otherwise fill the memo with what is never asked for again, and empty it for the others.
    """

    __slots__ = ("_seen", "entries")

    def __init__(self) -> None:
        self.entries: dict[bytes, _T] = {}
        self._seen: list[int] = []
        """The hash of the last key offered at each place."""

    def offer(self, key: bytes, value: _T) -> None:
        """Keep the value if its key was offered lately."""
        if len(key) > _KEY_BYTES:
            return
        hashed = hash(key)
        place = hashed % _SIGHTINGS
        if not self._seen:
            self._seen = [0] * _SIGHTINGS
        if self._seen[place] != hashed:
            self._seen[place] = hashed
            return
        if len(self.entries) >= _ENTRIES:
            self.entries.clear()
        self.entries[key] = value
