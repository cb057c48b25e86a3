"""Tracing: gives each call its place in a trace when it begins, and sends this place to the API.

The gateway continues the trace of a caller that sends a valid `traceparent`, or begins a new trace that is linked to it. The
API always gets the context of the gateway's span as the parent of its spans. Invalid fields do not go up.
"""

from __future__ import annotations

from random import getrandbits, random
from typing import TYPE_CHECKING, Final

from plugin_gateway.telemetry.span import TracedId
from plugin_gateway.telemetry.trace_context import (
    TRACEPARENT,
    TRACESTATE,
    TraceContext,
    read_traceparent,
    read_tracestate,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.proxy.call import Call
    from plugin_gateway.telemetry.collector import Collector

_TRACE_ID_BYTES: Final = 16
_SPAN_ID_BYTES: Final = 8


class Tracing:
    """The tracing of one worker. It is off until `adopt` gets a collector of traces."""

    def __init__(self) -> None:
        self._collector: Collector | None = None

    @property
    def on_begin(self) -> Callable[[Call], object] | None:
        """For `Client.on_begin`: None while tracing is off, so that calls pay nothing."""
        return self._begin if self._collector is not None else None

    def adopt(self, collector: Collector | None) -> None:
        """Trace for this collector from now on, on connections that are opened from now on."""
        self._collector = collector if collector is not None and collector.traces else None

    def _begin(self, call: Call) -> None:
        collector, request = self._collector, call.received.request
        if collector is None:
            return
        traced, state = _placed(collector, call.request_id, request.values(TRACEPARENT), request.values(TRACESTATE))
        call.request_id = traced
        lines = b"Traceparent: " + traced.context.traceparent(traced.up_id) + b"\r\n"
        call.add_trace(lines + b"Tracestate: " + state + b"\r\n" if state else lines)


def _placed(collector: Collector, outer: bytes, parents: list[bytes], states: list[bytes]) -> tuple[TracedId, bytes]:
    """Return the traced id of a request, and the `tracestate` that goes up."""
    incoming = read_traceparent(parents)
    state = read_tracestate(states) if incoming is not None else b""
    traced = TracedId(outer)
    traced.incoming, traced.link = incoming, None
    # The call of a tool has the id of the request to the MCP endpoint, which began before it.
    traced.is_inner = isinstance(outer, TracedId)
    if isinstance(outer, TracedId) and (incoming is None or incoming == outer.incoming or collector.restarts):
        parent: TraceContext | None = outer.context
        is_sampled = outer.context.is_sampled
        state = b"" if outer.link is not None else state
    else:
        parent = incoming
        if collector.restarts and parent is not None:
            traced.link, parent, state = parent, None, b""
        # The caller's flag can only spare the call: a stranger must not decide how much is recorded.
        is_sampled = (incoming is None or incoming.is_sampled) and random() < collector.sample  # noqa: S311  # no secret
    trace_id = parent.trace_id if parent is not None else _id(_TRACE_ID_BYTES)
    traced.parent_id = parent.span_id if parent is not None else b""
    traced.context = TraceContext(trace_id, _id(_SPAN_ID_BYTES), is_sampled)
    traced.up_id = _id(_SPAN_ID_BYTES)
    return traced, state


def _id(size: int) -> bytes:
    # An id of zeros is invalid. Ids are not secrets, and `random` costs no system call.
    return (getrandbits(size * 8) or 1).to_bytes(size, "big")
