"""The exposition: the workers' counters in Prometheus format. Only this module imports prometheus-client."""

from __future__ import annotations

from platform import python_version
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics

from plugin_gateway import __version__
from plugin_gateway.telemetry.counters import BUCKETS_S
from plugin_gateway.telemetry.series import SeriesKey
from plugin_gateway.version import core

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.endpoints.admin import Health, Reloads
    from plugin_gateway.telemetry import Series

_CALL_LABELS = ("operation", "status", "reason", "method", "consumer")
_OPEN_METRICS = "application/openmetrics-text"


def exposition(health: Health, series: Series, accept: str = "") -> tuple[bytes, str]:
    """Render one scrape and return it with its media type: OpenMetrics if `accept` names it.

    The registry is made for this scrape and keeps nothing for the next one.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Scrape(health, series))
    ProcessCollector(registry=registry)
    if _OPEN_METRICS in accept.lower():
        body: bytes = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]  # the library has no types there
        return body, openmetrics.CONTENT_TYPE_LATEST
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4


class _Scrape:
    """A prometheus-client collector that reports numbers counted elsewhere."""

    def __init__(self, health: Health, series: Series) -> None:
        self._health = health
        self._series = series

    def collect(self) -> Iterator[Metric]:
        yield from self._gauges()
        calls = CounterMetricFamily("plugin_gateway_calls", "Calls answered.", labels=_CALL_LABELS)
        durations = HistogramMetricFamily(
            "plugin_gateway_call_duration_seconds",
            "Time from the head of a call to the end of its answer.",
            labels=("operation",),
        )
        refused = CounterMetricFamily(
            "plugin_gateway_upstream_credential_refused",
            "Calls whose credential the upstream answered with 401 or 407.",
            labels=("credential",),
        )
        approvals = CounterMetricFamily(
            "plugin_gateway_approvals",
            "Calls that were held for a person's approval, by outcome.",
            labels=("result",),
        )
        upstream = SummaryMetricFamily(
            "plugin_gateway_upstream_seconds",
            "Time from the end of a request to the head of the upstream's answer.",
            labels=("operation",),
        )
        mismatches = CounterMetricFamily(
            "plugin_gateway_mismatches",
            "Requests and responses that passed although they do not match their description, among those that the gateway looked at.",
            labels=("operation", "side"),
        )
        with_labels = {
            "calls": calls,
            "refused": refused,
            "approvals": approvals,
            "mismatches": mismatches,
        }
        for (name, labels, is_gauge), numbers in self._series.items():
            if is_gauge:
                continue
            if name == "upstream":
                upstream.add_metric(labels, int(numbers[0]), numbers[1])
            elif name == "durations":
                *counts, sum_s = numbers
                durations.add_metric(labels, _cumulated(counts), sum_s)
            elif name in with_labels:
                with_labels[name].add_metric(labels, numbers[0])
        yield calls
        yield mismatches
        yield approvals
        yield refused
        yield durations
        yield upstream
        for name, counted, text in (
            ("plugin_gateway_request_body_bytes", "bytes_in", "Bytes of request bodies."),
            ("plugin_gateway_response_body_bytes", "bytes_out", "Bytes of response bodies."),
            ("plugin_gateway_log_lines_dropped", "dropped", "Log lines that could not be written."),
            ("plugin_gateway_audit_entries_lost", "audit_lost", "Entries of the audit that could not be written."),
            ("plugin_gateway_spans_dropped", "spans_dropped", "Spans that did not reach the OpenTelemetry collector."),
            ("plugin_gateway_workers_cpu_seconds", "cpu", "Processor time of all workers."),
        ):
            yield CounterMetricFamily(name, text, value=self._series.get(SeriesKey(counted), [0])[0])

    def _gauges(self) -> Iterator[Metric]:
        health = self._health
        build = {"version": __version__, "core": core(), "python": python_version()}
        yield InfoMetricFamily("plugin_gateway_build", "Versions of the running gateway.", value=build)
        for name, now, text in (
            ("calls_in_flight", "calls", "Calls being answered."),
            ("client_connections", "connections", "Client connections that are open."),
            ("approvals_pending", "approvals", "Calls that wait for a person's approval."),
            (
                "workers_resident_memory_bytes",
                "memory",
                "Memory of all workers; shared pages count once for each worker.",
            ),
            ("workers_open_fds", "descriptors", "File descriptors of all workers."),
        ):
            yield GaugeMetricFamily(
                f"plugin_gateway_{name}", text, value=self._series.get(SeriesKey(now, is_gauge=True), [0])[0]
            )
        yield from _reloads(health.reloads)
        yield CounterMetricFamily(
            "plugin_gateway_worker_restarts",
            "Workers that ended unexpectedly and were replaced.",
            value=health.restarts,
        )
        yield GaugeMetricFamily("plugin_gateway_revision", "Number of the revision served.", value=health.revision)
        yield GaugeMetricFamily("plugin_gateway_operations", "Operations allowed.", value=health.operations)
        yield GaugeMetricFamily(
            "plugin_gateway_document_stale",
            "1 while the gateway serves the last good copy of the document, because it cannot fetch the document.",
            value=int(bool(health.stale)),
        )
        drifted = GaugeMetricFamily(
            "plugin_gateway_drifted_operations",
            "Operations that differ from the lock, by how the gateway treats them.",
            labels=("outcome",),
        )
        for outcome in ("kept", "quarantined", "followed"):
            drifted.add_metric((outcome,), sum(one.outcome == outcome for one in health.drifted))
        yield drifted
        yield GaugeMetricFamily("plugin_gateway_workers", "Workers that are listening.", value=health.workers)
        yield GaugeMetricFamily(
            "plugin_gateway_reload_failed", "1 while the last reload failed.", value=int(bool(health.reload_error))
        )


def _reloads(reloads: Reloads) -> Iterator[Metric]:
    counts = CounterMetricFamily("plugin_gateway_reloads", "Reloads by result.", labels=("result",))
    times = GaugeMetricFamily(
        "plugin_gateway_last_reload_timestamp_seconds",
        "Time of the last reload; 0 if there was none.",
        labels=("result",),
    )
    for result, count, at in (
        ("served", reloads.served, reloads.served_at),
        ("refused", reloads.refused, reloads.refused_at),
    ):
        counts.add_metric((result,), count)
        times.add_metric((result,), at)
    yield counts
    yield times


def _cumulated(counts: list[float]) -> list[tuple[str, float]]:
    total, buckets = 0.0, []
    for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), counts, strict=True):
        total += count
        buckets.append((bound, total))
    return buckets
