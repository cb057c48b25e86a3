"""The call history: how many calls each operation had in the last 24 hours, in memory."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.telemetry.series import Series

HOUR_S: Final = 3600
_SLOTS: Final = 25
"""The hour that has begun, and the 24 before it."""
MOST_OPERATIONS: Final = 10_000
"""Reloads may bring other operations. Those without a call in the last 24 hours are forgotten."""


class CallHistory:
    """Counts calls by the series of all workers, which hold sums since the start.

    Each method takes the time, in seconds since the epoch.

    The series have the ids that clients see, which a reload may change. So the history names an operation by its method and
    path template, such as `GET /pets`.
    """

    def __init__(self) -> None:
        self._hour = 0
        self._by_operation: dict[str, array[int]] = {}
        self._totals: dict[str, float] = {}
        """The calls of each id that are counted, since the start."""
        self._names: dict[str, str] = {}

    def add(self, series: Series, names: Mapping[str, str], now_s: float) -> None:
        """Count the calls since the last series for the hour that has begun.

        `names` has the operations of the revision in force, by id.
        """
        self._advance(now_s)
        totals: dict[str, float] = {}
        for key, numbers in series.items():
            if key.name == "calls" and not key.is_gauge and (id_ := key.labels[0]):
                totals[id_] = totals.get(id_, 0) + numbers[0]
        self._names = {id_: names.get(id_) or self._names.get(id_, id_) for id_ in totals}
        slot = self._hour % _SLOTS
        for id_, total in totals.items():
            before = self._totals.get(id_, 0)
            if total > before and (hours := self._hours_of(self._names[id_])) is not None:
                hours[slot] += int(total - before)
            # A sum can fall when a worker is killed. Calls that are counted already must not count again when it rises.
            totals[id_] = max(total, before)
        self._totals = totals

    def calls(self, now_s: float) -> dict[str, int]:
        """Return the number of calls by operation; operations without calls are left out."""
        self._advance(now_s)
        return {operation: sum(hours) for operation, hours in self._by_operation.items()}

    def _hours_of(self, operation: str) -> array[int] | None:
        hours = self._by_operation.get(operation)
        if hours is None and len(self._by_operation) < MOST_OPERATIONS:
            hours = self._by_operation[operation] = array("Q", bytes(8 * _SLOTS))
        return hours

    def _advance(self, now_s: float) -> None:
        """Empty the slots of the hours that have begun. A clock that is set back empties none."""
        hour = int(now_s // HOUR_S)
        if hour <= self._hour:
            return
        begun = [one % _SLOTS for one in range(max(self._hour + 1, hour - _SLOTS + 1), hour + 1)]
        self._hour = hour
        for hours in self._by_operation.values():
            for slot in begun:
                hours[slot] = 0
        self._by_operation = {operation: hours for operation, hours in self._by_operation.items() if any(hours)}
