"""The counters of one worker: plain integers, summed over the workers when somebody asks."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, TypeAlias

from plugin_gateway.methods import KNOWN
from plugin_gateway.refusal import CREDENTIAL_REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.telemetry.record import AccessRecord

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

_METHODS = {name.encode(): name for name in KNOWN}

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
        self._calls: dict[tuple[str, int, str, str, str], int] = {}
        self._upstream: dict[str, list[float]] = {}
        self._durations: dict[str, list[float]] = {}
        self._refused: dict[str, int] = {}
        self._bytes_in = 0
        self._bytes_out = 0
        self.lines_dropped = 0

    def add(self, record: AccessRecord) -> None:
        _, method, _, rule, status, bytes_in, bytes_out, duration_s, reason, _, _, consumer, _, upstream_s = record
        operation = rule.operation_id if rule is not None else ""
        calls = self._calls
        key = (operation, status, reason, _METHODS.get(method, "other"), consumer)
        calls[key] = calls.get(key, 0) + 1
        if reason == _CREDENTIAL_REFUSED and rule is not None:
            self._refused[rule.credential] = self._refused.get(rule.credential, 0) + 1
        self._bytes_in += bytes_in
        self._bytes_out += bytes_out
        durations = self._durations.get(operation)
        if durations is None:
            # One number for each bucket, one for what is above them all, and the sum of seconds last.
            durations = self._durations[operation] = [0.0] * (len(BUCKETS_S) + 2)
        durations[bisect_left(BUCKETS_S, duration_s)] += 1
        durations[-1] += duration_s
        if upstream_s and not reason:
            waited = self._upstream.get(operation)
            if waited is None:
                waited = self._upstream[operation] = [0.0, 0.0]
            waited[0] += 1
            waited[1] += upstream_s

    def series(self) -> Series:
        """Return everything counted so far, ready to be merged with what other workers counted."""
        found: Series = {"bytes_in": [self._bytes_in], "bytes_out": [self._bytes_out], "dropped": [self.lines_dropped]}
        for (operation, status, reason, method, consumer), count in self._calls.items():
            found[f"calls {operation} {status} {reason} {method} {consumer}"] = [count]
        for operation, waited in self._upstream.items():
            found[f"upstream {operation}"] = list(waited)
        for credential, count in self._refused.items():
            found[f"refused {credential}"] = [count]
        for operation, numbers in self._durations.items():
            found[f"durations {operation}"] = list(numbers)
        return found


def lasting(series: Series) -> Series:
    """Return what stays counted when the worker is gone, which is all but what it was doing."""
    return {name: numbers for name, numbers in series.items() if not name.startswith(NOW)}


def merge(many: Iterable[Series]) -> Series:
    """Add up the series of several workers."""
    total: Series = {}
    for series in many:
        for name, numbers in series.items():
            held = total.get(name)
            total[name] = list(numbers) if held is None else [a + b for a, b in zip(held, numbers, strict=True)]
    return total
