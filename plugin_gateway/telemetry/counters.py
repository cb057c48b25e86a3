"""The counters of one worker: plain integers, summed over the workers when somebody asks."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, TypeAlias

from plugin_gateway.methods import KNOWN
from plugin_gateway.refusal import CREDENTIAL_REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.telemetry.record import AccessRecord

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

_METHODS = {name.encode(): name for name in KNOWN}

# The numbers of a cell: buckets first, and what is above them all.
_BUCKETS: Final = len(BUCKETS_S) + 1
_DURATION: Final = _BUCKETS
_ANSWERED: Final = _BUCKETS + 1
_UPSTREAM: Final = _BUCKETS + 2
_BYTES_IN: Final = _BUCKETS + 3
_BYTES_OUT: Final = _BUCKETS + 4
_CELL_SIZE: Final = _BUCKETS + 5

_CREDENTIAL_REFUSED = CREDENTIAL_REFUSED.code

NOW = "now "
"""Before the name of what goes up and down."""

Series: TypeAlias = dict[str, list[float]]
"""A name with its labels, joined by spaces, and its numbers: picklable, mergeable by adding."""


class Counters:
    """Counts calls by operation, status, reason, method and consumer, their bytes and their durations.

    Labels come from the revision and from our own codes, never from a caller, so that nobody can make series.
    """

    def __init__(self) -> None:
        self._cells: dict[tuple[str, int, str, str, str], list[float]] = {}
        """Per operation, status, reason, method and consumer: the calls in each bucket of durations, then the sums below."""
        self._refused: dict[str, int] = {}
        self.lines_dropped = 0

    def add(self, record: AccessRecord) -> None:
        _, method, _, rule, status, bytes_in, bytes_out, duration_s, reason, _, _, consumer, _, upstream_s = record
        key = (rule.operation_id if rule is not None else "", status, reason, _METHODS.get(method, "other"), consumer)
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = [0.0] * _CELL_SIZE
        cell[bisect_left(BUCKETS_S, duration_s)] += 1
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

    def series(self) -> Series:
        """Return everything counted so far, ready to be merged with what other workers counted."""
        found: Series = {"bytes_in": [0], "bytes_out": [0], "dropped": [self.lines_dropped]}
        for (operation, status, reason, method, consumer), cell in self._cells.items():
            found[f"calls {operation} {status} {reason} {method} {consumer}"] = [sum(cell[:_BUCKETS])]
            # One number for each bucket, one for what is above them all, and the sum of seconds last.
            _add(found, f"durations {operation}", cell[: _DURATION + 1])
            if cell[_ANSWERED]:
                _add(found, f"upstream {operation}", cell[_ANSWERED : _UPSTREAM + 1])
            _add(found, "bytes_in", [cell[_BYTES_IN]])
            _add(found, "bytes_out", [cell[_BYTES_OUT]])
        for credential, count in self._refused.items():
            found[f"refused {credential}"] = [count]
        return found


def _add(series: Series, name: str, numbers: list[float]) -> None:
    held = series.get(name)
    series[name] = list(numbers) if held is None else [a + b for a, b in zip(held, numbers, strict=True)]


def lasting(series: Series) -> Series:
    """Return what stays counted when the worker is gone, which is all but what it was doing."""
    return {name: numbers for name, numbers in series.items() if not name.startswith(NOW)}


def merge(many: Iterable[Series]) -> Series:
    """Add up the series of several workers."""
    total: Series = {}
    for series in many:
        for name, numbers in series.items():
            _add(total, name, numbers)
    return total
