"""The façade: against a simulated provider, and the whole flow against a real, certified one."""

import asyncio
import base64
import json
import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx2
import pytest
import yaml
from starlette.requests import ClientDisconnect, Request

from plugin_gateway.admission.limiter import Entered, Limiter
from plugin_gateway.admission.limits import CallLimits, RateLimit
from plugin_gateway.admission.table import Table
from plugin_gateway.callers.cache import VerdictCache
from plugin_gateway.callers.facade import MAX_TOKEN_REQUEST_BYTES, Facade
from plugin_gateway.callers.provider import Provider, ProviderError
from plugin_gateway.callers.strangers import Strangers
from plugin_gateway.config.load import load_text
from plugin_gateway.endpoints.oauth import _enter, answer_oauth
from plugin_gateway.openapi.document import Document
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.server.public_server import PublicServer
from plugin_gateway.server.worker import public_config
from plugin_gateway.telemetry import Log, Recorder
from plugin_gateway.telemetry.outage import Outage
from tests.bounds import BOUND_S
from tests.narrow import present, stand_in

SECRET = "sekret-of-the-client"
CALLBACK = "https://chat.openai.com/aip/plugin-abc/oauth/callback"
FACADE = Facade(
    authorize="https://idp.test/auth",
    token="https://idp.test/token",
    client_ids=frozenset({"c"}),
    public_client_ids=frozenset(),
    chatgpt_ids=frozenset({"plugin-abc", "g-abc"}),
    redirect_uris=frozenset(),
)
ASKED = {"response_type": "code", "client_id": "c", "redirect_uri": CALLBACK, "state": "s"}
FORM = {
    "grant_type": "authorization_code",
    "client_id": "c",
    "client_secret": SECRET,
    "code": "x",
    "redirect_uri": CALLBACK,
}


class Played(Provider):
    def __init__(
        self,
        status: int = 200,
        body: bytes = b'{"access_token": "t", "token_type": "bearer"}',
        error: ProviderError | None = None,
    ) -> None:
        self.answer, self.error, self.asked = ("application/json", status, body), error, list[Any]()

    async def relay_form(self, url: str, form: bytes, headers: Mapping[str, str]) -> tuple[str, int, bytes]:
        self.asked.append((url, form, dict(headers)))
        if self.error:
            raise self.error
        return self.answer


def ask(
    provider: Played,
    method: str = "GET",
    path: str = "/oauth/authorize",
    *,
    query: str = "",
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
    is_gone: bool = False,
    **bounds: Any,
) -> Any:
    async def receive() -> dict[str, Any]:
        if is_gone:
            raise ClientDisconnect
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
             "headers": [(name.encode(), value.encode()) for name, value in headers], "client": ("192.0.2.66", 1)}  # fmt: skip
    return asyncio.run(answer_oauth(Request(scope, receive), FACADE, provider, **bounds))


def post(
    provider: Played,
    body: bytes | dict[str, str] | None = None,
    *headers: tuple[str, str],
    media_type: str = "application/json",
    **options: Any,
) -> Any:
    content = json.dumps(FORM if body is None else body).encode() if not isinstance(body, bytes) else body
    return ask(
        provider, "POST", "/oauth/token", headers=[("content-type", media_type), *headers], body=content, **options
    )


def test_the_browser_is_sent_to_the_provider_and_nothing_is_stored() -> None:
    response = ask(Played(), query=urlencode(ASKED))
    assert response.status_code == 302
    assert response.headers["location"].startswith("https://idp.test/auth?response_type=code&client_id=c&")
    assert (response.headers["cache-control"], response.headers["referrer-policy"]) == ("no-store", "no-referrer")


def test_a_bad_request_gets_an_error_page_and_never_a_redirect() -> None:
    response = ask(Played(), query=urlencode(ASKED | {"redirect_uri": "https://evil.test/cb"}))
    assert response.status_code == 400
    assert "location" not in response.headers
    assert "evil" not in response.body.decode()


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD"])
def test_only_a_browser_that_gets_is_sent_on(method: str) -> None:
    assert ask(Played(), method, query=urlencode(ASKED)).status_code == 405


def test_a_code_is_passed_on_as_a_form_and_the_token_back_unstored() -> None:
    provider = Played()
    response = post(provider)
    assert (response.status_code, json.loads(response.body)["access_token"]) == (200, "t")
    assert (response.headers["cache-control"], response.headers["pragma"]) == ("no-store", "no-cache")
    ((url, form, headers),) = provider.asked
    assert (url, headers) == ("https://idp.test/token", {})
    assert parse_qs(form.decode()) == {key: [value] for key, value in FORM.items()}


def test_a_client_may_show_its_secret_as_basic() -> None:
    provider, login = Played(), base64.b64encode(f"c:{SECRET}".encode()).decode()
    said = {key: value for key, value in FORM.items() if not key.startswith("client")}
    assert post(provider, said, ("authorization", f"Basic {login}")).status_code == 200
    assert provider.asked[0][2] == {"authorization": f"Basic {login}"}


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "Bearer x")],
        [("authorization", "Basic !")],
        [("authorization", "Basic Yzpz"), ("authorization", "Basic Yzpz")],
        [("authorization", "Basic " + base64.b64encode(b"other:s").decode())],
    ],
)
def test_a_client_that_shows_anything_else_is_refused(headers: list[tuple[str, str]]) -> None:
    provider = Played()
    said = {key: value for key, value in FORM.items() if not key.startswith("client")}
    assert post(provider, said, *headers).status_code == 400
    assert provider.asked == []


@pytest.mark.parametrize(
    ("status", "body", "passed"),
    [
        (400, b'{"error": "invalid_grant"}', 400),
        (401, b'{"error": "invalid_client"}', 401),
        (500, b"{}", 502),
        (302, b"{}", 502),
        (200, b"<html>", 502),
        (200, b"[]", 502),
    ],
)
def test_only_members_that_oauth_defines_are_passed_back(status: int, body: bytes, passed: int) -> None:
    response = post(Played(status, body))
    assert response.status_code == passed
    assert passed == 502 or response.body == body


def test_a_provider_that_is_away_is_a_502_without_the_secret() -> None:
    response = post(Played(error=ProviderError(SECRET)))
    assert response.status_code == 502
    assert SECRET not in response.body.decode()


def test_a_request_that_is_too_large_or_broken_off_goes_nowhere() -> None:
    provider = Played()
    assert post(provider, b"x" * (MAX_TOKEN_REQUEST_BYTES + 1)).status_code == 413
    assert post(provider, is_gone=True).status_code == 400
    assert ask(provider, "GET", "/oauth/token").status_code == 405
    assert post(provider, b"{").status_code == 400
    assert provider.asked == []


def limiter(**limits: Any) -> Limiter:
    return Limiter(CallLimits(**limits), Table(), None)


def test_only_token_requests_that_reach_the_provider_count_towards_the_rate() -> None:
    bound = limiter(token_requests=RateLimit(name="oauth-token", key="oauth-token", calls=3, window_s=60, burst=3))
    provider = Played()
    for _ in range(10):
        assert post(provider, b"{", limiter=bound).status_code == 400
    answers = [post(provider, limiter=bound) for _ in range(20)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 17
    assert int(answers[-1].headers["retry-after"]) > 0
    assert len(provider.asked) == 3


def test_token_requests_count_among_the_calls_at_the_same_time_until_they_are_over() -> None:
    bound = limiter(concurrency=1)
    assert [post(Played(), limiter=bound).status_code for _ in range(3)] == [200] * 3
    assert [post(Played(error=ProviderError("x")), limiter=bound).status_code for _ in range(3)] == [502] * 3
    bound.admit("op", "", b"", lambda _: None)
    assert post(Played(), limiter=bound).status_code == 503


def test_a_client_that_leaves_while_the_limit_is_asked_holds_no_place() -> None:
    class Late:
        left = 0

        def __init__(self) -> None:
            self.is_asked = asyncio.Event()

        def admit_token_request(self, on_verdict: Callable[..., Any]) -> None:
            self.on_verdict = on_verdict
            self.is_asked.set()

        def leave(self) -> None:
            self.left += 1

    async def scene() -> None:
        late = Late()
        waiting = asyncio.ensure_future(_enter(stand_in(late)))
        await late.is_asked.wait()
        waiting.cancel()
        await asyncio.wait([waiting])
        late.on_verdict(Entered(b""))
        late.on_verdict(Refusal(status=429, code="rate-limited", detail="No."))
        assert late.left == 1

    asyncio.run(scene())


def test_an_address_that_asks_in_vain_uses_up_its_own_budget() -> None:
    strangers = Strangers(RateLimit(name="n", key="k", calls=2, window_s=60, burst=2), lambda: 0.0)
    provider = Played(400, b'{"error": "invalid_grant"}')
    assert [post(provider, strangers=strangers).status_code for _ in range(4)] == [400, 400, 429, 429]
    assert len(provider.asked) == 2
    assert strangers.wait_s("192.0.2.1") == 0


def test_an_outage_of_the_provider_and_its_end_are_logged_once_each(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage("The token endpoint")
    with caplog.at_level("INFO", "plugin_gateway"):
        for played in [Played(error=ProviderError(SECRET)), Played(500), Played(200, b"<html>"), Played(), Played()]:
            post(played, outage=outage)
    assert [vars(record)["event"] for record in caplog.records] == ["outage-began", "outage-ended"]
    assert SECRET not in caplog.text


# The whole flow


DOCUMENT = {"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"},
            "paths": {"/pets": {"get": {"operationId": "listPets", "responses": {}}}}}  # fmt: skip


@pytest.fixture(scope="module")
def packages(request: pytest.FixtureRequest) -> Path:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("npm and node are needed to run an OpenID provider")
    folder = Path(request.config.cache.mkdir("oidc-provider-8"))
    if not (folder / "node_modules" / "oidc-provider").is_dir():
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), "oidc-provider@8"]
        if subprocess.run(command, capture_output=True, timeout=120, check=False).returncode:
            pytest.skip("npm cannot install oidc-provider: there is no registry within reach")
    return folder


@contextmanager
def openid_provider(folder: Path) -> Iterator[str]:
    script = Path(__file__).parents[1] / "callers" / "provider.mjs"
    with subprocess.Popen(
        ["node", str(script), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield json.loads(present(process.stdout).readline())["issuer"]
        finally:
            present(process.stdin).close()
            process.wait(BOUND_S)


@asynccontextmanager
async def gateway(issuer: str, client: dict[str, Any], auth: dict[str, Any]) -> AsyncIterator[Any]:
    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = b"leaked" if b"authorization" in head.lower() else b"[]"
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        writer.close()

    api = await asyncio.start_server(upstream, "127.0.0.1", 0)
    facade = {
        "authorize": f"{issuer}/auth",
        "token": f"{issuer}/token",
        "client_ids": [client["client_id"]],
        "chatgpt_ids": ["plugin-abc"],
    }
    config = {
        "openapi": "./o.json",
        "upstream": {"url": f"http://127.0.0.1:{api.sockets[0].getsockname()[1]}"},
        "allow": ["listPets"],
        "auth": {
            "type": "oauth",
            "scope": "openid offline_access read",
            "required_scope": "read",
            "facade": facade,
            **auth,
        },
    }
    loaded = load_text(yaml.safe_dump(config), path=None, environ={})
    holder = Holder(compile_revision(loaded, Document(root=DOCUMENT, name="o"), number=1))
    server = PublicServer(public_config(holder, Recorder(Log(format="json", level="error")), "connection"))
    listener = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve([listener]))
    await asyncio.wait_for(server.is_listening.wait(), BOUND_S)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", holder
    finally:
        server.drain()
        await asyncio.wait_for(serving, BOUND_S)
        door = holder.serving.door
        assert door is not None
        await door.authenticator.close()
        app: Any = server.config.loaded_app
        await app._provider.close()
        holder.close()
        api.close()
        await api.wait_closed()


async def register(http: Any, issuer: str) -> Any:
    asked = {"redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
             "token_endpoint_auth_method": "client_secret_post"}  # fmt: skip
    return (await http.post(f"{issuer}/register", json=asked)).json()


async def log_in(http: Any, start: str) -> dict[str, str]:
    """Follow a browser from the gateway through the provider's pages; return the query of the client's callback."""
    response = await http.get(start)
    for _ in range(20):
        if response.is_redirect:
            where = urljoin(str(response.url), response.headers["location"])
            if where.startswith(CALLBACK):
                return {key: value[0] for key, value in parse_qs(urlsplit(where).query).items()}
            response = await http.get(where)
        else:
            [action] = re.findall(r'<form[^>]* action="([^"]+)"', response.text)
            [prompt] = re.findall(r'name="prompt" value="([^"]+)"', response.text)
            form = {"prompt": prompt} | ({"login": "alice", "password": "x"} if prompt == "login" else {})
            response = await http.post(urljoin(str(response.url), action), data=form)
    pytest.fail("the provider sends the browser in circles")


async def flow(issuer: str, kind: str, auth_of: Callable[..., Any]) -> None:
    resource = f"https://gw.test/{kind}"
    async with httpx2.AsyncClient(timeout=BOUND_S, trust_env=False) as http:
        client = await register(http, issuer)
        async with gateway(issuer, client, auth_of(issuer, client, resource)) as (base, holder):
            me = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
            refused = await http.get(f"{base}/pets")
            assert refused.status_code == 401
            [metadata_url] = re.findall(r'resource_metadata="([^"]+)"', refused.headers["www-authenticate"])
            metadata = (await http.get(base + urlsplit(metadata_url).path)).json()
            assert metadata.get("authorization_servers", [issuer]) == [issuer]
            manifest = (await http.get(f"{base}/.well-known/ai-plugin.json")).json()["auth"]
            assert (manifest["type"], urlsplit(manifest["client_url"]).path) == ("oauth", "/oauth/authorize")

            asked = {"response_type": "code", "client_id": client["client_id"], "redirect_uri": CALLBACK, "state": "st/a te",
                     "scope": manifest["scope"], "prompt": "consent", "resource": resource}  # fmt: skip
            brought = await log_in(http, f"{base}/oauth/authorize?{urlencode(asked)}")
            assert brought["state"] == "st/a te"

            said = {"grant_type": "authorization_code", "code": brought["code"], "redirect_uri": CALLBACK, **me}
            tokens = (await http.post(f"{base}/oauth/token", json=said)).json()

            async def call(token: str) -> int:
                response = await http.get(f"{base}/pets", headers={"Authorization": f"Bearer {token}"})
                assert response.text != "leaked"
                return response.status_code

            assert await call(tokens["access_token"]) == 200
            assert await call(tokens["access_token"]) == 200
            assert await call(tokens["refresh_token"]) == 401
            assert await call(tokens["id_token"]) == 401
            async with gateway(issuer, client, auth_of(issuer, client, ())) as (elsewhere, _):
                # The same provider's token for another gateway: by default a gateway requires its own `public.url` as
                # audience.
                bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
                assert (await http.get(f"{elsewhere}/pets", headers=bearer)).status_code == 401
            refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **me}
            fresh = (await http.post(f"{base}/oauth/token", data=refresh)).json()
            assert fresh["access_token"] != tokens["access_token"]
            assert await call(fresh["access_token"]) == 200
            revoked = await http.post(f"{issuer}/token/revocation", data={"token": fresh["access_token"], **me})
            assert revoked.status_code == 200
            assert await call(fresh["access_token"]) == 200
            again = await http.post(f"{base}/oauth/token", json=said)
            assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
            if kind == "opaque":
                # The minute for which a verdict is cached is over; a code used twice or a revocation takes effect now.
                authenticator = holder.serving.door.authenticator
                authenticator._good = VerdictCache()
                holder.serving.blocks.entries.clear()
                holder.serving.remembered.entries.clear()
                assert await call(fresh["access_token"]) == 401


def signed(issuer: str, client: dict[str, Any], resource: str | tuple[Any, ...]) -> dict[str, Any]:
    return {"issuer": issuer, "audience": resource}


def introspected(issuer: str, client: dict[str, Any], resource: str | tuple[Any, ...]) -> dict[str, dict[str, Any]]:
    return {"verify": {"introspection": f"{issuer}/token/introspection", "client_id": client["client_id"], "audience": resource,
                       "client_secret": {"value": client["client_secret"]}}}  # fmt: skip


@pytest.mark.parametrize(("kind", "auth_of"), [("jwt", signed), ("opaque", introspected)])
def test_register_redirect_code_token_call_refresh_revoked_with_a_certified_provider(
    packages: Path, kind: str, auth_of: Callable[..., Any]
) -> None:
    with openid_provider(packages) as issuer:
        asyncio.run(flow(issuer, kind, auth_of))
