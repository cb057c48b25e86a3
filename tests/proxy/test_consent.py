"""Consent: what an approval is for, and what becomes of a call that has one. The upstream and the gateway use real sockets."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from msgspec.structs import replace

from plugin_gateway.approvals.approval import Decision
from plugin_gateway.approvals.approver import Approver, LocalApprover
from plugin_gateway.approvals.desk import Desk
from plugin_gateway.config.load import load_text
from plugin_gateway.openapi.document import Document
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.in_process import InProcessClient, field_block
from plugin_gateway.proxy.resources import Resources
from plugin_gateway.revision.compile import compile_revision
from tests.bounds import BOUND_S
from tests.loopback import in_front_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from plugin_gateway.approvals.approval import Verdict
    from plugin_gateway.approvals.held_call import HeldCall
    from plugin_gateway.revision import Revision
    from plugin_gateway.telemetry.record import AccessRecord

SECRET = "sekret-7f3a9c-of-the-upstream"
DOCUMENT = """
openapi: 3.1.0
info: {title: Shop, version: "1", description: d, contact: {email: a@example.com}, termsOfService: "https://example.com/t"}
paths:
  /orders:
    post:
      operationId: order
      parameters:
        - {name: Idempotency-Key, in: header, schema: {type: string}}
        - {name: X-Account, in: header, schema: {type: string}}
        - {name: dry, in: query, schema: {type: string}}
      requestBody: {content: {application/json: {}, text/plain: {}}}
      responses: {"201": {description: ok}}
    delete: {operationId: drop, responses: {"204": {description: ok}}}
    get: {operationId: read, responses: {"200": {description: ok}}}
  /orders/{id}:
    delete:
      operationId: dropOne
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"204": {description: ok}}
"""
CONFIG = """
openapi: openapi.yaml
upstream: {{url: "http://127.0.0.1:{port}", credential: {{header: X-Key, value: {{env: KEY}}}}}}
allow:
  - {{operation: order, consequential: confirm}}
  - {{operation: drop, consequential: confirm}}
  - {{operation: read, consequential: confirm}}
  - {{operation: dropOne, consequential: confirm}}
"""
ORDER: dict[str, Any] = {"method": b"POST", "body": b'{"a":1}', "fields": ((b"content-type", b"application/json"),)}
OTHERS: list[dict[str, Any]] = [
    {"body": b'{"a":2}'},
    {"body": b'{"a":1} '},
    {"target": b"/orders?dry=1"},
    {"method": b"DELETE", "body": b"", "fields": ()},
    {"fields": ((b"content-type", b"text/plain"),)},
    {"fields": ((b"content-type", b"application/json"), (b"x-account", b"2"))},
    {"fields": ((b"content-type", b"application/json"), (b"accept-profile", b"other"))},
    {"fields": ((b"content-type", b"application/json"), (b"if-match", b'"1"'))},
    {"who": "bob"},
    {"consumer": "other"},
]
SAME: list[dict[str, Any]] = [
    {"fields": ((b"content-type", b"application/json"), (b"user-agent", b"other"), (b"accept", b"*/*"))},
    {"fields": ((b"content-type", b"application/json"), (b"idempotency-key", b"mine"))},
    {"fields": ((b"content-type", b"application/json"), (b"traceparent", b"00-1-1-01"))},
]


def revision(port: int, extra: str = "", config: str = CONFIG) -> Revision:
    loaded = load_text(config.format(port=port) + extra, path=None, environ={"KEY": SECRET})
    return compile_revision(loaded, Document(root=yaml.safe_load(DOCUMENT), name="openapi.yaml"), number=1)


class Scene:
    """A gateway in front of an upstream that keeps each request it gets."""

    def __init__(self, holder: Holder, desk: Desk, requests: list[bytes]) -> None:
        self.holder = holder
        self.desk = desk
        self.requests = requests
        self.closes = False
        """The upstream reads the next request and closes its connection."""
        self.records: list[AccessRecord] = []

    async def send(
        self,
        *,
        method: bytes = b"POST",
        target: bytes = b"/orders",
        body: bytes = b"",
        fields: tuple[tuple[bytes, bytes], ...] = (),
        who: str = "ada",
        consumer: str = "shop",
    ) -> tuple[int, Any]:
        client = InProcessClient(self.holder.clock, self.records.append)
        lines = [(b"host", b"gw"), *fields]
        if body:
            lines.append((b"content-length", b"%d" % len(body)))
        serving = self.holder.serving
        access = Access(consumer, serving.revision.gate.judge, {}, who=who)
        client.begin(serving, RequestHead(method, target, field_block(lines)), body, access=access)
        status, _ = await client.head()
        answer = b""
        while piece := await client.read():
            answer += piece
        client.close()
        return status, json.loads(answer) if answer else None

    async def approved(self, **call: Any) -> str:
        _, answer = await self.send(**call)
        id_ = answer["approval"]["id"]
        self.desk.decide(id_, Decision.APPROVE, 0.0)
        return str(id_)


def play(
    talk: Callable[[Scene], Awaitable[Any]], *, extra: str = "", approver: Approver | None = None, config: str = CONFIG
) -> Any:
    requests: list[bytes] = []
    scenes: list[Scene] = []
    desk = Desk(base=lambda: "http://admin")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), 0)
            requests.append(head + await reader.readexactly(length))
            if scenes[0].closes:
                writer.close()
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    async def ended(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def make(port: int) -> Holder:
        resources = Resources()
        resources.approver = approver or LocalApprover(desk, lambda: 0.0)
        return Holder(revision(port, extra, config), resources=resources)

    async def bounded() -> Any:
        async with asyncio.timeout(BOUND_S), in_front_of(ended, make) as holder:
            scenes.append(Scene(holder, desk, requests))
            return await talk(scenes[0])

    return asyncio.run(bounded())


@pytest.mark.parametrize("call", [ORDER, {"method": b"DELETE"}, {"method": b"GET"}])
def test_a_call_runs_once_after_a_person_approved_it(call: dict[str, Any]) -> None:
    async def talk(scene: Scene) -> list[int]:
        statuses = [(await scene.send(**call))[0], (await scene.send(**call))[0]]
        assert not scene.requests
        await scene.approved(**call)
        statuses += [(await scene.send(**call))[0], (await scene.send(**call))[0]]
        assert len(scene.requests) == 1
        return statuses

    assert play(talk) == [202, 202, 200, 202]


@pytest.mark.parametrize("change", OTHERS)
def test_an_approval_does_not_serve_an_altered_call(change: dict[str, Any]) -> None:
    async def talk(scene: Scene) -> int:
        await scene.approved(**ORDER)
        status, _ = await scene.send(**{**ORDER, **change})
        assert not scene.requests
        return status

    assert play(talk) == 202


@pytest.mark.parametrize("change", SAME)
def test_fields_that_change_with_each_call_do_not_change_its_fingerprint(change: dict[str, Any]) -> None:
    async def talk(scene: Scene) -> int:
        await scene.approved(**ORDER)
        return (await scene.send(**{**ORDER, **change}))[0]

    assert play(talk) == 200


def test_an_approval_is_for_one_path() -> None:
    async def talk(scene: Scene) -> list[int]:
        await scene.approved(method=b"DELETE", target=b"/orders/1")
        other, _ = await scene.send(method=b"DELETE", target=b"/orders/2")
        assert not scene.requests
        return [other, (await scene.send(method=b"DELETE", target=b"/orders/1"))[0]]

    assert play(talk) == [202, 200]


def test_an_approval_is_for_the_credential_that_the_upstream_gets_from_the_caller() -> None:
    async def talk(scene: Scene) -> list[int]:
        call: dict[str, Any] = {"method": b"DELETE", "fields": ((b"authorization", b"Bearer ada"),)}
        await scene.approved(**call)
        other, _ = await scene.send(method=b"DELETE", fields=((b"authorization", b"Bearer bob"),))
        assert not scene.requests
        return [other, (await scene.send(**call))[0]]

    passed = "auth: {type: user_http, passthrough: true}\n"
    assert play(
        talk, extra=passed, config=CONFIG.replace("{{header: X-Key, value: {{env: KEY}}}}", "{{passthrough: true}}")
    ) == [
        202,
        200,
    ]


def test_an_approved_call_is_not_sent_again_on_another_connection() -> None:
    """A safe request on a kept-alive connection that the upstream closes is sent again elsewhere; an approved one is not."""

    async def talk(scene: Scene) -> list[int]:
        call: dict[str, Any] = {"method": b"GET"}
        await scene.approved(**call)
        first, _ = await scene.send(**call)
        await scene.approved(**call)
        scene.closes = True
        second, _ = await scene.send(**call)
        return [first, second, len(scene.requests)]

    assert play(talk) == [200, 502, 2]


def test_equal_calls_at_the_same_time_run_once() -> None:
    async def talk(scene: Scene) -> list[int]:
        await scene.approved(**ORDER)
        answers = await asyncio.gather(*(scene.send(**ORDER) for _ in range(8)))
        assert len(scene.requests) == 1
        return sorted(status for status, _ in answers)

    assert play(talk) == [200, *[202] * 7]


def test_a_denied_call_is_refused_and_does_not_run() -> None:
    async def talk(scene: Scene) -> tuple[int, str]:
        _, answer = await scene.send(**ORDER)
        scene.desk.decide(answer["approval"]["id"], Decision.DENY, 0.0)
        status, problem = await scene.send(**ORDER)
        assert not scene.requests
        return status, problem["code"]

    assert play(talk) == (403, "approval-denied")


def test_an_approval_does_not_outlive_a_change_of_the_operation() -> None:
    async def talk(scene: Scene) -> list[int]:
        port = scene.holder.revision.upstream.port
        await scene.approved(**ORDER)
        scene.holder.swap(revision(port, "limits: {rate: 99/s}\n"))
        same, _ = await scene.send(**ORDER)
        await scene.approved(**ORDER)
        changed = CONFIG.replace("/{port}", "/x").replace("{port}", "{port}/v2")
        loaded = load_text(changed.format(port=port), path=None, environ={"KEY": SECRET})
        document = Document(root=yaml.safe_load(DOCUMENT), name="openapi.yaml")
        scene.holder.swap(compile_revision(loaded, document, number=3))
        other, _ = await scene.send(**ORDER)
        return [same, other]

    assert play(talk) == [200, 202]


def test_the_upstream_gets_an_idempotency_key_if_the_operation_declares_one() -> None:
    async def talk(scene: Scene) -> list[bytes]:
        for call in (ORDER, {**ORDER, **SAME[1]}, {"method": b"DELETE"}):
            await scene.approved(**call)
            await scene.send(**call)
        return [b"".join(key_of(request)) for request in scene.requests]

    made, own, undeclared = play(talk)
    assert len(made) == 36
    assert (own, undeclared) == (b"mine", b"")


@pytest.mark.parametrize(("setting", "count"), [("always", 1), ("never", 0)])
def test_the_config_may_say_where_the_key_goes(setting: str, count: int) -> None:
    async def talk(scene: Scene) -> list[bytes]:
        call = {"method": b"DELETE"} if setting == "always" else ORDER
        await scene.approved(**call)
        await scene.send(**call)
        return key_of(scene.requests[0])

    assert len(play(talk, extra=f"approvals: {{idempotency_key: {setting}}}\n")) == count


def key_of(request: bytes) -> list[bytes]:
    lines = request.partition(b"\r\n\r\n")[0].split(b"\r\n")
    return [line.partition(b": ")[2] for line in lines if line.lower().startswith(b"idempotency-key:")]


def test_an_approver_sees_the_call_with_its_secrets_masked() -> None:
    body = json.dumps({"note": f"key {SECRET}", "text": "a\u202eb"}, ensure_ascii=False).encode()

    async def talk(scene: Scene) -> HeldCall:
        await scene.send(**{**ORDER, "body": body, "target": f"/orders?dry={SECRET}".encode()})
        return scene.desk.approvals(0.0)[0].held

    async def talk_path(scene: Scene) -> HeldCall:
        await scene.send(method=b"DELETE", target=b"/orders/" + SECRET.encode())
        return scene.desk.approvals(0.0)[0].held

    held = play(talk)
    assert SECRET not in repr(held)
    assert SECRET not in repr(play(talk_path))
    assert (held.operation, held.method, held.path, held.caller) == ("order", "POST", "/orders", "ada")
    assert "a\\u{202e}b" in held.body
    assert held.query.startswith("dry=***")


def test_an_approver_sees_every_field_that_counts_and_each_value_of_it() -> None:
    fields = (
        *ORDER["fields"],
        (b"x-acct", b"mine"),
        (b"x-acct", b"yours"),
        (b"if-match", b'"1"'),
        (b"x-tenant", SECRET.encode()),
        (b"x-unknown", b"does not go up"),
        (b"user-agent", b"curl"),
    )

    async def talk(scene: Scene) -> HeldCall:
        await scene.send(**{**ORDER, "fields": fields})
        return scene.desk.approvals(0.0)[0].held

    config = CONFIG.replace("upstream: {{", "upstream: {{headers: {{forward: [X-Tenant]}}, ")
    renamed = ", parameters: {{X-Account: {{rename: X-Acct}}}}"
    held = play(talk, config=config.replace("order, consequential: confirm", f"order, consequential: confirm{renamed}"))
    assert dict(held.fields) == {"x-account": "mine, yours", "if-match": '"1"', "x-tenant": "*" * len(SECRET)}


def test_the_records_of_a_call_have_its_approval() -> None:
    async def talk(scene: Scene) -> list[tuple[str, str]]:
        id_ = await scene.approved(**ORDER)
        await scene.send(**ORDER)
        return [(record.reason, record.cause.replace(id_, "ID")) for record in scene.records]

    assert play(talk) == [("approval-needed", "approval ID"), ("", "approval ID")]


def test_an_approval_whose_call_did_not_reach_the_api_is_not_used_up() -> None:
    async def talk(scene: Scene) -> list[int]:
        await scene.approved(**ORDER)
        settings = scene.holder.serving.pool.upstream
        scene.holder.serving.pool.upstream = replace(settings, port=1)
        failed, _ = await scene.send(**ORDER)
        scene.holder.serving.pool.upstream = settings
        return [failed, (await scene.send(**ORDER))[0], len(scene.requests)]

    assert play(talk) == [502, 200, 1]


class Later(Approver):
    """Answers when the test says so."""

    def __init__(self) -> None:
        self.asked: list[Callable[[Verdict], object]] = []
        self.returned: list[str] = []

    def ask(self, held: HeldCall, on_verdict: Callable[[Verdict], object]) -> None:
        self.asked.append(on_verdict)

    def give_back(self, id_: str) -> None:
        self.returned.append(id_)


def test_an_approval_that_comes_after_the_client_left_goes_back() -> None:
    from plugin_gateway.approvals.approval import Verdict

    later = Later()

    async def talk(scene: Scene) -> list[str]:
        client = InProcessClient(scene.holder.clock, scene.records.append)
        serving = scene.holder.serving
        block = field_block([(b"host", b"gw")])
        client.begin(
            serving, RequestHead(b"DELETE", b"/orders", block), access=Access("", serving.revision.gate.judge, {})
        )
        client.close()
        later.asked[0](Verdict("run", "7"))
        assert not scene.requests
        return later.returned

    assert play(talk, approver=later) == ["7"]


def test_without_a_place_to_approve_no_call_runs() -> None:
    async def talk(scene: Scene) -> tuple[int, str]:
        scene.holder = Holder(scene.holder.revision)
        status, problem = await scene.send(**ORDER)
        scene.holder.close()
        return status, problem["code"]

    assert play(talk) == (503, "approval-unavailable")
