from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.proxy.received import Received
from plugin_gateway.proxy.tracing import Tracing
from plugin_gateway.proxy.wire import read_request_fields
from plugin_gateway.telemetry.collector import Collector
from plugin_gateway.telemetry.span import TracedId
from plugin_gateway.telemetry.trace_context import read_traceparent
from tests.narrow import stand_in

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED, SPARED = f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"


class OneCall:
    """Stands in for a call, because compiled code allows no subclass of it, and notes what it would send up."""

    def __init__(self, fields: str, request_id: bytes = b"") -> None:
        request = read_request_fields(f"Host: gw\r\n{fields}".encode(), 1)
        self.received = Received(request, b"GET", b"/p")
        self.request_id = request_id or request.request_id or b"id-1"
        self.sent: list[bytes] = []

    def add_trace(self, lines: bytes) -> None:
        self.sent = lines.split(b"\r\n")[:-1]


def begun(*fields: str, call: OneCall | None = None, **settings: Any) -> OneCall:
    tracing = Tracing()
    tracing.adopt(Collector(endpoint="http://127.0.0.1:4318", **settings))
    call = call or OneCall("".join(f"{field}\r\n" for field in fields))
    assert tracing.on_begin is not None
    tracing.on_begin(stand_in(call))
    return call


def traced(call: OneCall) -> TracedId:
    assert isinstance(call.request_id, TracedId)
    return call.request_id


@pytest.mark.parametrize(
    "collector", [None, Collector(endpoint="http://127.0.0.1", traces=False)], ids=["off", "metrics"]
)
def test_calls_pay_nothing_while_tracing_is_off(collector: Collector | None) -> None:
    tracing = Tracing()
    tracing.adopt(collector)
    assert tracing.on_begin is None


def test_a_connection_from_before_the_end_of_tracing_is_not_traced_any_more() -> None:
    tracing = Tracing()
    tracing.adopt(Collector(endpoint="http://127.0.0.1"))
    on_begin = tracing.on_begin
    tracing.adopt(None)
    call = OneCall("")
    assert on_begin is not None
    on_begin(stand_in(call))
    assert not isinstance(call.request_id, TracedId)


def test_the_call_joins_the_callers_trace_and_the_api_gets_the_gateways_span() -> None:
    call = begun(f"traceparent: {SAMPLED}", "tracestate: a=1,b=2")
    own = traced(call)
    assert own.parent_id.hex() == SPAN
    assert own.context.trace_id.hex() == TRACE
    assert own.context.is_sampled
    traceparent, tracestate = call.sent
    assert traceparent == b"Traceparent: 00-" + TRACE.encode() + b"-" + own.up_id.hex().encode() + b"-01"
    assert tracestate == b"Tracestate: a=1,b=2"
    assert len({own.context.span_id, own.up_id, own.parent_id}) == 3


def test_the_request_id_stays() -> None:
    assert begun("x-request-id: mine").request_id == b"mine"


@pytest.mark.parametrize(
    "fields",
    [
        (),
        ("traceparent: bogus", "tracestate: a=1"),
        (f"traceparent: {SAMPLED}", f"traceparent: {SAMPLED}", "tracestate: a=1"),
        ("tracestate: a=1",),
        (f"traceparent: {SAMPLED}", "tracestate: a=1", "connection: traceparent"),
    ],
)
def test_without_a_valid_context_the_call_begins_a_trace(fields: tuple[str, ...]) -> None:
    call = begun(*fields)
    assert traced(call).parent_id == b""
    assert traced(call).context.trace_id.hex() != TRACE
    [line] = call.sent
    sent = read_traceparent([line.removeprefix(b"Traceparent: ")])
    assert sent is not None
    assert sent.trace_id == traced(call).context.trace_id


def test_an_invalid_tracestate_is_left_out() -> None:
    assert len(begun(f"traceparent: {SAMPLED}", "tracestate: A=1").sent) == 1


def test_a_caller_can_ask_not_to_be_recorded() -> None:
    call = begun(f"traceparent: {SPARED}")
    assert not traced(call).context.is_sampled
    assert call.sent[0].endswith(b"-00")
    assert TRACE.encode() in call.sent[0]


@pytest.mark.parametrize("fields", [(), (f"traceparent: {SAMPLED}",)], ids=["alone", "sampled by the caller"])
def test_the_gateway_decides_how_much_is_recorded(fields: tuple[str, ...]) -> None:
    call = begun(*fields, sample=0.0)
    assert not traced(call).context.is_sampled
    assert call.sent[0].endswith(b"-00")


def test_a_restarted_trace_is_linked_to_the_callers() -> None:
    call = begun(f"traceparent: {SAMPLED}", "tracestate: a=1", restarts=True)
    own = traced(call)
    assert own.link is not None
    assert own.link.traceparent() == SAMPLED.encode()
    assert own.parent_id == b""
    [line] = call.sent
    assert TRACE.encode() not in line


@pytest.mark.parametrize("restarts", [False, True])
def test_the_call_of_a_tool_belongs_to_the_request_that_it_came_with(*, restarts: bool) -> None:
    fields = f"traceparent: {SAMPLED}\r\ntracestate: a=1\r\n"
    outer = traced(begun(call=OneCall(fields), restarts=restarts))
    inner = begun(call=OneCall(fields, outer), restarts=restarts)
    assert traced(inner).is_inner
    assert not outer.is_inner
    assert traced(inner).parent_id == outer.context.span_id
    assert traced(inner).context.trace_id == outer.context.trace_id
    assert len(inner.sent) == (1 if restarts else 2)


def test_the_call_of_a_tool_joins_the_trace_in_its_message() -> None:
    outer = traced(begun())
    inner = begun(call=OneCall(f"traceparent: {SAMPLED}\r\n", outer))
    assert traced(inner).context.trace_id.hex() == TRACE
    assert traced(inner).parent_id.hex() == SPAN


def test_the_call_of_a_tool_is_recorded_if_its_request_is() -> None:
    outer = traced(begun(sample=0.0))
    assert not traced(begun(call=OneCall("", outer))).context.is_sampled


def test_each_call_has_its_own_ids() -> None:
    seen = {traced(begun()).context for _ in range(50)}
    assert len({context.trace_id for context in seen}) == len({context.span_id for context in seen}) == 50
