"""The recorder: takes access records off the hot path and turns them into counts and log lines in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.telemetry.counters import Counters

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from plugin_gateway.telemetry.counters import Series
    from plugin_gateway.telemetry.log import Log
    from plugin_gateway.telemetry.record import AccessRecord

IDLE_INTERVAL_S = 0.2
BUSY_INTERVAL_S = 0.002
"""While calls come in by the thousand, small batches often: a batch is a pause for the calls behind it."""

BUSY_RECORDS = 20


class Recorder:
    """Collects the access records of one worker. `record` is what the data plane calls: it is a list's own append."""

    record: Callable[[AccessRecord], None]

    def __init__(self, log: Log, cover: Callable[[bytes], bytes] = bytes) -> None:
        """Write to `log`; `cover` covers the secrets in what a caller sent, who may have learnt them elsewhere."""
        self._log = log
        self._cover = cover
        self._records: list[AccessRecord] = []
        self._timer: asyncio.TimerHandle | None = None
        self.counters = Counters()
        self.record = self._records.append

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Flush every so often from now on."""
        self._timer = loop.call_later(IDLE_INTERVAL_S, self._tick, loop)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.flush()

    def flush(self) -> int:
        """Count and write what has come in since the last time; return how many records that was."""
        batch = [record if record[3] is not None else self._covered(record) for record in self._records]
        # The list itself stays: the data plane holds its `append`.
        self._records.clear()
        for record in batch:
            self.counters.add(record)
        self.counters.lines_dropped += self._log.access(batch)
        return len(batch)

    def _covered(self, record: AccessRecord) -> AccessRecord:
        """Return the record of what was not forwarded as it may be logged."""
        return record._replace(target=self._cover(record.target)) if record.target else record

    def series(self) -> Series:
        """Return what has been counted, up to this moment."""
        self.flush()
        series = self.counters.series()
        series["dropped"][0] += self._log.lost
        return series

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        interval_s = BUSY_INTERVAL_S if self.flush() > BUSY_RECORDS else IDLE_INTERVAL_S
        self._timer = loop.call_later(interval_s, self._tick, loop)
