import pytest

pytest.importorskip("opentelemetry.proto", reason="the otel extra is not installed")

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from plugin_gateway.telemetry.call_metrics import BOUNDS_S, SERVER_DURATION, Histogram
from plugin_gateway.telemetry.otlp import metrics_request, rejected_spans, trace_request
from plugin_gateway.telemetry.span import CLIENT, SERVER, Span
from plugin_gateway.telemetry.trace_context import TraceContext
from tests.telemetry.otlp_receiver import attributes

RESOURCE: list[tuple[str, str | int]] = [("service.name", "gw"), ("process.pid", 7)]
LINK = TraceContext(b"T" * 16, b"S" * 8, is_sampled=True)


def span(kind: int, *, is_error: bool = False, link: TraceContext | None = None) -> Span:
    return Span(b"t" * 16, b"s" * 8, b"p" * 8, link, kind, "GET /pets", 1, 2, [("a", "b"), ("n", 3)], is_error)


def test_spans_are_written_with_their_resource() -> None:
    body = trace_request([span(SERVER, link=LINK), span(CLIENT, is_error=True)], RESOURCE)
    [whole] = ExportTraceServiceRequest.FromString(body).resource_spans
    assert attributes(whole.resource) == {"service.name": "gw", "process.pid": 7}
    server, client = whole.scope_spans[0].spans
    assert (server.trace_id, server.span_id, server.parent_span_id) == (b"t" * 16, b"s" * 8, b"p" * 8)
    assert (server.start_time_unix_nano, server.end_time_unix_nano, server.name) == (1, 2, "GET /pets")
    assert attributes(server) == {"a": "b", "n": 3}
    assert (server.kind, client.kind) == (2, 3)
    assert (server.status.code, client.status.code) == (0, 2)
    assert (server.flags, client.flags) == (0x301, 0x101)
    assert [(link.trace_id, link.span_id) for link in server.links] == [(LINK.trace_id, LINK.span_id)]


def test_half_a_surrogate_pair_is_replaced() -> None:
    body = trace_request([span(SERVER)._replace(name="GET /\ud800", attributes=[("a", "\ud800")])], RESOURCE)
    [sent] = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans
    assert (sent.name, attributes(sent)) == ("GET /?", {"a": "?"})


def test_metrics_are_cumulative() -> None:
    histogram = Histogram(SERVER_DURATION, [("http.route", "/pets")], [1, *[0] * (len(BOUNDS_S) - 1), 2], [31.0])
    body = metrics_request([histogram], [("plugin_gateway.spans.dropped", "{span}", 4)], RESOURCE, 5, 9)
    durations, dropped = ExportMetricsServiceRequest.FromString(body).resource_metrics[0].scope_metrics[0].metrics
    [point] = durations.histogram.data_points
    assert (durations.name, durations.unit, durations.histogram.aggregation_temporality) == (SERVER_DURATION, "s", 2)
    assert (point.count, point.sum, list(point.bucket_counts)) == (3, 31.0, histogram.counts)
    assert (point.start_time_unix_nano, point.time_unix_nano) == (5, 9)
    assert list(point.explicit_bounds) == list(BOUNDS_S)
    assert attributes(point) == {"http.route": "/pets"}
    assert dropped.sum.is_monotonic
    assert dropped.sum.data_points[0].as_int == 4


def test_a_collector_says_how_many_spans_it_rejected() -> None:
    answer = ExportTraceServiceResponse(partial_success=ExportTracePartialSuccess(rejected_spans=3))
    assert rejected_spans(answer.SerializeToString()) == 3
    assert rejected_spans(b"") == 0
    assert rejected_spans(b"<html>") == 0
