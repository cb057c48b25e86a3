"""Inner fields: what goes from a request to the endpoint into the request of a tool call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.mcp.inner_fields import inner_block, trace_of
from plugin_gateway.proxy.in_process import field_block

if TYPE_CHECKING:
    from collections.abc import Sequence

OUTER = [
    (b"host", b"gw.example"),
    (b"content-type", b"application/json"),
    (b"content-length", b"7"),
    (b"accept", b"text/event-stream"),
    (b"accept-encoding", b"br"),
    (b"accept-language", b"de"),
    (b"user-agent", b"agent/1"),
    (b"mcp-method", b"tools/call"),
    (b"cookie", b"a=b"),
    (b"x-tenant", b"outer"),
    (b"idempotency-key", b"k"),
    (b"range", b"bytes=0-1"),
    (b"x-request-id", b"r-1"),
]
TRACE = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"


def lines(own: Sequence[tuple[bytes, bytes]] = (), **more: Any) -> list[tuple[bytes, bytes]]:
    return [(field.name, field.value) for field in inner_block(field_block(OUTER).request, own, **more).request.fields]


def test_only_fields_about_the_caller_are_passed_on() -> None:
    assert lines() == [
        (b"accept", b"application/json, */*;q=0.5"),
        (b"accept-language", b"de"),
        (b"user-agent", b"agent/1"),
    ]


def test_the_operator_may_forward_more_and_an_argument_wins() -> None:
    assert (b"x-tenant", b"outer") in lines(forwarded={b"x-tenant"})
    assert [
        value for name, value in lines([(b"x-tenant", b"mine")], forwarded={b"x-tenant"}) if name == b"x-tenant"
    ] == [b"mine"]


def test_a_body_is_announced_with_its_length() -> None:
    request = inner_block(field_block(OUTER).request, [(b"content-type", b"application/json")], length=3).request

    assert (request.content_length, request.has_body, request.is_plain) == (3, True, False)
    assert not inner_block(field_block(OUTER).request, []).request.has_body


def test_the_request_id_stays_the_same() -> None:
    assert inner_block(field_block(OUTER).request, []).request.request_id == b"r-1"


@pytest.mark.parametrize(
    "pair", [(b"x-a", b"1\r\nX-Api-Key: mine"), (b"x-a\r\nb", b"1"), (b"x a", b"1"), (b"x-a", b"\x00")]
)
def test_a_line_end_never_becomes_a_second_field(pair: tuple[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match="not a field"):
        lines([pair])


@pytest.mark.parametrize(
    ("meta", "found"),
    [
        ({}, None),
        ({"tracestate": "a=1"}, None),
        ({"traceparent": TRACE}, {"traceparent": TRACE}),
        ({"traceparent": TRACE, "tracestate": "a=1,b=2"}, {"traceparent": TRACE, "tracestate": "a=1,b=2"}),
        ({"traceparent": TRACE, "tracestate": "a=1\r\nX: y"}, {"traceparent": TRACE}),
        ({"traceparent": TRACE + "\n"}, None),
        ({"traceparent": 7}, None),
    ],
)
def test_a_trace_context_of_the_message_is_passed_on_if_it_is_well_formed(
    meta: Any, found: dict[str, str] | None
) -> None:
    assert trace_of(meta) == found
    if found:
        assert (b"traceparent", TRACE.encode()) in lines(trace=found)
