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
BUSY_INTERVAL_S = 0.02
"""While calls come in by the thousand, small batches often: a batch is a pause for the calls behind it."""

BUSY_RECORDS = 100


class Recorder:
    """Collects the access records of one worker. `record` is what the data plane calls: it is a list's own append."""

    record: Callable[[AccessRecord], None]

    def __init__(self, log: Log) -> None:
        self._log = log
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
        batch = self._records[:]
        # The list itself stays: the data plane holds its `append`.
        self._records.clear()
        for record in batch:
            self.counters.add(record)
        self.counters.lines_dropped += self._log.access(batch)
        return len(batch)

    def series(self) -> Series:
        """Return what has been counted, up to this moment."""
        self.flush()
        return self.counters.series()

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        interval_s = BUSY_INTERVAL_S if self.flush() > BUSY_RECORDS else IDLE_INTERVAL_S
        self._timer = loop.call_later(interval_s, self._tick, loop)
