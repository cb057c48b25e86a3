"""Tests of the ASGI front alone; the tests that take `run` (`tests/proxy/conftest.py`) test both fronts."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.errors import UpstreamError
from plugin_gateway.gate.mount import mount_at
from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.proxy.endpoint import Endpoint
from plugin_gateway.proxy.fronts.asgi import AsgiFront
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.tracing import Tracing
from plugin_gateway.publish.face import build_face
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision import Bounds, Revision, UpstreamSettings
from plugin_gateway.telemetry.collector import Collector
from plugin_gateway.telemetry.span import TracedId
from tests.bounds import BOUND_S
from tests.narrow import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from plugin_gateway.gate.mount import Mount

FACE = build_face("application/json", b"{}")
READ = OperationRule(method="GET", path_template="/p", operation_id="read")
WRITE = OperationRule(method="POST", path_template="/p", operation_id="write", has_request_body=True, is_safe=False)
NOT_FOUND = Refusal(status=404, code="operation-not-found", detail="No such operation.")


class PathGate:
    judged: list[tuple[bytes, bytes]]

    def __init__(self) -> None:
        self.judged = []

    def judge(self, method: bytes, target: bytes, fields: object) -> Any:
        self.judged.append((method, target))
        path, _, query = target.partition(b"?")
        return Permit(WRITE if method == b"POST" else READ, path, query) if path == b"/p" else NOT_FOUND


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    body = b""
    if b"chunked" in head:
        while size := int(await reader.readline() or b"0", 16):
            body += (await reader.readexactly(size + 2))[:-2]
    text = head + b"|" + body
    writer.write(b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(text), text))
    writer.close()


async def breaks_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")
    writer.close()


async def answering(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


class App:
    """Answers every request, and keeps the scopes that it got."""

    def __init__(self) -> None:
        self.scopes: list[dict[str, Any]] = []

    async def __call__(self, scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        self.scopes.append(scope)
        if scope["type"] == "http":
            await answering(scope, receive, send)


async def reading(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    """Answer with the body of the request."""
    body, is_whole = b"", False
    while not is_whole:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        is_whole = not message.get("more_body")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def make_tracing() -> Tracing:
    tracing = Tracing()
    tracing.adopt(Collector(endpoint="http://127.0.0.1:4318"))
    return tracing


def ask(
    upstream: Callable[..., Any] = echo,
    *,
    messages: tuple[dict[str, Any], ...] = ({"type": "http.request"},),
    local: Callable[..., Any] = answering,
    mount: Mount | None = None,
    tracing: Tracing | None = None,
    body_timeout_s: float = 10.0,
    **scope: Any,
) -> SimpleNamespace:
    """Give the front one scope; return the messages it sent, the records, the gate's questions, and its error."""

    async def whole() -> SimpleNamespace:
        server = await asyncio.start_server(upstream, "127.0.0.1", 0)
        gate, sent, records = PathGate(), list[Any](), list[Any]()
        settings = UpstreamSettings(host="127.0.0.1", port=server.sockets[0].getsockname()[1], authority=b"up")
        holder = Holder(
            Revision(
                number=1, public_url="http://gw", mount=mount, gate=stand_in(gate), rules=(READ, WRITE), faces={"/openapi.json": FACE},
                upstream=settings, read_injection=Injection(), write_injection=Injection(), operations_total=2,
                limits=Bounds(request_head_bytes=200, request_body_bytes=10, body_timeout_s=body_timeout_s), cors_origins=(),
            ),
            local_paths={b"/oauth/token"}, endpoints=lambda _: {b"/mcp": Endpoint(10)},
        )  # fmt: skip
        left = list(messages)

        async def receive() -> dict[str, Any]:
            if not left:
                await asyncio.Event().wait()
            return left.pop(0)

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        base = {
            "type": "http",
            "method": "GET",
            "path": "/p",
            "raw_path": b"/p",
            "query_string": b"",
            "http_version": "1.1",
        }
        whole_scope = base | {"headers": [(b"host", b"gw")], "client": ("10.0.0.1", 5)} | scope
        raised = None
        try:
            async with asyncio.timeout(BOUND_S):
                await AsgiFront(holder, local, records.append, tracing)(whole_scope, receive, send)
        except (UpstreamError, KeyError) as error:
            raised = error
        holder.close()
        server.close()
        while holder.serving.pool._open:  # noqa: ASYNC110  # the loop closes them without an event
            await asyncio.sleep(0)
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)
        return SimpleNamespace(sent=sent, records=records, judged=gate.judged, raised=raised)

    return asyncio.run(whole())


def body_of(seen: SimpleNamespace) -> bytes:
    return b"".join(message["body"] for message in seen.sent[1:])


OWN = [("GET", b"/openapi.json"), ("POST", b"/oauth/token"), ("OPTIONS", b"/p"), ("POST", b"/mcp")]
"""A document, the façade, a preflight and an endpoint."""
OF_THE_APP = OWN[:3]


@pytest.mark.parametrize(
    "scope", [{"type": "lifespan"}, {"type": "websocket"}, {"raw_path": b"/openapi.json"}, {"method": "OPTIONS"}]
)
def test_requests_for_the_gateways_own_paths_go_to_the_app(scope: dict[str, Any]) -> None:
    local = App()
    seen = ask(local=local, **scope)
    assert [got["type"] for got in local.scopes] == [scope.get("type", "http")]
    assert not seen.judged


@pytest.mark.parametrize(("method", "path"), OWN)
@pytest.mark.parametrize("field", [(b"x", b"a\r\nb: c"), (b"x y", b"a"), (b"x", b"a\x00"), (b"host", b"other")])
def test_a_header_list_that_breaks_the_grammar_is_refused_also_on_the_gateways_own_paths(
    method: str, path: bytes, field: tuple[bytes, bytes]
) -> None:
    local = App()
    seen = ask(local=local, method=method, raw_path=path, headers=[(b"host", b"gw"), field])
    assert (seen.sent[0]["status"], seen.records[0].status, local.scopes) == (400, 400, [])
    assert (b"connection", b"close") in seen.sent[0]["headers"]


@pytest.mark.parametrize(("method", "path"), OWN)
def test_a_header_list_longer_than_a_head_may_be_is_refused_also_on_the_gateways_own_paths(
    method: str, path: bytes
) -> None:
    local = App()
    seen = ask(local=local, method=method, raw_path=path, headers=[(b"host", b"gw"), (b"x", b"a" * 300)])
    assert (seen.sent[0]["status"], local.scopes) == (431, [])


@pytest.mark.parametrize(("method", "path"), OWN)
@pytest.mark.parametrize("headers", [[], [(b"content-length", b"12")]])
def test_a_body_over_the_limit_is_413_also_on_the_gateways_own_paths(
    method: str, path: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    messages = ({"type": "http.request", "body": b"x" * 12},)
    seen = ask(local=reading, method=method, raw_path=path, headers=[(b"host", b"gw"), *headers], messages=messages)
    assert (seen.sent[0]["status"], seen.records[0].reason) == (413, "request-too-large")


@pytest.mark.parametrize(("method", "path"), OF_THE_APP)
@pytest.mark.parametrize("headers", [[], [(b"transfer-encoding", b"chunked")]])
def test_a_body_is_counted_while_it_comes_also_where_the_app_answers(
    method: str, path: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    messages = (
        {"type": "http.request", "body": b"x" * 6, "more_body": True},
        {"type": "http.request", "body": b"x" * 6},
    )
    seen = ask(local=reading, method=method, raw_path=path, headers=[(b"host", b"gw"), *headers], messages=messages)
    assert (seen.sent[0]["status"], seen.records[0].reason) == (413, "request-too-large")


@pytest.mark.parametrize(("method", "path"), OF_THE_APP)
@pytest.mark.parametrize("headers", [[], [(b"content-length", b"2")]])
def test_a_body_that_comes_late_is_408_also_where_the_app_answers(
    method: str, path: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    messages = ({"type": "http.request", "body": b"x", "more_body": True},)
    seen = ask(
        local=reading, method=method, raw_path=path, headers=[(b"host", b"gw"), *headers], messages=messages,
        body_timeout_s=0.01,
    )  # fmt: skip
    assert (seen.sent[0]["status"], seen.records[0].status) == (408, 408)


@pytest.mark.parametrize("headers", [[], [(b"content-length", b"2")]])
def test_the_app_gets_the_whole_body(headers: list[tuple[bytes, bytes]]) -> None:
    messages = ({"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.request", "body": b"b"})
    seen = ask(
        local=reading, method="POST", raw_path=b"/oauth/token", headers=[(b"host", b"gw"), *headers], messages=messages
    )
    assert (body_of(seen), seen.records[0].bytes_in) == (b"ab", 2)


def test_an_app_that_fails_is_answered_and_recorded_as_an_internal_error() -> None:
    async def fails(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        raise LookupError(scope["path"])

    seen = ask(local=fails, raw_path=b"/openapi.json")
    assert (seen.sent[0]["status"], seen.records[0].reason) == (500, "internal-error")


def test_a_client_that_leaves_before_the_answer_of_the_app_is_recorded_so() -> None:
    messages = ({"type": "http.request"}, {"type": "http.disconnect"})
    left: list[str] = []

    async def waits(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        await receive()
        left.append((await receive())["type"])

    seen = ask(local=waits, raw_path=b"/openapi.json", messages=messages)
    assert (left, seen.sent, seen.records[0].reason) == (["http.disconnect"], [], "client-gone")


def test_an_answer_of_the_app_has_the_id_of_its_record() -> None:
    async def document(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        scope["state"]["reason"] = "unknown-profile"
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"no"})

    for given in ([], [(b"x-request-id", b"r1")]):
        headers = [(b"host", b"gw"), *given]
        seen = ask(raw_path=b"/openapi.json", query_string=b"profile=x", headers=headers, local=document)
        (record,) = seen.records
        assert dict(seen.sent[0]["headers"])[b"x-request-id"] == record.request_id
        assert (record.target, record.status, record.bytes_out) == (b"/openapi.json?profile=x", 404, 2)
        assert record.reason == "unknown-profile"
        assert record.request_id == b"r1" or not given


def test_the_bytes_on_the_wire_are_judged_and_never_the_decoded_path() -> None:
    seen = ask(path="/p", raw_path=b"/%70", query_string=b"a=%2F")
    assert seen.judged == [(b"GET", b"/%70?a=%2F")]
    assert seen.sent[0]["status"] == 404


def test_a_refusal_is_answered_and_recorded_under_the_id_that_the_call_brought() -> None:
    seen = ask(raw_path=b"/nowhere", headers=[(b"host", b"gw"), (b"x-request-id", b"r1"), (b"x-request-id", b"r2")])
    assert dict(seen.sent[0]["headers"])[b"x-request-id"] == b"r1"
    assert [record.request_id for record in seen.records] == [b"r1"]


def test_without_the_bytes_on_the_wire_nothing_is_forwarded() -> None:
    seen = ask(raw_path=None)
    assert (seen.sent[0]["status"], json.loads(body_of(seen))["code"]) == (500, "no-raw-path")
    assert not seen.judged


def test_below_a_path_the_gate_judges_the_rest_and_a_record_has_the_whole() -> None:
    mount = mount_at("/plugin", set())
    forwarded = ask(mount=mount, raw_path=b"/plugin/p", query_string=b"a=1")
    denied = ask(mount=mount, raw_path=b"/plugin/q", query_string=b"a=1")
    outside = ask(mount=mount, raw_path=b"/p", query_string=b"a=1")

    assert forwarded.judged == [(b"GET", b"/p?a=1")]
    assert forwarded.sent[0]["status"] == 200
    assert (denied.judged, denied.records[0].target) == ([(b"GET", b"/q?a=1")], b"/plugin/q?a=1")
    assert outside.records[0].target == b"/p?a=1"
    assert outside.sent[0]["status"] == outside.records[0].status == 404


@pytest.mark.parametrize(("method", "path"), [("GET", b"/openapi.json"), ("OPTIONS", b"/p"), ("OPTIONS", b"/plugin")])
def test_beside_the_mount_the_gateway_answers_404(method: str, path: bytes) -> None:
    said = ask(mount=mount_at("/plugin", set()), method=method, raw_path=path)

    assert said.sent[0]["status"] == 404


def test_the_app_gets_the_path_without_the_mount() -> None:
    local = App()
    said = ask(mount=mount_at("/plugin", {"/openapi.json"}), local=local, raw_path=b"/plugin/openapi.json")
    ask(mount=mount_at("/plugin", {"/openapi.json"}), local=local, raw_path=b"/openapi.json")

    assert [scope["raw_path"] for scope in local.scopes] == [b"/openapi.json"] * 2
    assert [record.target for record in said.records] == [b"/plugin/openapi.json"]


def test_a_forwarded_answer_leaves_the_date_to_the_server() -> None:
    seen = ask()
    assert seen.sent[0]["status"] == 200
    assert [name for name, _ in seen.sent[0]["headers"]] == [b"content-length", b"x-request-id"]
    assert seen.sent[0]["headers"][-1][1] == seen.records[0].request_id
    assert seen.records[0].client == "10.0.0.1"


def test_a_body_without_a_length_is_framed_for_the_upstream() -> None:
    messages = ({"type": "http.request", "body": b"ab", "more_body": True}, {"type": "http.request", "body": b"c"})
    seen = ask(method="POST", http_version="2", messages=messages)
    head, _, body = body_of(seen).rpartition(b"|")
    assert body == b"abc"
    assert b"Transfer-Encoding: chunked\r\n" in head


@pytest.mark.parametrize("field", [(b"x", b"a\r\nb: c"), (b"x y", b"a"), (b"x", b"a\x00"), (b"host", b"other")])
def test_a_header_list_that_breaks_the_grammar_is_refused(field: tuple[bytes, bytes]) -> None:
    seen = ask(headers=[(b"host", b"gw"), field])
    assert seen.sent[0]["status"] == 400
    assert (b"connection", b"close") in seen.sent[0]["headers"]


def test_an_unexpected_error_while_the_body_comes_ends_the_request() -> None:
    seen = ask(method="POST", headers=[(b"host", b"gw"), (b"content-length", b"5")], messages=({"no": "type"},))

    assert isinstance(seen.raised, KeyError)
    assert not seen.sent
    assert [record.reason for record in seen.records] == ["internal-error"]


def test_a_header_list_longer_than_a_head_may_be_is_refused() -> None:
    assert ask(headers=[(b"host", b"gw"), (b"x", b"a" * 300)]).sent[0]["status"] == 431


def test_later_versions_know_no_connection_field() -> None:
    seen = ask(http_version="2", headers=[(b"x y", b"a")])
    assert b"connection" not in dict(seen.sent[0]["headers"])


@pytest.mark.parametrize(
    "messages",
    [
        ({"type": "http.request", "body": b"x" * 11},),
        ({"type": "http.request", "body": b"x" * 6, "more_body": True}, {"type": "http.request", "body": b"x" * 6}),
    ],
)
def test_a_body_over_the_limit_is_413(messages: tuple[dict[str, Any], ...]) -> None:
    seen = ask(method="POST", messages=messages)
    assert seen.sent[0]["status"] == 413
    assert seen.records[0].reason == "request-too-large"


def test_a_body_that_ends_with_an_error_of_the_server_is_not_taken_for_whole() -> None:
    seen = ask(method="POST", messages=({"type": "http.disconnect"},))
    assert (seen.sent[0]["status"], seen.records[0].reason) == (400, "incomplete-request")


def test_a_client_that_leaves_in_its_upload_ends_the_call() -> None:
    messages = ({"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"})
    seen = ask(method="POST", messages=messages)
    assert not seen.sent
    assert seen.records[0].reason == "client-gone"


def test_an_answer_that_breaks_off_raises_so_that_the_server_cuts_it() -> None:
    seen = ask(breaks_off)
    assert seen.sent[0]["status"] == 200
    assert seen.raised.code == "upstream-closed"
    assert seen.sent[-1].get("more_body") is not False


@pytest.mark.parametrize("path", ["/openapi.json", "/p"])
def test_each_request_joins_the_trace_of_its_caller_also_where_the_app_answers(path: str) -> None:
    tracing = make_tracing()
    parent = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = [(b"host", b"gw"), (b"traceparent", parent), (b"x-request-id", b"mine-0123456789")]
    seen = ask(local=answering, tracing=tracing, path=path, raw_path=path.encode(), headers=headers)
    [record] = seen.records
    assert isinstance(record.request_id, TracedId)
    assert record.request_id == b"mine-0123456789"
    assert record.request_id.context.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert record.request_id.parent_id.hex() == "b7ad6b7169203331"


def test_without_tracing_a_request_that_the_app_answers_has_a_plain_id() -> None:
    seen = ask(local=answering, path="/openapi.json", raw_path=b"/openapi.json", tracing=Tracing())
    assert type(seen.records[0].request_id) is bytes
