"""Call metrics: the durations of calls as histograms, by the semantic conventions for HTTP."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.telemetry.span import TracedId, error_of, error_up_of, method_of, route_of, status_up_of, went_up

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.telemetry.collector import Collector
    from plugin_gateway.telemetry.record import AccessRecord
    from plugin_gateway.telemetry.span import Attributes

BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""The bounds that the semantic conventions advise."""
SERVER_DURATION: Final = "http.server.request.duration"
CLIENT_DURATION: Final = "http.client.request.duration"
MOST_SERIES: Final = 2000
"""The API chooses the statuses, so the number of series needs a bound. Further calls are counted in one series."""
_OVERFLOW: Final[Attributes] = [("otel.metric.overflow", 1)]


class Histogram(NamedTuple):
    """The durations of the calls with the same attributes."""

    name: str
    attributes: Attributes
    counts: list[int]
    """The number of calls up to each bound, and of the longer calls at the end."""
    sums: list[float]
    """One number: the sum of the durations in seconds."""


class CallMetrics:
    """Counts the calls of one worker since its start."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str, int, str], Histogram] = {}

    def add(self, records: Iterable[AccessRecord], collector: Collector) -> None:
        for record in records:
            method, route, error = method_of(record), route_of(record, collector), error_of(record)
            traced = record.request_id
            if not isinstance(traced, TracedId) or not traced.is_inner:
                key = (SERVER_DURATION, method, route, record.status, error)
                self._count(key, record.duration_s, collector)
            if went_up(record):
                key = (CLIENT_DURATION, method, route, status_up_of(record), error_up_of(record))
                # Until the head of the answer: how long its body takes may depend on the caller.
                self._count(key, record.upstream_s, collector)

    def histograms(self) -> Iterable[Histogram]:
        return self._known.values()

    def _count(self, key: tuple[str, str, str, int, str], seconds: float, collector: Collector) -> None:
        histogram = self._known.get(key)
        if histogram is None:
            attributes = _attributes(key, collector)
            if len(self._known) >= MOST_SERIES:
                key, attributes = (key[0], "", "", 0, "overflow"), _OVERFLOW
            histogram = self._known.setdefault(key, Histogram(key[0], attributes, [0] * (len(BOUNDS_S) + 1), [0.0]))
        histogram.counts[bisect_left(BOUNDS_S, seconds)] += 1
        histogram.sums[0] += seconds


def _attributes(key: tuple[str, str, str, int, str], collector: Collector) -> Attributes:
    name, method, route, status, error = key
    found: Attributes = [("http.request.method", method)]
    if name == SERVER_DURATION:
        found.append(("url.scheme", collector.public_scheme))
        if route:
            found.append(("http.route", route))
    else:
        found += [("server.address", collector.upstream_host), ("server.port", collector.upstream_port)]
        found.append(("url.template", route))
    if status:
        found.append(("http.response.status_code", status))
    if error:
        found.append(("error.type", error))
    return found
