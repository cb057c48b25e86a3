"""The door, over real sockets and both fronts: every kind of `auth`, every wrong credential, every face."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec

from plugin_gateway.callers import authenticator
from plugin_gateway.callers.consumers import Identity
from plugin_gateway.callers.provider import ProviderError
from plugin_gateway.callers.users import hash_password
from plugin_gateway.config.load import load_text
from plugin_gateway.openapi.document import Document
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.received import FieldBlock
from plugin_gateway.proxy.wire import read_request_fields
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.server.public_server import PublicServer
from plugin_gateway.server.worker import public_config
from plugin_gateway.telemetry import Log, Recorder
from tests.bounds import BOUND_S
from tests.narrow import as_a, present
from tests.proxy.real import door_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from plugin_gateway.revision.model import Revision
    from plugin_gateway.server.process import Front

GOOD, SECOND = "good-token-of-some-length", "second-token-of-some-length"
LOGIN = base64.b64encode(b"alice:correct horse").decode()
ISSUER = "https://idp.test"
KEY = ec.generate_private_key(ec.SECP256R1())
DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets: {get: {operationId: listPets, responses: {}}, post: {operationId: addPet, requestBody: {content: {}}, responses: {}}}
  /pets/{id}:
    get: {operationId: getPet, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {}}
  /admin: {get: {operationId: admin, responses: {}}}
"""


def access_token(**claims: float | str) -> str:
    said = {
        "iss": ISSUER,
        "aud": "https://gw.test",
        "sub": "alice",
        "scope": "read",
        "exp": time.time() + 86_400,  # some are made at collection, and a slow run takes longer than minutes
        **claims,
    }
    return jwt.encode(said, KEY, "ES256", {"kid": "k"})


def users(folder: Path) -> dict[str, str]:
    (folder / "users").write_text("alice:" + hash_password("correct horse"))
    return {"type": "user_http", "authorization_type": "basic", "users": "users"}


OAUTH = {"type": "oauth", "issuer": ISSUER, "client_url": "https://a.test", "authorization_url": "https://b.test"}
TOKENS = [{"name": "one", "value": GOOD}, {"name": "two", "value": SECOND}]
KINDS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "service bearer": (lambda _: {"type": "service_http", "tokens": TOKENS}, f"Bearer {GOOD}"),
    "service second": (lambda _: {"type": "service_http", "tokens": TOKENS}, f"Bearer {SECOND}"),
    "service basic": (
        lambda _: {"type": "service_http", "authorization_type": "basic", "tokens": [{"name": "one", "value": "alice:correct horse"}]},
        f"Basic {LOGIN}",
    ),
    "users": (users, f"Basic {LOGIN}"),
    "introspection": (lambda _: {"type": "user_http", "verify": {"introspection": "https://idp.test/introspect"}}, f"Bearer {GOOD}"),
    "passthrough": (lambda _: {"type": "user_http", "passthrough": True}, f"Bearer {GOOD}"),
    "oauth": (lambda _: OAUTH, f"Bearer {access_token()}"),
}  # fmt: skip
WRONG = f"Bearer {GOOD}x"


class Provider:
    """An authorization server with the parts that this test needs."""

    async def get_json(self, url: str) -> dict[str, Any]:
        match url:
            case "https://idp.test/.well-known/openid-configuration":
                return {"issuer": ISSUER, "jwks_uri": "https://idp.test/jwks"}
            case "https://idp.test/jwks":
                return {
                    "keys": [{**jwt.get_algorithm_by_name("ES256").to_jwk(KEY.public_key(), as_dict=True), "kid": "k"}]
                }
            case _:
                raise ProviderError("no such page")

    async def post_form(self, url: str, form: bytes, *, login: None = None) -> dict[str, Any]:
        if b"expired" in form:
            return {"active": True, "token_type": "Bearer", "exp": 1}
        if b"slow" in form:
            await asyncio.Event().wait()
        return {
            "active": b"token=" + GOOD.encode() + b"&" in form,
            "sub": "alice",
            "token_type": "Bearer",
            "aud": "https://gw.test",
        }

    async def close(self) -> None:
        pass


class Gateway:
    """A running gateway, and an upstream that keeps the heads that it got."""

    def __init__(
        self,
        holder: Holder,
        server: PublicServer,
        recorder: Any,
        records: list[Any],
        port: int,
        heads: list[Any],
    ) -> None:
        self.recorder, self.records, self.port, self.heads = recorder, records, port, heads
        self.holder, self._server = holder, server

    async def ask(
        self,
        method: str = "GET",
        path: str = "/pets",
        *authorizations: str,
        body: bytes = b"",
        more: str = "",
        source: str = "127.0.0.1",
    ) -> Answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))
        fields = "".join(f"Authorization: {value}\r\n" for value in authorizations)
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: gw\r\nX-Request-Id: r\r\nConnection: close\r\n{fields}{length}{more}\r\n"
        writer.write(head.encode() + body)
        try:
            answer = await asyncio.wait_for(reader.read(), BOUND_S)
        finally:
            writer.close()
        octets, _, content = answer.partition(b"\r\n\r\n")
        return Answer(octets, content)


class Answer:
    def __init__(self, head: bytes, content: bytes) -> None:
        self.head, self.content = head.decode().lower(), content
        self.status = int(head.split(b" ")[1])

    @property
    def judgement(self) -> tuple[list[str], dict[str, Any]]:
        """Every part of an answer by which a client could distinguish two refusals."""
        passing = ("date:", "server:", "x-request-id:", "content-length:")
        lines = [line for line in self.head.split("\r\n") if not line.startswith(passing)]
        details = json.loads(self.content)
        details.pop("instance")
        return lines, details

    @property
    def code(self) -> Any:
        return json.loads(self.content)["code"]


@asynccontextmanager
async def running(
    folder: Path,
    auth: dict[str, Any],
    front: Front = "connection",
    allow: tuple[str, str, str] = ("listPets", "getPet", "addPet"),
    **more: dict[str, str] | list[dict[str, Any]],
) -> AsyncIterator[Any]:
    heads = []

    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b"":
            heads.append(head.lower())
            length = next(
                (int(x.split(b":")[1]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length")), 0
            )
            await reader.readexactly(length)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            break
        writer.close()

    api = await asyncio.start_server(upstream, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{api.sockets[0].getsockname()[1]}"
    credential = {"passthrough": True} if auth.get("passthrough") else {"header": "X-Api-Key", "value": {"env": "KEY"}}
    config = {
        "openapi": "./o.yaml",
        "upstream": {"url": address, "credential": credential},
        "allow": list(allow),
        "auth": auth,
        "public": {"url": "https://gw.test"},
        "manifest": {"contact_email": "a@gw.test", "legal_info_url": "https://gw.test/legal"},
        **more,
    }
    loaded = load_text(yaml.safe_dump(config), path=folder / "gateway.yaml", environ={"KEY": "sekret-upstream-key"})
    text = (folder / "users").read_text() if auth.get("users") else None
    revision = compile_revision(loaded, Document(root=yaml.safe_load(DOCUMENT), name="o"), number=1, users=text)
    records: list[Any] = []
    recorder = Recorder(Log(format="json", level="error"))
    recorder.record = records.append
    holder = Holder(revision)
    server = PublicServer(public_config(holder, recorder, front))
    listener = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve([listener]))
    await asyncio.wait_for(server.is_listening.wait(), BOUND_S)
    port = listener.getsockname()[1]
    try:
        yield Gateway(holder, server, recorder, records, port, heads)
    finally:
        server.drain()
        await asyncio.wait_for(serving, BOUND_S)
        holder.close()
        api.close()
        await api.wait_closed()


def run(folder: Path, scene: Callable[..., Any], auth: dict[str, Any], **options: Any) -> Any:
    async def play() -> Any:
        async with running(folder, auth, **options) as gateway:
            return await scene(gateway)

    return asyncio.run(play())


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authenticator, "Provider", Provider)


def attempts(kind: str, right: str) -> Iterator[tuple[str, list[Any], int, str]]:
    scheme, _, token = right.partition(" ")
    other = "Basic" if scheme == "Bearer" else "Bearer"
    yield "right", [right], 200, ""
    yield "other spelling of the scheme", [f"{scheme.upper()} {token}"], 200, ""
    yield "missing", [], 401, "missing-credential"
    yield "two", [right, right], 400, "ambiguous-credential"
    yield "right and wrong", [right, WRONG], 400, "ambiguous-credential"
    yield "two in one", [f"{right}, {right}"], 401, "invalid-credential"
    yield "other scheme", [f"{other} {token}"], 401, "unsupported-scheme"
    yield "two spaces", [f"{scheme}  {token}"], 401, "invalid-credential"
    yield "no token", [scheme], 401, "invalid-credential"
    yield "too long", [f"{scheme} {'x' * 9000}"], 401, "invalid-credential"
    if kind != "passthrough":
        wrong = base64.b64encode(b"alice:wrong horse").decode() if scheme == "Basic" else "wrong" + token
        yield "wrong", [f"{scheme} {wrong}"], 401, "invalid-credential"
        yield "other spelling of the token", [f"{scheme} {token.swapcase()}"], 401, "invalid-credential"
    if kind == "introspection":
        yield "expired", ["Bearer expired-token"], 401, "expired-credential"
    if kind == "oauth":
        yield "expired", [f"Bearer {access_token(exp=time.time() - 60)}"], 401, "expired-credential"
        yield "for another", [f"Bearer {access_token(aud='https://other.test')}"], 401, "invalid-credential"


@pytest.mark.parametrize("front", ["connection", "asgi"])
@pytest.mark.parametrize("kind", KINDS)
def test_only_the_right_credential_is_let_in_and_other_callers_do_not_learn_what_exists(
    tmp_path: Path, kind: str, front: str
) -> None:
    make, right = KINDS[kind]

    async def scene(gateway: Gateway) -> None:
        for name, shown, status, code in attempts(kind, right):
            open_, closed = await gateway.ask("GET", "/pets", *shown), await gateway.ask("GET", "/admin", *shown)
            assert (name, open_.status) == (name, status)
            if status != 200:
                assert (name, open_.code) == (name, code)
                assert "www-authenticate: " in open_.head
                for method, path in [
                    ("GET", "/admin"),
                    ("GET", "/nowhere"),
                    ("DELETE", "/pets"),
                    ("GET", "/pets?no=1"),
                    ("GET", "/%2e%2e/x"),
                ]:
                    assert (await gateway.ask(method, path, *shown)).judgement == open_.judgement
            else:
                assert closed.code == "operation-not-found"
            assert (await gateway.ask("GET", "/openapi.json", *shown)).status == 200
            assert (await gateway.ask("GET", "/.well-known/ai-plugin.json", *shown)).status == 200
            assert (await gateway.ask("OPTIONS", "/pets", *shown)).status == 204
        assert len(gateway.heads) == 2
        for head in gateway.heads:
            assert (b"authorization" in head) is (kind == "passthrough")
            assert (b"x-api-key" in head) is (kind != "passthrough")

    run(tmp_path, scene, make(tmp_path), front=front)


@pytest.mark.parametrize("front", ["connection", "asgi"])
def test_every_refusal_is_one_record_with_its_reason_and_every_call_names_its_consumer(
    tmp_path: Path, front: str
) -> None:
    async def scene(gateway: Gateway) -> list[tuple[int, str, str]]:
        await gateway.ask("GET", "/pets")
        await gateway.ask("GET", "/pets", WRONG)
        await gateway.ask("GET", "/admin", f"Bearer {GOOD}")
        await gateway.ask("GET", "/pets", f"Bearer {SECOND}")
        return [(record.status, record.reason, record.consumer) for record in gateway.records]

    auth = {"type": "service_http", "tokens": TOKENS}
    assert run(tmp_path, scene, auth, front=front) == [
        (401, "missing-credential", ""),
        (401, "invalid-credential", ""),
        (404, "operation-not-found", "one"),
        (200, "", "two"),
    ]


def test_a_call_that_was_let_in_often_is_let_in_no_longer_than_its_credential_is_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(gateway: Gateway) -> None:
        serving = gateway.holder.serving
        for _ in range(6):
            assert (await gateway.ask("GET", "/pets", f"Bearer {GOOD}")).status == 200
        remembered = list(serving.remembered.entries.values())
        assert len(remembered) == 1
        remembered[0].block.keep_access(remembered[0].access, 0.0)
        authenticator = present(serving.door).authenticator
        monkeypatch.setattr(authenticator, "identify", lambda values, address: authenticator._unknown())
        assert (await gateway.ask("GET", "/pets", f"Bearer {GOOD}")).code == "invalid-credential"
        assert len(gateway.heads) == 6

    run(tmp_path, scene, {"type": "service_http", "tokens": TOKENS})


CONSUMERS = [
    {"name": "reader", "match": {"token": "one"}, "allow": ["listPets"]},
    {"name": "writer", "match": {"token": "two"}},
]


@pytest.mark.parametrize("front", ["connection", "asgi"])
def test_a_consumer_calls_and_is_shown_its_own_operations_only(tmp_path: Path, front: str) -> None:
    async def scene(gateway: Gateway) -> set[tuple[str, int]]:
        reader, writer, nobody = f"Bearer {GOOD}", f"Bearer {SECOND}", "Bearer third-token-of-some-length"
        # In both orders and twice: a remembered result must not be used for the other path.
        for _ in range(2):
            assert (await gateway.ask("GET", "/pets", reader)).status == 200
            assert (await gateway.ask("GET", "/pets/1", writer)).status == 200
            closed, unknown = await gateway.ask("GET", "/pets/1", reader), await gateway.ask("GET", "/nowhere", reader)
            assert closed.judgement == unknown.judgement
            assert (await gateway.ask("GET", "/pets/1", nobody)).judgement == (
                await gateway.ask("GET", "/no", nobody)
            ).judgement
            assert (await gateway.ask("GET", "/pets/1", nobody)).code == "no-consumer"
        shown: dict[str, list[list[str]]] = {}
        for name, credential in [("reader", [reader]), ("writer", [writer]), ("anybody", [])]:
            for path in ("/openapi.json", "/openapi.json?profile=3.0"):
                answer = await gateway.ask("GET", path, *credential)
                shown.setdefault(name, []).append(sorted(json.loads(answer.content)["paths"]))
                assert "authorization" in next(x for x in answer.head.split("\r\n") if x.startswith("vary:"))
                assert ("private" in answer.head) is bool(credential)
        assert shown == {
            "reader": [["/pets"]] * 2,
            "writer": [["/pets", "/pets/{id}"]] * 2,
            "anybody": [["/pets", "/pets/{id}"]] * 2,
        }
        assert (await gateway.ask("GET", "/openapi.json", nobody)).code == "no-consumer"
        assert (await gateway.ask("GET", "/openapi.yaml", WRONG)).status == 401
        assert b"getPet" not in (await gateway.ask("GET", "/openapi.yaml", reader)).content
        return {(record.consumer, record.status) for record in gateway.records if record.rule}

    tokens = [*TOKENS, {"name": "three", "value": "third-token-of-some-length"}]
    auth = {"type": "service_http", "tokens": tokens}
    assert run(tmp_path, scene, auth, front=front, consumers=CONSUMERS) == {("reader", 200), ("writer", 200)}


@pytest.mark.parametrize("front", ["connection", "asgi"])
def test_a_document_for_known_callers_is_not_shown_to_others(tmp_path: Path, front: str) -> None:
    async def scene(gateway: Gateway) -> None:
        for path in ("/openapi.json", "/openapi.yaml", "/openapi.json?profile=plugin"):
            assert (await gateway.ask("GET", path)).status == 401
            assert (await gateway.ask("GET", path, f"Bearer {GOOD}")).status == 200
            assert (await gateway.ask("HEAD", path, WRONG)).status == 401
        assert (await gateway.ask("GET", "/.well-known/ai-plugin.json")).status == 200

    run(tmp_path, scene, {"type": "service_http", "tokens": TOKENS, "documents": "authenticated"}, front=front)


@pytest.mark.parametrize("front", ["connection", "asgi"])
def test_claims_and_scopes_make_a_consumer_and_a_required_scope_is_required(tmp_path: Path, front: str) -> None:
    async def scene(gateway: Gateway) -> None:
        right = f"Bearer {access_token(team='red')}"
        assert (await gateway.ask("GET", "/pets", right)).status == 200
        assert (await gateway.ask("GET", "/pets/1", right)).status == 404
        other = await gateway.ask("GET", "/pets", f"Bearer {access_token(team='blue')}")
        assert (other.status, other.code) == (403, "no-consumer")
        weak = await gateway.ask("GET", "/pets", f"Bearer {access_token(team='red', scope='')}")
        assert (weak.status, weak.code) == (403, "insufficient-scope")
        assert 'error="insufficient_scope", scope="read"' in weak.head

    consumers = [{"name": "red", "match": {"scope": "read", "claims": {"team": "red"}}, "allow": ["listPets"]}]
    run(tmp_path, scene, OAUTH | {"required_scope": "read"}, front=front, consumers=consumers)


@pytest.mark.parametrize("front", ["connection", "asgi"])
def test_a_body_waits_while_its_caller_is_judged(tmp_path: Path, front: str) -> None:
    async def scene(gateway: Gateway) -> None:
        body = b"x" * 200_000
        answer = await gateway.ask("POST", "/pets", f"Bearer {access_token(jti='1')}", body=body)
        assert (answer.status, answer.content) == (200, b"ok")
        refused = await gateway.ask("POST", "/pets", f"Bearer {access_token(aud='x')}", body=body)
        assert refused.status == 401
        unwanted = await gateway.ask("GET", "/pets", f"Bearer {access_token(jti='2')}", body=b"x")
        assert unwanted.code == "body-not-declared"
        assert b"content-length: 200000" in gateway.heads[0]
        assert len(gateway.heads) == 1

    run(tmp_path, scene, OAUTH, front=front)


def test_a_caller_that_leaves_while_it_is_judged_delays_no_other_caller(tmp_path: Path) -> None:
    async def scene(gateway: Gateway) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(b"GET /pets HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer slow-token\r\n\r\n")
        assert (await gateway.ask("GET", "/pets", f"Bearer {GOOD}")).status == 200
        writer.close()
        await writer.wait_closed()
        assert (await gateway.ask("GET", "/pets", f"Bearer {GOOD}")).status == 200
        assert len(gateway.heads) == 2

    make, _ = KINDS["introspection"]
    run(tmp_path, scene, make(tmp_path))


def test_a_provider_that_takes_too_long_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugin_gateway.proxy.pending_call.PATIENCE_S", 0.05)

    async def scene(gateway: Gateway) -> None:
        answer = await gateway.ask("GET", "/pets", "Bearer slow-token")
        assert (answer.status, answer.code) == (503, "verification-unavailable")
        assert "retry-after: " in answer.head

    make, _ = KINDS["introspection"]
    for front in ("connection", "asgi"):
        run(tmp_path, scene, make(tmp_path), front=front)


def test_pipelined_requests_of_two_callers_are_answered_in_order(tmp_path: Path) -> None:
    async def scene(gateway: Gateway) -> tuple[list[bytes], int]:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        head = "GET /pets HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n{}\r\n"
        for token, end in [
            (access_token(jti="1"), ""),
            ("wrong", ""),
            (access_token(jti="2"), "Connection: close\r\n"),
        ]:
            writer.write(head.format(token, end).encode())
        answer = await asyncio.wait_for(reader.read(), BOUND_S)
        writer.close()
        return [line.split(b" ")[1] for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")], answer.count(
            b"HTTP/1.1 "
        )

    statuses, count = run(tmp_path, scene, OAUTH)
    assert count == 3
    assert statuses[0] == b"200"


def test_a_swap_changes_who_is_let_in_and_keeps_verdicts_about_tokens(tmp_path: Path) -> None:
    async def scene() -> None:
        make = KINDS["introspection"][0]
        base = {"openapi": "./o.yaml", "upstream": {"url": "http://127.0.0.1:9"}, "allow": ["listPets"]}

        def revision(auth: dict[str, Any], **more: dict[str, str]) -> Revision:
            loaded = load_text(yaml.safe_dump({**base, "auth": auth, **more}), path=None, environ={})
            return compile_revision(loaded, Document(root=yaml.safe_load(DOCUMENT), name="o"), number=1)

        holder = Holder(revision(make(None)))
        first = present(holder.serving.door).authenticator
        holder.swap(revision(make(None), log={"level": "error"}))
        assert present(holder.serving.door).authenticator is first
        holder.swap(revision({"type": "service_http", "tokens": TOKENS}))
        assert present(holder.serving.door).authenticator is not first
        holder.swap(revision({"type": "none"}))
        assert holder.serving.door is None
        assert holder.serving.door is None
        holder.close()

    asyncio.run(scene())


@pytest.fixture
def other_address() -> str:
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.66", 0)):
        return "127.0.0.66"
    pytest.skip("needs a second loopback address, 127.0.0.66, which Linux has and macOS lacks")


@pytest.mark.parametrize("front", ["connection", "asgi"])
def test_wrong_logins_from_one_address_do_not_lock_out_another(tmp_path: Path, front: str, other_address: str) -> None:
    async def scene(gateway: Gateway) -> None:
        wrong = [f"Basic {base64.b64encode(f'alice:{i}'.encode()).decode()}" for i in range(300)]
        flood = [asyncio.ensure_future(gateway.ask("GET", "/pets", one, source=other_address)) for one in wrong]
        await asyncio.wait(flood, return_when=asyncio.FIRST_COMPLETED)
        assert (await gateway.ask("GET", "/pets", f"Basic {LOGIN}")).status == 200
        assert sum(not one.done() for one in flood) > 100
        for task in (*flood, *present(gateway.holder.serving.door).authenticator._verifying.values()):
            task.cancel()
        await asyncio.gather(*flood, return_exceptions=True)

    run(tmp_path, scene, users(tmp_path), front=front, limits={"bad_credentials": "300/min"})


@pytest.mark.parametrize("front", ["connection", "asgi"])
def test_an_address_that_shows_bad_tokens_must_wait_and_known_callers_need_not(tmp_path: Path, front: str) -> None:
    async def scene(gateway: Gateway) -> None:
        assert (await gateway.ask("GET", "/pets", f"Bearer {GOOD}")).status == 200
        answers = [await gateway.ask("GET", "/pets", f"Bearer bad-{i}") for i in range(8)]
        assert [answer.status for answer in answers] == [401] * 5 + [429] * 3
        assert "retry-after: " in answers[-1].head
        documents = await gateway.ask("GET", "/openapi.json", "Bearer bad-document")
        assert documents.status == 429
        assert (await gateway.ask("GET", "/pets", f"Bearer {GOOD}")).status == 200

    auth = KINDS["introspection"][0](None) | {"documents": "authenticated"}
    run(tmp_path, scene, auth, front=front, limits={"bad_credentials": "5/min"})


@pytest.mark.parametrize("front", ["connection", "asgi"])
def test_a_key_that_cannot_be_read_keeps_no_caller_waiting(
    tmp_path: Path, front: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    readable = Provider.get_json

    async def with_another(self: Provider, url: str) -> dict[str, Any]:
        answer = await readable(self, url)
        if "keys" in answer:
            return {"keys": [{**answer["keys"][0], "kid": "x", "alg": "none"}, [], *answer["keys"]]}
        return answer

    monkeypatch.setattr(Provider, "get_json", with_another)

    async def scene(gateway: Gateway) -> None:
        assert (await gateway.ask("GET", "/pets", f"Bearer {access_token()}")).status == 200

    run(tmp_path, scene, OAUTH, front=front)


@pytest.mark.parametrize(("setting", "count"), [("", 1), (", consequential: confirm", 2)])
def test_the_callers_of_one_consumer_are_distinguished_if_calls_need_approval(setting: str, count: int) -> None:
    config = (
        f"openapi: o.yaml\nupstream: {{url: http://127.0.0.1:9}}\nallow: [{{operation: addPet{setting}}}]\n"
        "auth: {type: oauth, issuer: https://idp.test, client_url: https://a.test, authorization_url: https://b.test}\n"
        "consumers: [{name: all, match: {scope: read}, allow: [addPet]}]\n"
    )
    document = Document(root=yaml.safe_load(DOCUMENT), name="o.yaml")
    revision = compile_revision(load_text(config, path=None, environ={}), document, number=1)
    callers = (Identity(user=name, scopes=frozenset({"read"})) for name in ("ada", "bob", "ada"))
    door = door_of(revision, lambda *_: next(callers))
    found = [door.admit(FieldBlock(read_request_fields(b"Host: a\r\n", 1)), "") for _ in range(3)]
    assert [as_a(Access, access).consumer for access in found] == ["all"] * 3
    assert len({id(access) for access in found}) == count
    assert found[0] is found[2]
