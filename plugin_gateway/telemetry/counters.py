"""The counters of one worker: plain numbers, summed over all workers for each scrape."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from plugin_gateway.methods import KNOWN_OCTETS
from plugin_gateway.refusal import CREDENTIAL_REFUSED
from plugin_gateway.telemetry.series import SeriesKey, add

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.telemetry.record import AccessRecord
    from plugin_gateway.telemetry.series import Series

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

_LEAST_S: Final = BUCKETS_S[0]

# Indexes into a cell. It begins with one number for each bucket and one for longer durations.
_BUCKETS: Final = len(BUCKETS_S) + 1
_DURATION: Final = _BUCKETS
_ANSWERED: Final = _BUCKETS + 1
_UPSTREAM: Final = _BUCKETS + 2
_BYTES_IN: Final = _BUCKETS + 3
_BYTES_OUT: Final = _BUCKETS + 4
_CELL_SIZE: Final = _BUCKETS + 5

_CREDENTIAL_REFUSED = CREDENTIAL_REFUSED.code


class Counters:
    """Counts calls by operation, status, reason, method and consumer, and sums their bytes and durations.

    Labels come from the revision and from the gateway's codes, so that a client cannot create series.
    """

    def __init__(self) -> None:
        self._cells: dict[tuple[str, int, str, str, str], list[float]] = {}
        """By operation, status, reason, method and consumer: the calls in each bucket of durations, then the sums."""
        self._refused: dict[str, int] = {}
        self.lines_dropped = 0

    def add(self, records: Iterable[AccessRecord]) -> None:
        """Count a batch. Neighbours often differ only in numbers, so each record first tries the cell of the one before it."""
        of: tuple[OperationRule | None, int, str, bytes, str] | None = None
        cell: list[float] = []
        for record in records:
            _, method, _, rule, status, bytes_in, bytes_out, duration_s, reason, _, _, consumer, _, upstream_s = record
            if (
                of is None
                or of[0] is not rule
                or of[1] != status
                or of[2] != reason
                or of[3] != method
                or of[4] != consumer
            ):
                of = rule, status, reason, method, consumer
                cell = self._cell(rule, status, reason, method, consumer)
            cell[bisect_left(BUCKETS_S, duration_s) if duration_s > _LEAST_S else 0] += 1
            cell[_DURATION] += duration_s
            cell[_BYTES_OUT] += bytes_out
            if bytes_in:
                cell[_BYTES_IN] += bytes_in
            if not reason:
                if upstream_s:
                    cell[_ANSWERED] += 1
                    cell[_UPSTREAM] += upstream_s
            elif reason == _CREDENTIAL_REFUSED and rule is not None:
                self._refused[rule.credential] = self._refused.get(rule.credential, 0) + 1

    def _cell(self, rule: OperationRule | None, status: int, reason: str, method: bytes, consumer: str) -> list[float]:
        key = (
            rule.operation_id if rule is not None else "",
            status,
            reason,
            KNOWN_OCTETS.get(method, "other"),
            consumer,
        )
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = [0.0] * _CELL_SIZE
        return cell

    def series(self) -> Series:
        """Return all counts so far, ready to be merged with the counts of other workers."""
        bytes_in, bytes_out = SeriesKey("bytes_in"), SeriesKey("bytes_out")
        found: Series = {bytes_in: [0], bytes_out: [0], SeriesKey("dropped"): [self.lines_dropped]}
        for (operation, status, reason, method, consumer), cell in self._cells.items():
            calls = SeriesKey("calls", (operation, str(status), reason, method, consumer))
            found[calls] = [sum(cell[:_BUCKETS])]
            # One number for each bucket, one for longer durations, and the sum of seconds last.
            add(found, SeriesKey("durations", (operation,)), cell[: _DURATION + 1])
            if cell[_ANSWERED]:
                add(found, SeriesKey("upstream", (operation,)), cell[_ANSWERED : _UPSTREAM + 1])
            add(found, bytes_in, [cell[_BYTES_IN]])
            add(found, bytes_out, [cell[_BYTES_OUT]])
        for credential, count in self._refused.items():
            found[SeriesKey("refused", (credential,))] = [count]
        return found
