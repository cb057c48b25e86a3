"""OTLP: the messages of the OpenTelemetry protocol, in protobuf. Only this module imports opentelemetry-proto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AGGREGATION_TEMPORALITY_CUMULATIVE,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Histogram as OtlpHistogram
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Status
from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan

from plugin_gateway import __version__
from plugin_gateway.telemetry.call_metrics import BOUNDS_S
from plugin_gateway.telemetry.span import SERVER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.telemetry.call_metrics import Histogram
    from plugin_gateway.telemetry.span import Attributes, Span

MEDIA_TYPE: Final = "application/x-protobuf"
_SCOPE: Final = InstrumentationScope(name="plugin_gateway", version=__version__)
_SAMPLED: Final = 1
_PARENT_IS_LOCAL: Final = 0x100
_PARENT_IS_REMOTE: Final = 0x300
"""The bits 8 and 9 of `Span.flags`, which mark the parent as one in another process."""


def trace_request(spans: Iterable[Span], resource: Attributes) -> bytes:
    """Return the body of a request to `/v1/traces`."""
    scope = ScopeSpans(scope=_SCOPE, spans=map(_span, spans))
    whole = ResourceSpans(resource=Resource(attributes=_attributes(resource)), scope_spans=[scope])
    return bytes(ExportTraceServiceRequest(resource_spans=[whole]).SerializeToString())


def metrics_request(
    histograms: Iterable[Histogram],
    sums: Iterable[tuple[str, str, int]],
    resource: Attributes,
    start_ns: int,
    now_ns: int,
) -> bytes:
    """Return the body of a request to `/v1/metrics`. `sums` are counters: name, unit and value."""
    by_name: dict[str, list[HistogramDataPoint]] = {}
    for one in histograms:
        point = HistogramDataPoint(
            attributes=_attributes(one.attributes),
            start_time_unix_nano=start_ns,
            time_unix_nano=now_ns,
            count=sum(one.counts),
            sum=one.sums[0],
            bucket_counts=one.counts,
            explicit_bounds=BOUNDS_S,
        )
        by_name.setdefault(one.name, []).append(point)
    cumulative = AGGREGATION_TEMPORALITY_CUMULATIVE
    metrics = [
        Metric(name=name, unit="s", histogram=OtlpHistogram(data_points=points, aggregation_temporality=cumulative))
        for name, points in by_name.items()
    ]
    for name, unit, value in sums:
        number = NumberDataPoint(start_time_unix_nano=start_ns, time_unix_nano=now_ns, as_int=value)
        counted = Sum(data_points=[number], aggregation_temporality=cumulative, is_monotonic=True)
        metrics.append(Metric(name=name, unit=unit, sum=counted))
    scope = ScopeMetrics(scope=_SCOPE, metrics=metrics)
    whole = ResourceMetrics(resource=Resource(attributes=_attributes(resource)), scope_metrics=[scope])
    return bytes(ExportMetricsServiceRequest(resource_metrics=[whole]).SerializeToString())


def rejected_spans(answer: bytes) -> int:
    """Return how many spans of an accepted request the collector rejected."""
    try:
        return max(0, int(ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans))
    except DecodeError:
        # A collector that answers 200 with something else has accepted them.
        return 0


def _span(span: Span) -> OtlpSpan:
    flags = _SAMPLED | (_PARENT_IS_REMOTE if span.kind == SERVER else _PARENT_IS_LOCAL)
    links = [OtlpSpan.Link(trace_id=span.link.trace_id, span_id=span.link.span_id)] if span.link is not None else []
    return OtlpSpan(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_id,
        flags=flags,
        name=_text(span.name),
        kind=span.kind,
        start_time_unix_nano=span.start_ns,
        end_time_unix_nano=span.end_ns,
        attributes=_attributes(span.attributes),
        status=Status(code=Status.STATUS_CODE_ERROR) if span.is_error else None,
        links=links,
    )


def _attributes(attributes: Attributes) -> Iterable[KeyValue]:
    return [
        KeyValue(
            key=_text(name),
            value=AnyValue(string_value=_text(value)) if isinstance(value, str) else AnyValue(int_value=value),
        )
        for name, value in attributes
    ]


def _text(text: str) -> str:
    # JSON can hold half a surrogate pair, as in a name of the document, and protobuf cannot.
    return text if text.isascii() else text.encode(errors="replace").decode()
