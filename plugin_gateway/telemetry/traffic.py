"""The traffic: the last calls of all workers, kept by the supervisor for the people who watch them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST_RECORDS: Final = 500
MOST_VIEWERS: Final = 8


class Viewer:
    """One open page. The records that wait for it are bounded; `dropped` counts the records that it will not get."""

    __slots__ = ("_waiting", "_wake", "dropped")

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake
        self._waiting: list[bytes] = []
        self.dropped = 0

    def offer(self, records: Iterable[bytes], dropped: int) -> None:
        """Add records for the page to take. If it is slow, the oldest records are dropped."""
        waiting = self._waiting
        waiting += records
        waiting.sort()
        excess = max(0, len(waiting) - MOST_RECORDS)
        del waiting[:excess]
        self.dropped += dropped + excess
        self._wake()

    def take(self) -> tuple[list[bytes], int]:
        """Return the records that wait, and how many were dropped since the last time."""
        taken = self._waiting, self.dropped
        self._waiting, self.dropped = [], 0
        return taken

    def wake(self) -> None:
        self._wake()


class Traffic:
    """The last records, and the viewers. `on_watch` is called when the first viewer comes, and when the last has left.

    A record is one line of JSON that begins with its time, so sorting puts the records of several workers in order. Each worker
    sends all that it kept when the first viewer comes; without the order, the records of the last worker would push out the
    others.
    """

    def __init__(self, on_watch: Callable[[bool], object]) -> None:
        self._on_watch = on_watch
        self._records: list[bytes] = []
        self._viewers: list[Viewer] = []
        self.is_closed = False

    def take(self, body: bytes) -> None:
        """Take what a feed sent.

        Raises:
            ValueError: it cannot be read.
        """
        dropped, *lines = body.split(b"\n")
        count = int(dropped)
        self._records = sorted([*self._records, *lines])[-MOST_RECORDS:]
        for viewer in self._viewers:
            viewer.offer(lines, count)

    @property
    def has_room(self) -> bool:
        """Whether one more page may enter: the pages are bounded, and the gateway may be about to stop."""
        return not self.is_closed and len(self._viewers) < MOST_VIEWERS

    def enter(self, wake: Callable[[], object]) -> Viewer:
        """Let a page in, which gets the last records first.

        `wake` is called whenever the viewer has something to take, and when the traffic ends.
        """
        viewer = Viewer(wake)
        viewer.offer(self._records, 0)
        self._viewers.append(viewer)
        if len(self._viewers) == 1:
            self._on_watch(True)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        self._viewers.remove(viewer)
        if not self._viewers:
            self._on_watch(False)

    def close(self) -> None:
        """End: let no more viewers in, and wake the present ones, so that they see `is_closed`."""
        self.is_closed = True
        self.wake()

    def wake(self) -> None:
        """Wake each viewer, so that it looks whether its session has ended."""
        for viewer in self._viewers:
            viewer.wake()
