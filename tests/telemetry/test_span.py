from typing import Any

import pytest

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.telemetry.collector import Collector
from plugin_gateway.telemetry.record import AccessRecord
from plugin_gateway.telemetry.span import CLIENT, INTERNAL, SERVER, Span, TracedId, spans_of, went_up
from plugin_gateway.telemetry.trace_context import TraceContext

RULE = OperationRule(method="GET", path_template="/pets/{petId}", operation_id="getPet")
COLLECTOR = Collector(
    endpoint="http://127.0.0.1:4318",
    public_scheme="https",
    public_host="pets.example.com",
    public_port=443,
    upstream_url="http://api.internal:9100/v1",
    upstream_host="api.internal",
    upstream_port=9100,
    own_paths=frozenset({"/openapi.json"}),
)
TRACE, OWN, UP, PARENT = b"t" * 16, b"s" * 8, b"u" * 8, b"p" * 8


def traced(*, is_sampled: bool = True, is_inner: bool = False) -> TracedId:
    found = TracedId(b"id-1")
    found.context = TraceContext(TRACE, OWN, is_sampled)
    found.up_id, found.parent_id, found.incoming, found.link, found.is_inner = UP, PARENT, None, None, is_inner
    return found


def record(**more: Any) -> AccessRecord:
    base = AccessRecord(
        1000.5, b"GET", b"/pets/a-value", RULE, 200, 0, 5, 0.25, "", traced(), "192.0.2.1", "ci", "", 0.2
    )
    return base._replace(**more)


def spans(**more: Any) -> list[Span]:
    return list(spans_of(record(**more), COLLECTOR))


def test_a_forwarded_call_has_a_server_span_and_a_client_span_below_it() -> None:
    server, client = spans()
    assert (server.trace_id, server.span_id, server.parent_id, server.kind) == (TRACE, OWN, PARENT, SERVER)
    assert (client.trace_id, client.span_id, client.parent_id, client.kind) == (TRACE, UP, OWN, CLIENT)
    assert (server.name, client.name) == ("GET /pets/{petId}", "GET /pets/{petId}")
    assert (server.start_ns, server.end_ns) == (1000_250_000_000, 1000_500_000_000)
    assert not server.is_error
    assert dict(server.attributes) == {
        "plugin_gateway.request_id": "id-1",
        "http.request.method": "GET",
        "url.scheme": "https",
        "server.address": "pets.example.com",
        "server.port": 443,
        "http.response.status_code": 200,
        "http.route": "/pets/{petId}",
        "url.path": "/pets/{petId}",
        "plugin_gateway.operation": "getPet",
        "plugin_gateway.consumer": "ci",
    }
    assert dict(client.attributes) == {
        "http.request.method": "GET",
        "server.address": "api.internal",
        "server.port": 9100,
        "url.full": "http://api.internal:9100/v1/pets/{petId}",
        "url.template": "/pets/{petId}",
        "http.response.status_code": 200,
    }


@pytest.mark.parametrize("request_id", [b"id-1", traced(is_sampled=False)], ids=["not traced", "not sampled"])
def test_a_call_that_is_not_sampled_has_no_span(request_id: bytes) -> None:
    assert spans(request_id=request_id) == []


def test_a_refused_call_shows_neither_its_path_nor_its_query() -> None:
    [span] = spans(rule=None, target=b"/admin/keys?token=a-value", status=404, reason="operation-not-found")
    assert span.name == "GET"
    assert ("plugin_gateway.reason", "operation-not-found") in span.attributes
    assert "admin" not in str(span)
    assert "a-value" not in str(span)


def test_the_gateways_own_paths_are_shown() -> None:
    [span] = spans(rule=None, target=b"/openapi.json?profile=gpt-actions", status=200)
    assert span.name == "GET /openapi.json"


def test_a_method_that_no_standard_knows_is_not_shown() -> None:
    [span] = spans(rule=None, method=b"A-VALUE", target=b"/x", status=404, reason="operation-not-found")
    assert (span.name, dict(span.attributes)["http.request.method"]) == ("HTTP", "_OTHER")


def test_the_call_of_a_tool_is_internal() -> None:
    own, client = spans(request_id=traced(is_inner=True))
    assert (own.kind, own.name, client.kind) == (INTERNAL, "tools/call getPet", CLIENT)
    assert dict(own.attributes)["mcp.method.name"] == "tools/call"
    assert "http.response.status_code" not in dict(own.attributes)


@pytest.mark.parametrize(
    ("more", "errors", "types"),
    [
        ({"status": 404}, [False, True], [None, "404"]),
        ({"status": 500}, [True, True], ["500", "500"]),
        ({"status": 502, "reason": "upstream-refused"}, [True, True], ["upstream-refused"] * 2),
        ({"status": 429, "reason": "rate-limited"}, [False], [None]),
        ({"status": 0, "reason": "client-gone"}, [True, True], ["client-gone"] * 2),
        ({"status": 200, "reason": "client-gone"}, [True, True], ["client-gone"] * 2),
        ({"status": 206, "reason": "upstream-closed"}, [True, True], ["upstream-closed"] * 2),
        ({"status": 404, "reason": "upstream-closed"}, [True, True], ["upstream-closed"] * 2),
        ({"status": 202, "reason": "approval-needed"}, [False], [None]),
    ],
)
def test_each_span_has_the_error_of_its_side(more: dict[str, Any], errors: list[bool], types: list[str | None]) -> None:
    found = spans(**more)
    assert [span.is_error for span in found] == errors
    assert [dict(span.attributes).get("error.type") for span in found] == types


@pytest.mark.parametrize(
    ("status", "reason", "status_up"),
    [(200, "", 200), (200, "upstream-closed", 200), (502, "upstream-closed", None), (404, "client-gone", 404)],
)
def test_the_span_of_the_request_to_the_api_has_the_status_that_the_api_sent(
    status: int, reason: str, status_up: int | None
) -> None:
    [_, up] = spans(status=status, reason=reason)
    assert dict(up.attributes).get("http.response.status_code") == status_up


def test_a_held_call_did_not_go_up() -> None:
    assert went_up(record())
    assert not went_up(record(status=202, reason="approval-needed"))
    assert not went_up(record(status=503, reason="too-many-calls"))
    assert not went_up(record(rule=None))


def test_a_secret_in_a_request_id_is_covered() -> None:
    [span, _] = spans_of(record(), COLLECTOR, lambda octets: octets.replace(b"id", b"**"))
    assert ("plugin_gateway.request_id", "**-1") in span.attributes
