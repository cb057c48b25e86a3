"""Forwarding: the steps before a request goes up, and the answer if a step refuses it."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from plugin_gateway.callers.consumers import FOREVER
from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.gate.gate import NOT_FOUND, Gate
from plugin_gateway.gate.media_type import JSON, OPAQUE
from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.gate.query import rebuild_query
from plugin_gateway.gate.undeclared import UndeclaredQuery
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.proxy.clock import Clock
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.forward import RequestHead, forward, permit, refuse
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.in_process import InProcessClient
from plugin_gateway.proxy.looks import LookBudget
from plugin_gateway.proxy.received import Permitted
from plugin_gateway.publish.face import build_face
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision import Bounds, Revision, UpstreamSettings
from plugin_gateway.shape.request.bodies import JudgedBody
from plugin_gateway.shape.request.parameters import Parameters
from plugin_gateway.shape.request.part import Part
from plugin_gateway.shape.request.reader import Reader
from plugin_gateway.shape.shape import Shape
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.reading import Style
from plugin_gateway.shape.values.validator import Validator
from plugin_gateway.telemetry.series import SeriesKey
from tests.narrow import as_a, present, stand_in
from tests.proxy.real import door_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.proxy.call import Call
    from plugin_gateway.proxy.door import Door
    from plugin_gateway.proxy.serving import Serving
    from plugin_gateway.shape.shape import BodyShape
    from plugin_gateway.telemetry.record import AccessRecord

READ = OperationRule(method="GET", path_template="/p", operation_id="read")
WRITE = OperationRule(method="POST", path_template="/p", operation_id="write", is_safe=False)
REVISION = Revision(
    number=1, public_url="https://gw", rules=(READ, WRITE), limits=Bounds(), cors_origins=("https://a",),
    gate=stand_in(SimpleNamespace(judge=None)), faces=dict.fromkeys(("/openapi.json", "/openapi.json?profile=plugin"), build_face("application/json", b"{}")),
    upstream=UpstreamSettings(host="up", port=1, authority=b"up"), operations_total=2,
    read_injection=Injection(headers=((b"X-Key", b"read"),)), write_injection=Injection(headers=((b"X-Key", b"write"),)),
)  # fmt: skip


def judged(rule: OperationRule, fields: bytes) -> Any:
    """Return the outcome of a call with a body of three bytes."""
    serving = Holder(REVISION).serving
    block = serving.read(b"Host: a\r\nContent-Length: 3\r\n" + fields, 1)
    access = Access("", lambda _method, _target, _fields: Permit(rule, b"/p", b""), {})
    permitted = permit(serving, access, RequestHead(rule.method.encode(), b"/p", block))
    return permitted.code if isinstance(permitted, Refusal) else permitted.body_kind


def test_the_gate_judges_the_fields_of_the_call_that_goes_up() -> None:
    serving = Holder(REVISION).serving
    block = serving.read(b"Host: a\r\nX-Target: List\r\n", 1)
    judge = gate_of_targets("List", "Drop").judge
    head = RequestHead(b"POST", b"/", block)
    permitted = permit(serving, Access("", judge, {}), head)
    assert present(as_a(Permitted, permitted).rule).path_template == "/#X-Target=List"
    assert b"\r\nX-Target: List\r\n" in as_a(Permitted, permitted).head
    assert permit(serving, Access("", gate_of_targets("Drop").judge, {}), head) is NOT_FOUND


def gate_of_targets(*allowed: str) -> Gate:
    """Return the gate of operations that the field X-Target selects."""
    paths = {
        f"/#X-Target={name}": {
            "post": {"parameters": [{"name": "X-Target", "in": "header", "required": True, "schema": {"enum": [name]}}]}
        }
        for name in ("List", "Drop")
    }
    document = Document(root={"openapi": "3.0.3", "paths": paths}, name="t")
    keys = [OperationKey("POST", f"/#X-Target={name}") for name in allowed]
    return compile_gate(document, {key: AllowedOperation(operation_id=key.path) for key in keys})


def test_an_operation_that_cannot_have_a_body_refuses_one() -> None:
    assert judged(READ, b"") == "body-not-declared"
    assert judged(WRITE, b"Content-Type: application/json\r\n") == JSON
    assert judged(replace(READ, has_request_body=True), b"Content-Type: image/png\r\n") == OPAQUE


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        (b"Content-Type: application/json\r\n", JSON),
        (b"Content-Type: text/xml\r\n", "undeclared-media-type"),
        (b"", "undeclared-media-type"),
        # A field that Connection declares hop-by-hop does not go up, so it does not count.
        (b"Content-Type: application/json\r\nConnection: content-type\r\n", "undeclared-media-type"),
        (b"Content-Type: application/json\r\nContent-Type: application/json\r\n", "malformed-media-type"),
        (b"Content-Type: application/json\r\nContent-Encoding: gzip\r\n", "unsupported-coding"),
    ],
)
def test_a_body_is_judged_by_the_type_in_its_head(fields: bytes, found: int | str) -> None:
    rule = replace(WRITE, has_request_body=True, media_types=(b"application/json",))
    assert judged(rule, fields) == found


def test_a_request_that_a_report_skipped_is_due_when_there_is_a_look_to_spare() -> None:
    reader = Reader(
        *("query", "limit", Style("form", True, "limit"), kind_of({}, Document(root={}, name="d"))),
        Validator({"type": "integer"}),
        is_enforced=False,
    )
    rule = replace(READ, shape=Shape(parameters=Parameters((Part("query", "limit", reader),))))
    serving = Holder(replace(REVISION, rules=(rule,))).serving
    access = Access("", lambda _method, _target, _fields: Permit(rule, b"/p", b"limit=x"), {})
    plan = serving.plan(rule)
    block = serving.read(b"Host: a\r\n", 1)
    plan.looks = LookBudget(lambda: 0.0)
    while plan.looks.take():
        pass
    skipped = permit(serving, access, RequestHead(b"GET", b"/p", block))
    assert isinstance(skipped, Permitted)
    assert not skipped.is_due()

    plan.looks = LookBudget(lambda: 0.0)
    assert skipped.is_due()
    seen = permit(serving, access, RequestHead(b"GET", b"/p", block))
    assert isinstance(seen, Permitted)
    assert not seen.is_due()
    assert present(plan.mismatches).series() == {SeriesKey("mismatches", ("read", "request")): [1]}


CLOSED = Refusal(status=404, code="operation-not-found", detail="No.")
UNKNOWN = Refusal(status=401, code="missing-credential", detail="No.")


def play(serving: Serving | None, act: Callable[..., Any]) -> tuple[int, str, AccessRecord]:
    """Let a client act; return the status and body of its answer, and the record of its call."""

    async def scene() -> tuple[int, str, AccessRecord]:
        records: list[AccessRecord] = []
        client = InProcessClient(Clock(), records.append, "192.0.2.1")
        act(client)
        status, _ = await client.head()
        body = await client.read()
        client.close()
        return status, json.loads(body)["code"], records[0]

    return asyncio.run(scene())


def refused(
    *,
    anybody: Access | None = None,
    access: Access | None = None,
    door: Door | None = None,
    remembered: Access | None = None,
) -> tuple[int, str, AccessRecord]:
    serving = Holder(REVISION).serving
    serving.door = door
    if anybody is not None:
        serving.anybody = anybody
    block = serving.read(b"Host: a\r\nX-Request-Id: r\r\n", 1)
    if remembered is not None:
        block.keep_access(remembered, FOREVER)

    def act(client: InProcessClient) -> None:
        assert forward(serving, client, RequestHead(b"GET", b"/p?q=1", block), b"", True, access) is None

    return play(serving, act)


def test_the_door_is_asked_first_and_a_caller_it_does_not_know_gets_no_further() -> None:
    status, code, record = refused(door=door_of(REVISION, lambda values, address: UNKNOWN))
    assert (status, code) == (401, "missing-credential")
    assert (record.target, record.rule, record.request_id, record.consumer) == (b"/p?q=1", None, b"r", "")


def test_a_caller_who_is_known_already_is_not_asked_again() -> None:
    asked = []
    tom, other = (Access(name, lambda _method, _target, _fields: CLOSED, {}) for name in ("tom", "other"))

    def identify(values: Any, address: str) -> Refusal:
        asked.append(address)
        return UNKNOWN

    for remembered in (None, other):
        status, _, record = refused(access=tom, door=door_of(REVISION, identify), remembered=remembered)
        assert (status, record.consumer, asked) == (404, "tom", [])


def test_a_call_that_the_gate_refuses_is_recorded_with_its_caller() -> None:
    status, code, record = refused(anybody=Access("all", lambda _method, _target, _fields: CLOSED, {}))
    assert (status, code) == (404, "operation-not-found")
    assert (record.method, record.target, record.consumer, record.client) == (b"GET", b"/p?q=1", "all", "192.0.2.1")


def test_bytes_that_are_not_a_request_are_refused_and_recorded_with_the_known_facts() -> None:
    begun: list[Call] = []

    def act(client: InProcessClient) -> None:
        client.on_begin = begun.append
        refuse(client, b"HEAD", b"/a b", CLOSED)

    status, _, record = play(None, act)
    assert [call.request_id for call in begun] == [record.request_id]
    assert (status, record.reason, record.method, record.target) == (404, "operation-not-found", b"HEAD", b"/a b")
    assert record.request_id


def shaped(
    query: bytes, fields: bytes = b"", *, body: BodyShape | None = None, is_shaped: bool = True
) -> Permitted | Refusal:
    """Return the outcome of a call of an operation that narrows `limit` and fixes `account` and X-Region."""
    kind = kind_of({}, Document(root={}, name="d"))
    limit = Reader("query", "limit", Style("form", True, "limit"), kind, Validator({"type": "integer", "maximum": 50}))
    parts = (
        Part("query", "limit", limit),
        Part("query", "", added=b"account=1", is_fixed=True),
        Part("header", "", added=b"X-Region: eu\r\n", is_fixed=True),
    )
    shape = Shape(parameters=Parameters(parts), body=body) if is_shaped else None
    names: dict[str, Any] = {
        "header_names": frozenset({b"x-region"}),
        "query_names": frozenset({b"limit"}),
        "media_types": (b"application/json",),
    }
    rule = replace(WRITE, shape=shape, withheld_headers=frozenset({b"xregion"}), **names)
    rebuilt = rebuild_query(query, rule)
    verdict: Permit | Refusal
    if isinstance(rebuilt, UndeclaredQuery):
        verdict = rebuilt.with_permit(Permit(rule, b"/p", rebuilt.rest))
    else:
        verdict = rebuilt if isinstance(rebuilt, Refusal) else Permit(rule, b"/p", rebuilt)
    serving = Holder(replace(REVISION, rules=(rule,))).serving
    access = Access("", lambda _method, _target, _fields: verdict, {})
    return permit(serving, access, RequestHead(b"POST", b"/p", serving.read(b"Host: a\r\n" + fields, 1)))


def test_a_shape_writes_the_query_and_the_fields_of_the_head() -> None:
    permitted = shaped(b"limit=5", b"X-Region: us\r\nX_Region: us\r\n")
    assert isinstance(permitted, Permitted)
    assert permitted.head.startswith(b"POST /p?limit=5&account=1 HTTP/1.1\r\nX-Region: eu\r\n")
    assert b"us" not in permitted.head


def test_one_answer_lists_undeclared_names_the_type_of_the_body_and_the_parameters() -> None:
    fields = b"Content-Length: 3\r\nContent-Type: text/xml\r\n"
    refused = shaped(b"limit=51&x=1", fields)
    assert isinstance(refused, Refusal)
    assert (refused.status, refused.code) == (415, "undeclared-media-type")
    assert [one["pointer"] for one in refused.members["errors"]] == ["/header/content-type", "/query/x", "/query/limit"]

    refused = shaped(b"limit=51&x=1")
    assert isinstance(refused, Refusal)
    assert (refused.status, refused.code) == (400, "invalid-request")
    assert (refused.members["undeclared"], refused.members["declared"]) == (["x"], ["limit"])

    refused = shaped(b"limit=5&x=1")
    assert isinstance(refused, Refusal)
    assert refused.code == "undeclared-query-parameter"


def test_an_operation_without_a_shape_lists_undeclared_names_and_the_type_of_the_body() -> None:
    fields = b"Content-Length: 3\r\nContent-Type: "
    for media_type, code, count in (
        (b"text/xml", "undeclared-media-type", 2),
        (b"application/json", "undeclared-query-parameter", 1),
    ):
        refused = shaped(b"x=1", fields + media_type + b"\r\n", is_shaped=False)
        assert isinstance(refused, Refusal)
        assert refused.code == code
        assert len(refused.members["errors"]) == count


def test_a_shape_refuses_a_call_without_a_body_at_once() -> None:
    refused = shaped(b"limit=51")
    assert isinstance(refused, Refusal)
    assert refused.code == "invalid-request"


def test_a_refusal_of_the_parameters_waits_only_for_a_body_that_is_judged() -> None:
    class Bodies:
        only_reports = False

        def judges(self, media_type: bytes) -> bool:
            return media_type == b"application/json"

        def write(self, media_type: bytes, body: bytes) -> JudgedBody | Refusal:
            return JudgedBody(media_type + body)

        def without_body(self, media_type: bytes) -> JudgedBody | Refusal:
            return JudgedBody(b"")

    fields = b"Content-Length: 2\r\nContent-Type: "
    waiting = shaped(b"limit=51", fields + b"application/json\r\n", body=Bodies())
    assert isinstance(waiting, Permitted)
    assert waiting.shaped.refusal is not None
    assert isinstance(shaped(b"limit=51", fields + b"text/plain\r\n", body=Bodies()), Refusal)
    passing = shaped(b"limit=5", fields + b"application/json\r\n", body=Bodies())
    assert isinstance(passing, Permitted)
    assert passing.shaped.refusal is None
