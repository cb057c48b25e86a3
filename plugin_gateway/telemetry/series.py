"""Series: numbers by the name and labels of a metric, which each worker counts and the supervisor adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable


class SeriesKey(NamedTuple):
    """The name of a metric, and the values of its labels in their order."""

    name: str
    labels: tuple[str, ...] = ()
    is_gauge: bool = False
    """Whether it is a gauge, which disappears with its worker. The counts of a worker that has ended stay."""


Series: TypeAlias = dict[SeriesKey, list[float]]
"""The numbers of two workers are merged by addition."""


def lasting(series: Series) -> Series:
    """Return the series without the gauges, to keep after the worker has ended."""
    return {key: numbers for key, numbers in series.items() if not key.is_gauge}


def merge(many: Iterable[Series]) -> Series:
    """Add up the series of several workers."""
    total: Series = {}
    for series in many:
        for key, numbers in series.items():
            add(total, key, numbers)
    return total


def add(series: Series, key: SeriesKey, numbers: list[float]) -> None:
    """Add numbers to the numbers of one key."""
    held = series.get(key)
    series[key] = list(numbers) if held is None else [a + b for a, b in zip(held, numbers, strict=True)]


def as_rows(series: Series) -> list[list[Any]]:
    """Return the series as values of JSON."""
    return [[*key, numbers] for key, numbers in series.items()]


def of_rows(rows: Iterable[list[Any]]) -> Series:
    """Return the series that `as_rows` wrote."""
    return {SeriesKey(name, tuple(labels), is_gauge): numbers for name, labels, is_gauge, numbers in rows}
