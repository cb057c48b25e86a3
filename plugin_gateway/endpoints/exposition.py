"""The exposition: what the workers counted, as Prometheus reads it. The door of prometheus-client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from plugin_gateway.telemetry.counters import BUCKETS_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.endpoints.admin import Health
    from plugin_gateway.telemetry import Series

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4


def exposition(health: Health, series: Series) -> bytes:
    """Render one scrape. The registry is made for it and holds nothing between scrapes."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Scrape(health, series))
    return generate_latest(registry)


class _Scrape:
    """A collector, in prometheus-client's sense, of numbers that are already there."""

    def __init__(self, health: Health, series: Series) -> None:
        self._health = health
        self._series = series

    def collect(self) -> Iterator[Metric]:
        yield from self._gauges()
        calls = CounterMetricFamily("plugin_gateway_calls", "Calls answered.", labels=("operation", "status", "reason"))
        durations = HistogramMetricFamily(
            "plugin_gateway_call_duration_seconds", "From a call's head to its answer's end.", labels=("operation",)
        )
        refused = CounterMetricFamily(
            "plugin_gateway_upstream_credential_refused",
            "Calls whose credential the upstream answered with 401 or 407.",
            labels=("credential",),
        )
        for name, numbers in self._series.items():
            kind, _, labels = name.partition(" ")
            if kind == "calls":
                operation, status, reason = labels.split(" ")
                calls.add_metric((operation, status, reason), numbers[0])
            elif kind == "durations":
                *counts, sum_s = numbers
                durations.add_metric((labels,), _cumulated(counts), sum_s)
            elif kind == "refused":
                refused.add_metric((labels,), numbers[0])
        yield calls
        yield refused
        yield durations
        for name, kind, text in (
            ("plugin_gateway_request_body_bytes", "bytes_in", "Bytes of request bodies."),
            ("plugin_gateway_response_body_bytes", "bytes_out", "Bytes of response bodies."),
            ("plugin_gateway_log_lines_dropped", "dropped", "Access records not logged because nobody read the log."),
        ):
            yield CounterMetricFamily(name, text, value=self._series.get(kind, [0])[0])

    def _gauges(self) -> Iterator[Metric]:
        health = self._health
        yield GaugeMetricFamily("plugin_gateway_revision", "Number of the revision served.", value=health.revision)
        yield GaugeMetricFamily("plugin_gateway_operations", "Operations allowed.", value=health.operations)
        yield GaugeMetricFamily("plugin_gateway_workers", "Workers that listen.", value=health.workers)
        yield GaugeMetricFamily(
            "plugin_gateway_reload_failed", "1 while the last reload failed.", value=int(bool(health.reload_error))
        )


def _cumulated(counts: list[float]) -> list[tuple[str, float]]:
    total, buckets = 0.0, []
    for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), counts, strict=True):
        total += count
        buckets.append((bound, total))
    return buckets
