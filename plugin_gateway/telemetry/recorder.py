"""The recorder: collects access records, then counts and logs them in batches outside the calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.telemetry.counters import Counters
from plugin_gateway.telemetry.series import SeriesKey
from plugin_gateway.telemetry.target import LOOKED_AT

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from plugin_gateway.telemetry.audit import Audit
    from plugin_gateway.telemetry.exporter import Exporter
    from plugin_gateway.telemetry.feed import Feed
    from plugin_gateway.telemetry.log import Log
    from plugin_gateway.telemetry.mismatches import Mismatches
    from plugin_gateway.telemetry.record import AccessRecord
    from plugin_gateway.telemetry.series import Series

IDLE_INTERVAL_S = 0.2
BUSY_INTERVAL_S = 0.002
"""Under load, batches are small and frequent: each batch delays the calls behind it."""

BUSY_RECORDS = 20
LEAST_BATCH = 250
"""A tick takes at least this many records: more than a worker collects in `BUSY_INTERVAL_S`."""
SHARE = 16
"""A tick takes at least one of this many of the records that wait. When load begins, thousands collect before the first
tick; all at once they would delay the calls by tens of milliseconds."""


class Recorder:
    """Collects the access records of one worker. The data plane calls `record`, which is the `append` of a list."""

    record: Callable[[AccessRecord], None]

    def __init__(
        self,
        log: Log,
        cover: Callable[[bytes], bytes] = bytes,
        audit: Audit | None = None,
        mismatches: Mismatches | None = None,
        feed: Feed | None = None,
    ) -> None:
        """Write to `log`.

        `cover` masks secrets in the targets, methods and request ids that callers choose. A caller may know one from elsewhere.
        """
        self._log = log
        self._audit = audit
        self._cover = cover
        self._mismatches = mismatches
        self._feed = feed
        self.exporter: Exporter | None = None
        """Sends the calls to a collector, if the revision has one."""
        self._records: list[AccessRecord] = []
        self._timer: asyncio.TimerHandle | None = None
        self.counters = Counters()
        self.record = self._records.append

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start to flush periodically."""
        self._timer = loop.call_later(IDLE_INTERVAL_S, self._tick, loop)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.flush()
        if self._audit is not None:
            self._audit.close()

    def flush(self) -> None:
        """Count and write all records that wait."""
        self._take(len(self._records))

    def _take(self, number: int) -> None:
        """Count and write the oldest records."""
        batch = [record if record[3] is not None else self._covered(record) for record in self._records[:number]]
        # Change the list in place: the data plane holds its `append`.
        del self._records[:number]
        self.counters.add(batch)
        shown = self._shown(batch)
        self.counters.lines_dropped += self._log.access(shown)
        if self._audit is not None:
            self._audit.add(shown)
        if self._feed is not None:
            self._feed.add(shown)
        if self.exporter is not None:
            self.exporter.add(batch)

    def watch(self, *, is_watched: bool) -> None:
        """Begin or end to show the calls to people. The feed first gets the calls up to this moment."""
        self.flush()
        if self._feed is not None:
            self._feed.watch(is_watched=is_watched)

    def _covered(self, record: AccessRecord) -> AccessRecord:
        """Return the record of a call that was not forwarded.

        The secrets in its request line are masked, and the target is cut.
        """
        return record._replace(method=self._cover(record.method), target=self._cover(record.target)[:LOOKED_AT])

    def _shown(self, batch: list[AccessRecord]) -> list[AccessRecord]:
        """Return the records with the secrets in their request ids masked.

        The exporter masks them itself: it needs the traced ids.
        """
        ids = b" ".join([record.request_id for record in batch])
        if self._cover(ids) == ids:
            return batch
        return [record._replace(request_id=self._cover(record.request_id)) for record in batch]

    def series(self) -> Series:
        """Return all counts up to this moment."""
        self.flush()
        series = self.counters.series()
        series[SeriesKey("dropped")][0] += self._log.lost
        series[SeriesKey("audit_lost")] = [self._audit.lost if self._audit is not None else 0]
        series[SeriesKey("spans_dropped")] = [self.exporter.dropped if self.exporter is not None else 0]
        if self._mismatches is not None:
            series.update(self._mismatches.series())
        return series

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting = len(self._records)
        interval_s = BUSY_INTERVAL_S if waiting > BUSY_RECORDS else IDLE_INTERVAL_S
        # Before the batch: an error while it is written must not stop the ticks.
        self._timer = loop.call_later(interval_s, self._tick, loop)
        self._take(max(LEAST_BATCH, waiting // SHARE))
