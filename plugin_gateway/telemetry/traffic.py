"""The traffic: the last calls of all workers, kept by the supervisor for the people who watch them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_RECORDS: Final = 500
MOST_VIEWERS: Final = 8


class Numbered(NamedTuple):
    """A record as one line of JSON, with its number since the start of the gateway."""

    number: int
    line: bytes


class Viewer:
    """One open page. What it has not taken yet is bounded; `dropped` counts the records that it will not get."""

    __slots__ = ("_waiting", "_wake", "dropped")

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake
        self._waiting: deque[Numbered] = deque()
        self.dropped = 0

    def offer(self, records: list[Numbered], dropped: int) -> None:
        """Let records wait for the page. If it is slow, the oldest are dropped."""
        waiting = self._waiting
        waiting.extend(records)
        self.dropped += dropped
        while len(waiting) > MOST_RECORDS:
            waiting.popleft()
            self.dropped += 1
        self._wake()

    def take(self) -> tuple[list[Numbered], int]:
        """Return the records that wait, and how many were dropped since the last time."""
        taken = [*self._waiting], self.dropped
        self._waiting.clear()
        self.dropped = 0
        return taken

    def wake(self) -> None:
        self._wake()


class Traffic:
    """The last records, and the viewers. `on_watch` is told when the first viewer comes, and when the last has left."""

    def __init__(self, on_watch: Callable[[bool], object]) -> None:
        self._on_watch = on_watch
        self._records: deque[Numbered] = deque(maxlen=MOST_RECORDS)
        self._last = 0
        self._viewers: list[Viewer] = []
        self.is_closed = False

    def take(self, body: bytes) -> None:
        """Take what a feed sent.

        Raises:
            ValueError: it cannot be read.
        """
        dropped, *lines = body.split(b"\n")
        first = self._last + 1
        records = [Numbered(number, line) for number, line in enumerate(lines, first)]
        count = int(dropped)
        self._last += len(records)
        self._records.extend(records)
        for viewer in self._viewers:
            viewer.offer(records, count)

    def enter(self, wake: Callable[[], object], after: int = 0) -> Viewer | None:
        """Let a page in, with the records after a number; None if there are too many pages, or the gateway stops.

        `wake` is called whenever the viewer has something to take, and when the traffic ends.
        """
        if self.is_closed or len(self._viewers) >= MOST_VIEWERS:
            return None
        viewer = Viewer(wake)
        # A number that is not reached yet comes from a page that knew an earlier run of the gateway.
        seen = after if after <= self._last else 0
        viewer.offer([record for record in self._records if record.number > seen], 0)
        self._viewers.append(viewer)
        if len(self._viewers) == 1:
            self._on_watch(True)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        self._viewers.remove(viewer)
        if not self._viewers:
            self._on_watch(False)

    def close(self) -> None:
        """End: wake all viewers, so that they see `is_closed`, and let no more in."""
        self.is_closed = True
        for viewer in self._viewers:
            viewer.wake()
