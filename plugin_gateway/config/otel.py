"""The export of traces and metrics in gateway.yaml: where the collector is, and what it gets."""

from __future__ import annotations

from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, TypeAlias

from msgspec import Meta, field

from plugin_gateway.config.fields import (
    URL_PATTERN,
    AbsoluteUrl,
    Count,
    Duration,
    Flag,
    HeaderSecret,
    InjectedHeader,
    Number,
    as_flag,
)
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.reader import ChangeValue, PrepareRaw, SchemaWords
from plugin_gateway.config.record import Record
from plugin_gateway.config.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEFAULT_ENDPOINT: Final = "http://localhost:4318"
_SIGNALS: Final = ("/v1/traces", "/v1/metrics", "/v1/logs")
_SHORTEST_S: Final = 1.0


def _share(value: float) -> float:
    if not 0 <= value <= 1:
        hint = f"for {value:g} % write {value / 100:g}" if 1 < value <= 100 else "for example 0.1"
        raise Mistake("bad-value", "must be between 0 and 1", got=value, hint=hint)
    return value


def has_extra() -> bool:
    """Return whether the packages of the extra `otel` are installed."""
    # Without the package, looking for what is in it would raise an error.
    return find_spec("opentelemetry") is not None and find_spec("opentelemetry.proto") is not None


class Otel(Record):
    """Traces and metrics for an OpenTelemetry collector, by OTLP over HTTP; needs `pip install plugin-gateway[otel]`."""

    example: ClassVar[str] = "{endpoint: http://localhost:4318}"
    short_form: ClassVar[dict[str, Any] | None] = {
        "type": ["string", "boolean"],
        "pattern": URL_PATTERN,
        "description": "The URL of the collector. `false` turns the export off.",
    }
    other_words: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("url", "collector", "exporter", "otlp", "host", "address"), "endpoint"),
        **dict.fromkeys(("header", "auth", "authorization"), "headers"),
        **dict.fromkeys(("trace", "tracing", "span"), "traces"),
        **dict.fromkeys(("metric",), "metrics"),
        **dict.fromkeys(("sampling", "sampler", "ratio", "sample_rate", "sampling_ratio"), "sample"),
        **dict.fromkeys(("propagation", "traceparent", "trust"), "parent"),
        **dict.fromkeys(("name", "service_name"), "service"),
        **dict.fromkeys(("resource", "resource_attribute", "label"), "attributes"),
        **dict.fromkeys(("export_interval", "period"), "interval"),
        **dict.fromkeys(("queue_size", "buffer"), "queue"),
    }

    endpoint: AbsoluteUrl = _DEFAULT_ENDPOINT
    """The collector. The gateway adds `/v1/traces` and `/v1/metrics` to this URL, and sends protobuf.
    Example: `endpoint: http://localhost:4318`"""
    headers: dict[InjectedHeader, HeaderSecret] = field(default_factory=dict)
    """Header fields to send to the collector, such as an Authorization.
    Example: `headers: {Authorization: {env: OTLP_AUTHORIZATION}}`"""
    traces: Flag = True
    """Whether to send traces.
    Example: `traces: false`"""
    metrics: Flag = True
    """Whether to send metrics. The admin listener serves them for Prometheus in any case.
    Example: `metrics: false`"""
    sample: Annotated[Number, ChangeValue(_share), SchemaWords({"minimum": 0, "maximum": 1})] = 1
    """The share of traces that are recorded, from 0 to 1. A caller can prevent the recording of its call, but cannot request
    it.
    Example: `sample: 0.1`"""
    parent: Literal["continue", "restart"] = "continue"
    """What happens to the trace of a caller that sends a valid `traceparent`: the call joins it (`continue`), or begins a new
    trace that is linked to it (`restart`). The API gets the `traceparent` of the gateway's call in both cases.
    Example: `parent: restart`"""
    service: Annotated[str, Meta(min_length=1, max_length=200)] = "plugin-gateway"
    """The attribute `service.name`.
    Example: `service: pets-gateway`"""
    attributes: dict[str, str] = field(default_factory=dict)
    """More attributes of the gateway as a resource, such as `deployment.environment.name`.
    Example: `attributes: {deployment.environment.name: production}`"""
    interval: Duration = 60.0
    """How often metrics are sent; 1s or more.
    Example: `interval: 30s`"""
    queue: Count = 4096
    """The most spans that a worker keeps while the collector does not answer. It drops later spans and counts them.
    Example: `queue: 10000`"""

    @classmethod
    def expand(cls, value: Any) -> Any:
        value = as_flag(value)
        return {"endpoint": value} if isinstance(value, str) else {} if value is True else value

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        endpoint, interval = written.get("endpoint"), written.get("interval")
        if isinstance(endpoint, str):
            for signal in _SIGNALS:
                if endpoint.rstrip("/").endswith(signal):
                    hint = f"write {endpoint.rstrip('/').removesuffix(signal)}"
                    message = "write the URL without the path of a signal"
                    yield Mistake("bad-url", message, got=endpoint, hint=hint, at=("endpoint",))
            if endpoint.startswith(("http://", "https://")) and endpoint.rstrip("/").endswith(":4317"):
                hint = f"write {endpoint.rstrip('/').removesuffix('7')}8"
                message = "4317 is the collector's port for gRPC; the gateway speaks HTTP"
                yield Mistake("bad-url", message, got=endpoint, hint=hint, at=("endpoint",))
        with suppress(Mistake):
            if interval is not None and parse_duration(interval) < _SHORTEST_S:
                yield Mistake("bad-value", "must be 1s or more", got=interval, hint="for example 60s", at=("interval",))


def _none_if_off(value: Any) -> Any:
    return None if as_flag(value) is False else value


OtelOrOff: TypeAlias = Annotated[Otel | None, PrepareRaw(_none_if_off)]
