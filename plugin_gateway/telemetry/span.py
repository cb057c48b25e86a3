"""A span: one part of a traced call, by the semantic conventions for HTTP.

A span shows only two values that a caller sends: the request id, and the method if it is a standard one. It never shows
the path of a refused call, a path parameter, a query or another field. It names the operation by its path template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from plugin_gateway.methods import KNOWN_OCTETS
from plugin_gateway.telemetry.record import HELD, is_cut, is_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugin_gateway.telemetry.collector import Collector
    from plugin_gateway.telemetry.record import AccessRecord
    from plugin_gateway.telemetry.trace_context import TraceContext

    Attributes: TypeAlias = list[tuple[str, str | int]]

INTERNAL: Final = 1
SERVER: Final = 2
CLIENT: Final = 3
"""The kinds of spans, with the numbers of OTLP."""
_NOT_SENT: Final = frozenset(
    {HELD, "approval-unavailable", "limit-store-unavailable", "too-many-calls", "upstream-token-unavailable"}
)
"""The codes of other refusals that stop a permitted call before it goes up."""
_NS: Final = 1_000_000_000


class TracedId(bytes):
    """The request id of a traced call, with the call's place in its trace.

    It is bytes, so that a call carries it to its access record like any other request id. A call that is not traced pays
    nothing for it.
    """

    context: TraceContext
    """The span of the call itself."""
    up_id: bytes
    """The id of the span of the request to the API."""
    parent_id: bytes
    """The span that the call belongs to; empty if it begins a trace."""
    incoming: TraceContext | None
    """The context that the request carries."""
    link: TraceContext | None
    """The caller's span, if the call begins a new trace."""
    is_inner: bool
    """Whether a request to the MCP endpoint made the call, for a tool."""


class Span(NamedTuple):
    """One span that has ended. Times are nanoseconds since the epoch."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    link: TraceContext | None
    kind: int
    name: str
    start_ns: int
    end_ns: int
    attributes: Attributes
    is_error: bool


def method_of(record: AccessRecord) -> str:
    """Return the method, or `_OTHER` for a method that no standard defines: a caller may send any token."""
    return KNOWN_OCTETS.get(record.method, "_OTHER")


def error_of(record: AccessRecord) -> str:
    """Return `error.type` of the answer to the caller; empty for a whole answer with a status below 500."""
    if record.status >= 500 or not record.status or is_cut(record):
        return record.reason or str(record.status)
    return ""


def error_up_of(record: AccessRecord) -> str:
    """Return `error.type` of the request to the API; empty if the API answered it with a status below 400."""
    return record.reason or (str(record.status) if record.status >= 400 else "")


def status_up_of(record: AccessRecord) -> int:
    """Return the status with which the API answered.

    It is 0 if its answer did not begin, or if the caller got another status.
    """
    return record.status if not record.reason or is_cut(record) else 0


def route_of(record: AccessRecord, collector: Collector) -> str:
    """Return `http.route`: the operation's path template, or one of the gateway's own paths; empty for every other call."""
    if record.rule is not None:
        return record.rule.path_template.partition("?")[0]
    path = record.target.partition(b"?")[0].decode("latin-1")
    return path if path in collector.own_paths else ""


def went_up(record: AccessRecord) -> bool:
    """Return whether the gateway sent the call to the API, or tried to."""
    return record.rule is not None and not is_refused(record) and record.reason not in _NOT_SENT


def spans_of(record: AccessRecord, collector: Collector, cover: Callable[[bytes], bytes] = bytes) -> Iterator[Span]:
    """Yield the spans of a call: its own, and the span of the request to the API. Yield nothing if the call is not sampled.

    `cover` masks secrets in the request id, which a caller may choose.
    """
    traced = record.request_id
    if not isinstance(traced, TracedId) or not traced.context.is_sampled:
        return
    end_ns = int(record.unix_time_s * _NS)
    start_ns = end_ns - int(record.duration_s * _NS)
    trace_id, span_id, _ = traced.context
    shown_id = cover(bytes(traced)).decode("ascii", "backslashreplace")
    attributes = _attributes(record, collector, shown_id, is_inner=traced.is_inner)
    name = _name(record, collector, traced)
    kind = INTERNAL if traced.is_inner else SERVER
    error = error_of(record)
    yield Span(trace_id, span_id, traced.parent_id, traced.link, kind, name, start_ns, end_ns, attributes, bool(error))
    if went_up(record):
        yield Span(
            trace_id,
            traced.up_id,
            span_id,
            None,
            CLIENT,
            f"{method_of(record)} {route_of(record, collector)}",
            start_ns,
            end_ns,
            _attributes_up(record, collector),
            bool(error_up_of(record)),
        )


def _name(record: AccessRecord, collector: Collector, traced: TracedId) -> str:
    if traced.is_inner and record.rule is not None:
        return f"tools/call {record.rule.operation_id}"
    method = method_of(record)
    return f"{'HTTP' if method == '_OTHER' else method} {route_of(record, collector)}".rstrip()


def _attributes(record: AccessRecord, collector: Collector, shown_id: str, *, is_inner: bool) -> Attributes:
    rule = record.rule
    found: Attributes = [("plugin_gateway.request_id", shown_id)]
    if is_inner:
        found.append(("mcp.method.name", "tools/call"))
        if rule is not None:
            found.append(("gen_ai.tool.name", rule.operation_id))
    else:
        found += [("http.request.method", method_of(record)), ("url.scheme", collector.public_scheme)]
        if collector.public_host:
            found += [("server.address", collector.public_host), ("server.port", collector.public_port)]
        if record.status:
            found.append(("http.response.status_code", record.status))
    if route := route_of(record, collector):
        # The path without the values of its parameters: the semantic conventions ask for it, and for nothing sensitive in it.
        found += [("http.route", route), ("url.path", route)]
    if rule is not None:
        found.append(("plugin_gateway.operation", rule.operation_id))
    if record.consumer:
        found.append(("plugin_gateway.consumer", record.consumer))
    if record.reason:
        found.append(("plugin_gateway.reason", record.reason))
    if error := error_of(record):
        found.append(("error.type", error))
    return found


def _attributes_up(record: AccessRecord, collector: Collector) -> Attributes:
    route = route_of(record, collector)
    found: Attributes = [
        ("http.request.method", method_of(record)),
        ("server.address", collector.upstream_host),
        ("server.port", collector.upstream_port),
        ("url.full", collector.upstream_url + route),
        ("url.template", route),
    ]
    if status := status_up_of(record):
        found.append(("http.response.status_code", status))
    if error := error_up_of(record):
        found.append(("error.type", error))
    return found
