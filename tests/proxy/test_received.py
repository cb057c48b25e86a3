"""Calls of the same bytes share their results, and no other calls do."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.media_type import JSON
from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.received import FieldBlock, Permitted, traced_head
from plugin_gateway.proxy.uplink import Uplink
from plugin_gateway.proxy.wire import read_request_fields
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision import UpstreamSettings
from tests.narrow import stand_in
from tests.proxy.real import plan_of

RULE = OperationRule(method="GET", path_template="/p", operation_id="p")
UPSTREAM = UpstreamSettings(host="up", port=80, authority=b"up.test", prefix=b"/v2")
BLOCK = b"Host: gw.test\r\nX-Tenant: t\r\n"


def permitted(
    rule: OperationRule = RULE,
    *,
    query: bytes = b"",
    injection: Injection | None = None,
    block: FieldBlock | None = None,
    granted: object | None = None,
    method: bytes = b"GET",
) -> Permitted:
    uplink = Uplink(rule, UPSTREAM, injection or Injection())
    plan = plan_of(rule, uplink, granted=granted)
    block = block or FieldBlock(read_request_fields(BLOCK, 1))
    return Permitted(
        plan, Access("tom", stand_in(None), {}), RequestHead(method, b"/p", block), Permit(rule, b"/p", query)
    )


@pytest.mark.parametrize(
    ("query", "injected", "target"),
    [
        (b"", b"", b"/v2/p"),
        (b"a=1", b"", b"/v2/p?a=1"),
        (b"", b"api_key=s3cret-qry", b"/v2/p?api_key=s3cret-qry"),
        (b"a=1", b"api_key=s3cret-qry", b"/v2/p?a=1&api_key=s3cret-qry"),
    ],
)
def test_the_target_is_the_prefix_the_path_and_both_queries(query: bytes, injected: bytes, target: bytes) -> None:
    assert permitted(query=query, injection=Injection(query=injected)).head.split(b" ")[1] == target


def test_the_same_fields_serve_two_operations_each_in_its_own_way() -> None:
    block = FieldBlock(read_request_fields(BLOCK, 1))
    rules = [
        OperationRule(method="GET", path_template="/p", operation_id="p", header_names=names)
        for names in (frozenset({b"x-tenant"}), frozenset())
    ]
    for _ in range(2):
        assert [b"X-Tenant: t" in permitted(rule, block=block).head for rule in rules] == [True, False]


def test_the_type_of_a_body_is_judged_for_each_operation_that_the_same_fields_reach() -> None:
    block = FieldBlock(read_request_fields(BLOCK + b"Content-Type: application/json\r\nContent-Length: 2\r\n", 1))
    takes_json, takes_forms = (
        OperationRule(method="POST", path_template="/p", operation_id="p", has_request_body=True, media_types=(name,))
        for name in (b"application/json", b"application/x-www-form-urlencoded")
    )
    for _ in range(2):
        assert block.body_kind(takes_json) == block.body_kind(takes_json) == JSON
        refused = block.body_kind(takes_forms)
        assert isinstance(refused, Refusal)
        assert refused.status == 415


def test_a_head_that_depends_on_a_token_is_made_when_there_is_one() -> None:
    it = permitted(granted=object())
    assert it.head == b""
    uplink = Uplink(RULE, UPSTREAM, Injection(headers=((b"Authorization", b"Bearer t"),)))
    assert it.head_for(uplink).startswith(b"GET /v2/p HTTP/1.1\r\n")
    assert b"Authorization: Bearer t\r\n" in uplink.end


@pytest.mark.parametrize(("method", "is_head"), [(b"GET", False), (b"HEAD", True)])
def test_a_request_is_named_by_its_operation_and_its_caller(method: bytes, is_head: bool) -> None:
    it = permitted(method=method)
    assert (it.rule, it.target, it.consumer, it.is_head) == (RULE, b"/p", "tom", is_head)


@pytest.mark.parametrize("name", [b"traceparent", b"TraceParent"])
def test_the_head_of_a_traced_call_has_the_gateways_trace_in_place_of_the_clients(name: bytes) -> None:
    block = FieldBlock(read_request_fields(b"Host: gw\r\n" + name + b": c\r\nTracestate: d\r\nX-Tracestate: e\r\n", 1))
    rule = replace(RULE, header_names=frozenset({b"x-tracestate"}))
    shared = permitted(rule, block=block)
    lines = traced_head(shared.head, b"Traceparent: g\r\n").split(b"\r\n")
    assert lines[1] == b"Traceparent: g"
    assert b"X-Tracestate: e" in lines
    assert not {b": c", b": d"} & {line[-3:] for line in lines}
