"""The feed: the calls of one worker, as the supervisor shows them to the people who watch.

While the page is closed, the feed writes and sends nothing. It only keeps the last batches of records, so that a person
who opens the page sees what was refused a minute ago. While it is open, the feed sends a bounded number of records a
second. Refused calls and forwarded calls have a bound each, so that many of one kind do not hide the other.
"""

from __future__ import annotations

import re
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Final

import orjson

from plugin_gateway.telemetry.record import decision_of, shown_method
from plugin_gateway.telemetry.target import ShownTarget, shown_target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugin_gateway.gate.mount import Mount
    from plugin_gateway.telemetry.record import AccessRecord

MOST_KEPT: Final = 500
MOST_A_SECOND: Final = 50
"""A person cannot read more, and each record takes time from the calls."""
MOST_AT_ONCE: Final = 250
SEND_INTERVAL_S: Final = 0.5
"""During a flood, fewer and larger messages cost less. After a pause, a record is sent at once."""
_MOST_PATH: Final = 300
_MOST_CALLER: Final = 200
_COVERED: Final = re.compile(rb"\*+")


class Allowance:
    """How many records of one kind may be shown: `MOST_A_SECOND`, and `MOST_AT_ONCE` after a pause."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = float(MOST_AT_ONCE)

    def grow(self, seconds: float) -> None:
        self.left = min(float(MOST_AT_ONCE), self.left + seconds * MOST_A_SECOND)

    def take(self) -> bool:
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Feed:
    """Collects lines and hands them to `post`, which returns whether the channel took them.

    A body for `post` is the number of records that were dropped, and one line of JSON for each record.
    """

    def __init__(
        self,
        post: Callable[[bytes], bool],
        timestamp: Callable[[float], str],
        mount: Callable[[], Mount | None] = lambda: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Prepare; `mount` returns the mount in force, which is cut off the paths that are shown."""
        self._post = post
        self._timestamp = timestamp
        self._mount = mount
        self._clock = clock
        self._is_watched = False
        self._kept: deque[Sequence[AccessRecord]] = deque()
        self._number_kept = 0
        self._lines: list[bytes] = []
        self._dropped = 0
        self._refused, self._others = Allowance(), Allowance()
        self._grew_at = self._sent_at = 0.0

    def add(self, batch: Sequence[AccessRecord]) -> None:
        """Take a batch, which may be empty. The secrets in the targets of refused calls are masked already."""
        if not self._is_watched:
            if batch:
                self._keep(batch)
            return
        now = self._clock()
        if batch:
            self._show(batch, now)
        if now - self._sent_at >= SEND_INTERVAL_S:
            self._send(now)

    def watch(self, *, is_watched: bool) -> None:
        """Begin to send, first the records that were kept, or end."""
        if is_watched == self._is_watched:
            return
        self._is_watched = is_watched
        now = self._clock()
        if is_watched:
            kept = [record for batch in self._kept for record in batch][-MOST_KEPT:]
            self._lines = [self._line(record) for record in kept]
            self._kept.clear()
            self._number_kept = 0
            self._refused, self._others, self._grew_at = Allowance(), Allowance(), now
        self._send(now)
        self._dropped = 0

    def _keep(self, batch: Sequence[AccessRecord]) -> None:
        """Keep a batch, and forget the oldest batches that are not needed for `MOST_KEPT` records."""
        kept = self._kept
        kept.append(batch if len(batch) <= MOST_KEPT else batch[-MOST_KEPT:])
        self._number_kept += len(kept[-1])
        while self._number_kept - len(kept[0]) >= MOST_KEPT:
            self._number_kept -= len(kept.popleft())

    def _show(self, batch: Sequence[AccessRecord], now: float) -> None:
        refused, others = self._refused, self._others
        refused.grow(now - self._grew_at)
        others.grow(now - self._grew_at)
        self._grew_at = now
        takes_refused, takes_others = refused.left >= 1, others.left >= 1
        wanted = batch
        if not (takes_refused and takes_others):
            # Under load, all but a few records are left out here.
            wanted = [record for record in batch if (takes_refused if record.reason else takes_others)]
        shown = [self._line(record) for record in wanted if (refused if record.reason else others).take()]
        self._lines += shown
        self._dropped += len(batch) - len(shown)

    def _send(self, now: float) -> None:
        lines = self._lines
        if not lines and not self._dropped:
            return
        self._sent_at = now
        if self._post(b"\n".join([b"%d" % self._dropped, *lines])):
            self._dropped = 0
        else:
            self._dropped += len(lines)
        self._lines = []

    def _line(self, record: AccessRecord) -> bytes:
        """Return a record as the page shows it. The path parameters of a forwarded call are the caller's data."""
        rule = record.rule
        shown = shown_target(self._sent(record.target)) if rule is None else ShownTarget(rule.path_template, ())
        return orjson.dumps(
            {
                "time": self._timestamp(record.unix_time_s),
                "caller": _encodable(record.consumer[:_MOST_CALLER]) or None,
                "method": shown_method(record.method),
                "path": _encodable(shown.path[:_MOST_PATH]),
                "query": shown.query,
                "operation": _encodable(rule.operation_id) if rule is not None else None,
                "verdict": decision_of(record),
                "reason": record.reason or None,
                "status": record.status,
                "ms": round(record.duration_s * 1000, 3),
                "n": None,
            }
        )

    def _sent(self, target: bytes) -> bytes:
        """Return the target without the mount, with one asterisk for each masked place.

        So it does not show the length of a secret.
        """
        mount = self._mount()
        cut = mount.cut(target) if mount is not None else target
        return _COVERED.sub(b"*", cut if isinstance(cut, bytes) else target)


def _encodable(text: str) -> str:
    """Return a text without lone surrogates, which JSON in a token or a document can bring, and UTF-8 cannot carry."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()
