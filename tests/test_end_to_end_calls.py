"""Credentials and limits of whole gateways: real processes, an upstream that echoes each request, a token endpoint."""

import base64
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, quote, unquote

import pytest

from tests.bounds import BOUND_S
from tests.conftest import Authority
from tests.narrow import present
from tests.redis_server import redis_server

DOCUMENT = """
openapi: 3.0.3
info: {title: Pets, version: "1", description: All about pets., contact: {email: a@example.com}, termsOfService: "https://example.com/t"}
paths:
""" + "".join(
    f"""
  /{name}:
    get: {{operationId: get_{name}, responses: {{"200": {{description: ok}}}}}}
    post:
      operationId: post_{name}
      requestBody: {{content: {{application/json: {{schema: {{type: object}}}}}}}}
      responses: {{"200": {{description: ok}}}}
"""
    for name in ("env", "file", "query", "cookie", "basic", "oauth2", "exchange", "items", "plain")
)
SECRETS = {
    "env": "env-s3cr3t/+&=1",
    "file": "file-s3cr3t-2",
    "query": "query s3cr3t&3",
    "cookie": "cookie-s3cr3t-4",
    "basic": "basic-s3cr3t-5",
    "client": "client-s3cr3t:6",
    "write": "write-s3cr3t-7",
}
ENVIRONMENT = {f"TEST_{name.upper()}": text for name, text in SECRETS.items()}


class Served:
    """An HTTP server in a thread, whose `answer` a test may replace."""

    def __init__(self, answer: Callable[..., Any], tls: ssl.SSLContext | None = None) -> None:
        self.answer, self.calls, self.lock = answer, list[SimpleNamespace](), threading.Lock()
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = BOUND_S

            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                call = SimpleNamespace(method=self.command, path=self.path, headers=self.headers, body=body)
                with served.lock:
                    served.calls.append(call)
                status, fields, answer = served.answer(call)
                self.send_response(status)
                for name, value in fields:
                    self.send_header(name, value)
                if ("Transfer-Encoding", "chunked") in fields:
                    answer = b"".join(b"64\r\n%b\r\n" % answer[at : at + 100] for at in range(0, len(answer), 100))
                    answer += b"0\r\n\r\n"
                else:
                    self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = handle_one  # noqa: N815  # the standard library's names

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def echo(call: SimpleNamespace) -> tuple[int, list[tuple[str, str]], bytes]:
    """Repeat everything in the request, raw and decoded, in fields and body."""
    shown = [f"{name}: {value}" for name, value in call.headers.items()]
    shown += [base64.b64decode(v[6:]).decode() for v in call.headers.get_all("Authorization", []) if v[:6] == "Basic "]
    fields = [("Content-Type", "application/json"), ("X-Echo-Path", call.path)]
    fields += [(f"X-Echo-{name}", value) for name, value in call.headers.items()]
    body = {"path": call.path, "decoded": unquote(call.path), "fields": shown, "body": call.body.decode()}
    return 200, fields, json.dumps(body).encode()


class TokenEndpoint(Served):
    """Issues a numbered token at each question, and knows which it took back."""

    def __init__(self) -> None:
        super().__init__(self.issue)
        self.issued, self.revoked, self.is_down = list[str](), set[str](), False

    def issue(self, call: SimpleNamespace) -> tuple[int, list[Any], bytes]:
        form = parse_qs(call.body.decode())
        if self.is_down or form.get("subject_token") == ["revoked-caller"]:
            error = {"error": "server_error" if self.is_down else "invalid_request", "hint": SECRETS["client"]}
            return (500 if self.is_down else 400), [], json.dumps(error).encode()
        token = f"issued-t0k3n/{len(self.issued)}+{form['grant_type'][0][-8:]}="
        self.issued.append(token)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
        return 200, [("Content-Type", "application/json")], json.dumps(answer).encode()


class Gateway:
    """A running `plugin-gateway serve`; keeps everything that it ever said."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "plugin_gateway", "serve", "-c", str(folder / "gateway.yaml"), *arguments]
        self.process = subprocess.Popen(
            [*command, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"],
            env={**os.environ, **ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.said, self.replies, self.grown = b"", b"", threading.Condition()
        self.readers = [
            threading.Thread(target=self.read, args=(pipe,), daemon=True)
            for pipe in (self.process.stdout, self.process.stderr)
        ]
        for reader in self.readers:
            reader.start()
        try:
            started = json.loads(self.wait_for(rb'\{[^\n]*"event":"started"[^\n]*\}', BOUND_S))
        except BaseException:
            self.close()
            raise
        self.port, self.admin_port = (int(started[key].rpartition(":")[2]) for key in ("listen", "admin"))

    def read(self, pipe: Any) -> None:
        for line in pipe:
            with self.grown:
                self.said += line
                self.grown.notify_all()

    def wait_for(self, pattern: bytes, bound_s: float = BOUND_S) -> bytes:
        with self.grown:
            found = self.grown.wait_for(lambda: re.search(pattern, self.said), bound_s)
            assert found, self.said.decode()
            return found[0]

    def ask(
        self, method: str, target: str, body: bytes | None = None, *, admin: bool = False, **headers: str
    ) -> SimpleNamespace:
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port if admin else self.port, timeout=BOUND_S)
        try:
            fields = {"Content-Type": "application/json"} if body is not None else {}
            fields |= {name.replace("_", "-"): v for name, v in headers.items()}
            connection.request(method, target, body, fields)
            response = connection.getresponse()
            answer = SimpleNamespace(status=response.status, headers=response.headers, body=response.read())
        finally:
            connection.close()
        self.replies += f"{answer.status} {answer.headers}".encode() + answer.body
        return answer

    def json(self, *arguments: Any, **headers: Any) -> tuple[int, dict[str, Any]]:
        answer = self.ask(*arguments, **headers)
        return answer.status, json.loads(answer.body)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(BOUND_S)
        for reader in self.readers:
            reader.join(BOUND_S)
        present(self.process.stdout).close()
        present(self.process.stderr).close()


@pytest.fixture
def upstream() -> Iterator[Served]:
    served = Served(echo)
    yield served
    served.close()


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    served = TokenEndpoint()
    yield served
    served.close()


@pytest.fixture
def write(tmp_path: Path, upstream: Served) -> Callable[..., Any]:
    """Write a gateway.yaml with these lines under `upstream`, as `allow`, and at the end."""

    def written(
        *,
        under: str = "",
        allow: str = "get_plain, post_plain, get_items",
        more: str = "",
        scheme: str = "http",
        port: int | None = None,
        name: str = ".",
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "openapi.yaml").write_text(DOCUMENT)
        (folder / "key.txt").write_text(SECRETS["file"] + "\n")
        (folder / "gateway.yaml").write_text(
            f"openapi: ./openapi.yaml\nupstream:\n  url: {scheme}://127.0.0.1:{port or upstream.port}\n"
            f"  timeout: {{connect: 2m, read: 2m, total: 2m}}\n{under}\nallow: [{allow}]\n{more}\n"
        )
        return folder

    return written


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Gateway]:
    gateway = Gateway(folder, *arguments)
    try:
        yield gateway
    finally:
        gateway.close()


def of_issuer(endpoint: TokenEndpoint, form: str = "oauth2") -> str:
    return f"{{{form}: {{token_url: 'http://127.0.0.1:{endpoint.port}/token', client_id: me, client_secret: {{env: TEST_CLIENT}}}}}}"


def authorizations(upstream: Served) -> list[Any]:
    return [call.headers.get_all("Authorization") for call in upstream.calls]


FRONTS = pytest.mark.parametrize("front", ["connection", "asgi"])


def test_no_secret_is_in_anything_that_a_run_produces(
    write: Callable[..., Any], upstream: Served, endpoint: TokenEndpoint
) -> None:
    """The upstream echoes whatever it gets, in fields and body; the endpoint repeats our secret in its error."""
    entries = {
        "env": "{header: X-Api-Key, value: {env: TEST_ENV}}",
        "file": "{bearer: {file: key.txt}}",
        "query": "{query: api_key, value: {env: TEST_QUERY}}",
        "cookie": "{cookie: sid, value: {env: TEST_COOKIE}}",
        "basic": "{basic: {username: me, password: {env: TEST_BASIC}}}",
        "oauth2": of_issuer(endpoint),
        "exchange": of_issuer(endpoint, "token_exchange"),
    }
    allow = ", ".join(
        f"{{operation: {verb}_{name}, credential: {text}}}"
        for name, text in entries.items()
        for verb in ("get", "post")
    )
    folder = write(allow=allow + ", get_plain, post_plain", under="  write_credential: {bearer: {env: TEST_WRITE}}")
    with serving(folder) as gateway:
        for name in (*entries, "plain"):
            for method in ("GET", "POST"):
                body = b"{}" if method == "POST" else None
                assert gateway.ask(method, f"/{name}", body, Authorization="Bearer caller").status == 200, name
            own: list[dict[str, Any]] = [{header: "sid=theirs"} for header in ("X_Api_Key", "Cookie", "Authorization")]
            for fields in own:
                gateway.ask("GET", f"/{name}?api_key=theirs", **fields)
        gateway.ask("GET", "/exchange", Authorization="Bearer revoked-caller")
        endpoint.is_down = True
        upstream.answer = lambda call: (401, *echo(call)[1:])
        assert gateway.ask("GET", "/oauth2").status == 502
        gateway.wait_for(rb'"event":"outage-began"')
        for face in ("/openapi.json", "/openapi.yaml", "/.well-known/ai-plugin.json", "/nothing"):
            gateway.ask("GET", face)
        (folder / "gateway.yaml").write_text((folder / "gateway.yaml").read_text().replace("cookie: sid", "cokie: sid"))
        gateway.wait_for(rb"reload-failed")
        for page in ("/healthz", "/readyz", "/metrics"):
            gateway.ask("GET", page, admin=True)
        issued = list(endpoint.issued)
    printed = b""
    for command in (["check"], ["explain", "GET", "/env"], ["spec"], ["manifest"]):
        result = subprocess.run(
            [sys.executable, "-m", "plugin_gateway", *command, "-c", str(folder / "gateway.yaml")],
            capture_output=True,
            env={**os.environ, **ENVIRONMENT},
            timeout=BOUND_S,
            check=False,
        )
        printed += result.stdout + result.stderr
    everything = gateway.said + gateway.replies + printed
    for text in (*SECRETS.values(), *issued):
        forms = {
            text,
            quote(text, safe=""),
            quote(text),
            base64.b64encode(text.encode()).decode(),
            json.dumps(text)[1:-1],
        }
        forms.add(base64.b64encode(f"me:{text}".encode()).decode())
        for form in forms:
            assert form.encode() not in everything, form
    # It was there to be found: the upstream had each of them, and what it repeated came back covered.
    sent_up = "\n".join(f"{call.path}\n{call.headers}" for call in upstream.calls)
    for name in ("env", "file", "cookie", "write"):
        assert SECRETS[name] in sent_up
    assert quote(SECRETS["query"]) in sent_up
    assert base64.b64encode(f"me:{SECRETS['basic']}".encode()).decode() in sent_up
    assert all(token in sent_up for token in issued)
    assert len(issued) == 2
    assert b"*" * 13 in gateway.replies
    assert "theirs" not in sent_up
    assert "caller" not in sent_up


@FRONTS
def test_no_field_of_an_answer_leads_past_the_gateway(write: Callable[..., Any], upstream: Served, front: str) -> None:
    origin = f"http://127.0.0.1:{upstream.port}"

    def answer(call: SimpleNamespace) -> tuple[int, list[tuple[str, str]], bytes]:
        key = call.path.partition("?")[2]
        fields = [
            ("Location", f"{origin}/v2/items?page=2&{key}"),
            ("Link", f'<{origin}/v2/items?{key}&page=2>; rel="next"; title="a, b", <{origin}/admin>; rel=admin'),
            ("Link", "</v2/items?page=9>; rel=last"),
            ("Refresh", f"5;URL='{origin}/v2/items'"),
            ("Operation-Location", f"{origin}/v2/items?{key}"),
            ("X-Served-By", f"127.0.0.1:{upstream.port}"),
            ("Report-To", f'{{"endpoints":[{{"url":"{origin}/r"}}]}}'),
            ("Content-Location", f"{origin}/admin"),
        ]
        return 200, fields, b"{}"

    upstream.answer = answer
    folder = write(
        under="  credential: {query: api_key, value: {env: TEST_QUERY}}", more="public: {url: https://gw.example.com}\nmanifest: {legal_info_url: https://a.example.com}"
    )  # fmt: skip
    config = folder / "gateway.yaml"
    config.write_text(config.read_text().replace(f":{upstream.port}\n", f":{upstream.port}/v2\n"))
    with serving(folder, "--front", front) as gateway:
        got = gateway.ask("GET", "/plain").headers
        assert got["Location"] == "https://gw.example.com/items?page=2"
        assert got.get_all("Link") == [
            '<https://gw.example.com/items?page=2>; rel="next"; title="a, b"',
            "<https://gw.example.com/items?page=9>; rel=last",
        ]
        assert got["Refresh"] == "5;URL='https://gw.example.com/items'"
        assert got["Operation-Location"] == "https://gw.example.com/items"
        assert got["X-Served-By"] == "gw.example.com"
        assert str(upstream.port) not in str(got)
        assert "api_key" not in str(got)
    assert all("api_key=" in call.path for call in upstream.calls)


@FRONTS
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_client_follows_pages_through_the_gateway(
    write: Callable[..., Any], upstream: Served, front: str, is_chunked: bool
) -> None:
    origin = f"http://127.0.0.1:{upstream.port}"

    def answer(call: SimpleNamespace) -> tuple[int, list[tuple[str, str]], bytes]:
        page = {
            "next": f"{origin}{call.path}",
            "_links": {"self": {"href": "/items"}, "docs": {"href": "/items", "title": f"{origin}/items"}},
            "filler": "x" * 3000,
        }
        fields = [("Content-Type", "application/json"), ("ETag", '"1"')]
        return 200, fields + [("Transfer-Encoding", "chunked")] * is_chunked, json.dumps(page).encode().ljust(4000)

    upstream.answer = answer
    folder = write(
        under="  credential: {query: api_key, value: {env: TEST_QUERY}}\n  links: [/next]",
        allow='get_plain, {operation: get_items, response: {links: ["/_links/*/href", /next]}}, {operation: post_plain, response: {links: []}}',
        more="limits: {response_body: 10kB, response_overflow: truncate}",
    )
    with serving(folder, "--front", front) as gateway:
        for operation in ("/plain", "/items"):
            got = gateway.ask("GET", operation)
            page = json.loads(got.body)
            assert page["next"] == f"http://localhost:{gateway.port}{operation}"
            assert page["_links"]["docs"] == {"href": "/items", "title": f"{origin}/items"}
            assert got.headers["ETag"] == 'W/"1"'
            assert len(got.body) == int(got.headers["Content-Length"] or len(got.body))
            following = page["next"].removeprefix(f"http://localhost:{gateway.port}")
            assert gateway.ask("GET", following).status == 200
        got = gateway.ask("POST", "/plain", b"{}")
        assert json.loads(got.body)["next"].startswith(origin)
        assert got.headers["ETag"] == '"1"'


@FRONTS
@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("none", {}),
        ("host", {"Host": "gw.example.com"}),
        ("rfc7239", {"Forwarded": 'host="gw.example.com";proto=https'}),
        (
            "x-forwarded",
            {"X-Forwarded-Host": "gw.example.com", "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https"},
        ),
    ],
)
def test_the_upstream_gets_its_public_origin_from_the_gateway_and_not_from_callers(
    write: Callable[..., Any], upstream: Served, front: str, mode: str, expected: dict[str, str]
) -> None:
    more = "public: {url: https://gw.example.com}\nmanifest: {legal_info_url: https://a.example.com}"
    with serving(write(under=f"  forwarded: {mode}", more=more), "--front", front) as gateway:
        theirs: dict[str, Any] = {
            "X_Forwarded_Host": "evil",
            "X_Forwarded_Proto": "ftp",
            "Forwarded": "host=evil",
            "X_Forwarded_For": "1",
        }
        assert gateway.ask("GET", "/plain", **theirs).status == 200
    [call] = upstream.calls
    told = {name: value for name, value in call.headers.items() if "orwarded" in name or name == "Host"}
    assert told == {"Host": f"127.0.0.1:{upstream.port}"} | expected


@FRONTS
def test_a_token_is_got_once_and_again_when_the_upstream_does_not_take_it(
    write: Callable[..., Any], upstream: Served, endpoint: TokenEndpoint, front: str
) -> None:
    def answer(call: SimpleNamespace) -> tuple[int, list[Any], bytes]:
        token = call.headers.get("Authorization", "").removeprefix("Bearer ")
        return (401, [], b"{}") if token in endpoint.revoked else echo(call)

    upstream.answer = answer
    with serving(write(under=f"  credential: {of_issuer(endpoint)}"), "--front", front) as gateway:
        for _ in range(3):
            assert gateway.ask("GET", "/plain").status == 200
        assert len(endpoint.issued) == 1
        endpoint.revoked.update(endpoint.issued)
        status, body = gateway.json("POST", "/plain", b'{"a":1}')
        assert (status, body["body"]) == (200, '{"a":1}')
        assert authorizations(upstream)[-2:] == [[f"Bearer {token}"] for token in endpoint.issued]
        calls = len(upstream.calls)
        upstream.answer = lambda call: (401, [], b'{"error":"no"}')
        status, problem = gateway.json("GET", "/plain")
        assert (status, problem["code"]) == (502, "upstream-credential-refused")
        # The token is new: an upstream that takes none is not asked with another one at once.
        assert len(upstream.calls) == calls + 1


@FRONTS
def test_a_body_that_is_too_large_to_keep_is_sent_once(
    write: Callable[..., Any], upstream: Served, endpoint: TokenEndpoint, front: str
) -> None:
    upstream.answer = lambda _: (401, [], b"{}")
    with serving(write(under=f"  credential: {of_issuer(endpoint)}"), "--front", front) as gateway:
        assert gateway.ask("POST", "/plain", b"x" * 200_000).status == 502
        assert len(upstream.calls) == len(endpoint.issued) == 1


@FRONTS
def test_a_token_endpoint_that_is_down_is_a_problem_and_the_call_does_not_go_up(
    write: Callable[..., Any], upstream: Served, endpoint: TokenEndpoint, front: str
) -> None:
    endpoint.is_down = True
    with serving(write(under=f"  credential: {of_issuer(endpoint)}"), "--front", front) as gateway:
        status, problem = gateway.json("POST", "/plain", b"{}")
        assert (status, problem["code"]) == (502, "upstream-token-unavailable")
        gateway.wait_for(rb'"reason":"upstream-token-unavailable"')
    assert upstream.calls == []


CHALLENGES = {
    "the upstream's": lambda _: (
        401,
        [("WWW-Authenticate", 'Bearer resource_metadata="http://internal.corp/x"')],
        b"{}",
    ),
    "a proxy's before it": lambda _: (407, [("Proxy-Authenticate", 'Basic realm="internal.corp"')], b"{}"),
    "one in pieces": lambda _: (
        401,
        [("WWW-Authenticate", 'Basic realm="internal.corp"'), ("Transfer-Encoding", "chunked")],
        b"x" * 10_000,
    ),
}


@FRONTS
@pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
def test_a_refused_credential_of_the_gateway_is_a_502_and_is_named(
    write: Callable[..., Any], upstream: Served, front: str, challenge: Callable[..., Any]
) -> None:
    upstream.answer = challenge
    allow = (
        "get_plain, {operation: post_plain, credential: [{header: X-Api-Key, value: {env: TEST_ENV}}, "
        "{cookie: sid, value: {env: TEST_COOKIE}}]}"
    )
    folder = write(under="  credential: {query: api_key, value: {env: TEST_QUERY}}", allow=allow)
    with serving(folder, "--front", front) as gateway:
        for method, name in (("GET", "query api_key"), ("POST", "header X-Api-Key, cookie sid")):
            body = b"{}" if method == "POST" else None
            answer = gateway.ask(method, "/plain", body)
            assert (answer.status, json.loads(answer.body)["code"]) == (502, "upstream-credential-refused")
            assert b"internal.corp" not in str(answer.headers).encode() + answer.body
            gateway.wait_for(b'"reason":"upstream-credential-refused","credential":"%b"' % name.encode())
            metrics = gateway.ask("GET", "/metrics", admin=True).body.decode()
            assert f'plugin_gateway_upstream_credential_refused_total{{credential="{name}"}} 1.0' in metrics


@FRONTS
@pytest.mark.parametrize(
    "under",
    [
        "",
        "  credential: {passthrough: true}",
        "  credential: [{header: X-Api-Key, value: {env: TEST_ENV}}, {passthrough: true}]",
        "  credential: {bearer: {env: TEST_ENV}}\n  unauthorized: pass",
    ],
)
def test_a_refusal_of_the_callers_credential_passes_with_its_challenge(
    write: Callable[..., Any], upstream: Served, front: str, under: str
) -> None:
    upstream.answer = lambda _: (401, [("WWW-Authenticate", 'Basic realm="theirs"')], b"{}")
    with serving(write(under=under), "--front", front) as gateway:
        answer = gateway.ask("GET", "/plain", Authorization="Basic eDp5")
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="theirs"')


def test_a_403_is_not_a_refusal_of_the_gateways_credential(write: Callable[..., Any], upstream: Served) -> None:
    upstream.answer = lambda _: (403, [], b'{"error":"read only"}')
    with serving(write(under="  credential: {bearer: {env: TEST_ENV}}")) as gateway:
        assert gateway.ask("POST", "/plain", b"{}").status == 403


@FRONTS
def test_each_callers_token_is_exchanged_once(
    write: Callable[..., Any], upstream: Served, endpoint: TokenEndpoint, front: str
) -> None:
    under = f"  credential: {of_issuer(endpoint, 'token_exchange')}"
    with serving(write(under=under), "--front", front) as gateway:
        for caller in ("alice", "bob", "alice"):
            assert gateway.ask("GET", "/plain", Authorization=f"Bearer {caller}").status == 200
        assert [parse_qs(call.body.decode())["subject_token"] for call in endpoint.calls] == [["alice"], ["bob"]]
        first, second = (f"Bearer {token}" for token in endpoint.issued)
        assert authorizations(upstream) == [[first], [second], [first]]
        assert gateway.json("GET", "/plain")[1]["code"] == "missing-credential"
        status, problem = gateway.json("GET", "/plain", Authorization="Bearer revoked-caller")
        assert (status, problem["code"]) == (401, "credential-not-exchanged")
    assert len(upstream.calls) == 3


@FRONTS
def test_the_callers_own_credential_goes_up_only_where_that_is_written(
    write: Callable[..., Any], upstream: Served, front: str
) -> None:
    allow = "{operation: get_plain, credential: {passthrough: true}}, get_items"
    with serving(write(allow=allow), "--front", front) as gateway:
        for target in ("/plain", "/items"):
            assert gateway.ask("GET", target, Authorization="Custom a=b").status == 200
        assert gateway.ask("GET", "/plain").status == 200
    assert authorizations(upstream) == [["Custom a=b"], None, None]


def test_writes_carry_the_write_credential_and_entries_their_own(write: Callable[..., Any], upstream: Served) -> None:
    under = "  credential: {bearer: {env: TEST_ENV}}\n  write_credential: {bearer: {env: TEST_WRITE}}"
    allow = "get_plain, post_plain, {operation: post_items, credential: {header: X-Own, value: {env: TEST_COOKIE}}}"
    with serving(write(under=under, allow=allow)) as gateway:
        gateway.ask("GET", "/plain", X_Own="theirs")
        gateway.ask("POST", "/plain", b"{}")
        gateway.ask("POST", "/items", b"{}")
    read, wrote, own = upstream.calls
    assert read.headers["Authorization"] == f"Bearer {SECRETS['env']}"
    assert wrote.headers["Authorization"] == f"Bearer {SECRETS['write']}"
    assert own.headers["Authorization"] is None
    assert (read.headers["X-Own"], own.headers["X-Own"]) == (None, SECRETS["cookie"])


def test_a_secret_file_that_changes_is_read_again(write: Callable[..., Any], upstream: Served) -> None:
    folder = write(under="  credential: {bearer: {file: key.txt}}")
    with serving(folder) as gateway:
        gateway.ask("GET", "/plain")
        (folder / "key.new").write_text("another-s3cr3t-8")
        (folder / "key.new").replace(folder / "key.txt")
        gateway.wait_for(rb'"event":"reloaded"')
        gateway.ask("GET", "/plain")
    assert authorizations(upstream) == [[f"Bearer {SECRETS['file']}"], ["Bearer another-s3cr3t-8"]]


def test_the_upstream_and_the_gateway_prove_themselves_to_each_other(write: Callable[..., Any], tmp_path: Path) -> None:
    certify(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tmp_path / "ca.pem")
    context.load_cert_chain(tmp_path / "server.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    served = Served(echo, tls=context)
    try:
        options = {"scheme": "https", "port": served.port}
        ours = write(under="  tls: {ca: ../ca.pem, cert: ../client.pem, key: ../client.pem}", name="ours", **options)
        without = write(under="  tls: {ca: ../ca.pem}", name="without", **options)
        strange = write(under="  tls: {cert: ../client.pem, key: ../client.pem}", name="strange", **options)
        with serving(ours) as gateway:
            assert gateway.ask("GET", "/plain").status == 200
        for folder in (without, strange):
            with serving(folder) as gateway:
                assert gateway.ask("GET", "/plain").status == 502
        assert len(served.calls) == 1
    finally:
        served.close()


def test_a_certificate_that_is_replaced_is_used_at_once_and_half_of_one_changes_nothing(
    write: Callable[..., Any], tmp_path: Path, authority: Authority
) -> None:
    certify(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.ca)
    context.load_cert_chain(tmp_path / "server.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    served = Served(echo, tls=context)
    try:
        # Our first certificate is of an authority that the upstream does not know.
        folder = write(
            under="  tls: {ca: ../ca.pem, cert: ../client.pem, key: ../client.pem}",
            name="ours",
            scheme="https",
            port=served.port,
        )
        known = authority.issue("me")
        text = Path(known.cert).read_bytes() + Path(known.key).read_bytes()
        with serving(folder) as gateway:
            assert gateway.ask("GET", "/plain").status == 502
            gateway.wait_for(rb'"reason":"upstream-[a-z]+","cause":"')
            (tmp_path / "client.pem").write_bytes(text)
            gateway.wait_for(rb'"event":"reloaded"')
            assert gateway.ask("GET", "/plain").status == 200
            (tmp_path / "client.pem").write_bytes(text[: len(text) // 2])
            gateway.wait_for(rb'"event":"reload-failed"[^\n]*tls-file')
            assert gateway.ask("GET", "/plain").status == 200
    finally:
        served.close()


def load(gateways: list[Gateway], calls: int, target: str = "/plain", **headers: Any) -> list[int]:
    """Make so many calls at once, spread over the gateways; return the statuses."""
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda n: gateways[n % len(gateways)].ask("GET", target, **headers).status, range(calls)))


@FRONTS
def test_workers_let_exactly_the_limit_through_together_and_a_reload_changes_nothing(
    write: Callable[..., Any], upstream: Served, front: str
) -> None:
    folder = write(more="limits: {rate: 20/d}")
    with serving(folder, "--workers", "2", "--front", front) as gateway:
        assert sorted(load([gateway], 30)) == [200] * 20 + [429] * 10
        (folder / "key.txt").touch()
        gateway.process.send_signal(1)
        gateway.wait_for(rb'"event":"reloaded"')
        refused = gateway.ask("GET", "/plain")
        assert refused.status == 429
        assert int(refused.headers["Retry-After"]) > 4000
        assert refused.headers["RateLimit-Policy"] == '"gateway";q=20;w=86400'
        assert json.loads(refused.body)["code"] == "rate-limited"
        gateway.wait_for(rb'"operation":"get_plain"[^\n]*"status":429,"reason":"rate-limited"')
    assert len(upstream.calls) == 20


def test_each_operation_and_each_user_has_a_separate_rate(write: Callable[..., Any], upstream: Served) -> None:
    allow = "{operation: get_plain, rate: 2/d}, get_items"
    with serving(write(allow=allow, more="limits: {per_ephemeral_user: 3/d}")) as gateway:
        assert [gateway.ask("GET", "/plain").status for _ in range(3)] == [200, 200, 429]
        user: dict[str, Any] = {"openai_ephemeral_user_id": "someone"}
        assert [gateway.ask("GET", "/items", **user).status for _ in range(4)] == [200] * 3 + [429]
        answer = gateway.ask("GET", "/items", openai_ephemeral_user_id="another")
        assert (answer.status, answer.headers["RateLimit"]) == (200, '"user";r=2;t=28800')


@FRONTS
def test_each_consumer_has_a_separate_rate(write: Callable[..., Any], upstream: Served, front: str) -> None:
    more = """
auth: {type: service_http, tokens: [{name: one, env: TEST_ENV}, {name: two, env: TEST_BASIC}]}
consumers: [{name: alice, match: {token: one}, rate: 2/d}, {name: bob, match: {token: two}}]
"""
    with serving(write(more=more), "--front", front) as gateway:
        alice, bob = (f"Bearer {SECRETS[name]}" for name in ("env", "basic"))
        assert [gateway.ask("GET", "/plain", Authorization=alice).status for _ in range(4)] == [200, 200, 429, 429]
        assert [gateway.ask("GET", "/plain", Authorization=bob).status for _ in range(4)] == [200] * 4
        gateway.wait_for(rb'"consumer":"alice"[^\n]*"reason":"rate-limited"')


@FRONTS
def test_calls_at_the_same_time_are_bounded_and_leave_when_they_are_over(
    write: Callable[..., Any], upstream: Served, front: str
) -> None:
    released = threading.Event()
    arrived = threading.Semaphore(0)

    def answer(call: SimpleNamespace) -> tuple[int, list[tuple[str, str]], bytes]:
        arrived.release()
        released.wait(BOUND_S)
        return echo(call)

    upstream.answer = answer
    with (
        serving(write(more="limits: {concurrency: 2}"), "--workers", "2", "--front", front) as gateway,
        ThreadPoolExecutor(2) as pool,
    ):
        held = [pool.submit(gateway.ask, "GET", "/plain") for _ in range(2)]
        assert all(arrived.acquire(timeout=BOUND_S) for _ in held)
        refused = gateway.ask("GET", "/plain")
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        assert json.loads(refused.body)["code"] == "too-many-calls"
        released.set()
        assert [one.result().status for one in held] == [200, 200]
        assert [gateway.ask("GET", "/plain").status for _ in range(4)] == [200] * 4


@FRONTS
@pytest.mark.parametrize("is_chunked", [False, True])
def test_an_answer_that_is_too_large_is_refused_or_cut_to_whole_items(
    write: Callable[..., Any], upstream: Served, front: str, is_chunked: bool
) -> None:
    items = json.dumps([{"id": 1000 + number} for number in range(500)]).encode()
    assert len(items) % 100 == 0
    fields = [("Content-Type", "application/json"), ("ETag", '"1"')]
    fields += [("Transfer-Encoding", "chunked")] if is_chunked else []
    upstream.answer = lambda _: (200, fields, items)
    refusing = write(more="limits: {response_body: 1kB}", name="refuse")
    cutting = write(more="limits: {response_body: 1kB, response_overflow: truncate}", name="truncate")
    with serving(refusing, "--front", front) as gateway:
        status, problem = gateway.json("GET", "/items")
        assert (status, problem["code"]) == (413, "response-too-large")
        gateway.wait_for(rb'"status":413,"reason":"response-too-large"')
    with serving(cutting, "--front", front) as gateway:
        answer = gateway.ask("GET", "/items")
        assert answer.status == 200
        assert json.loads(answer.body) == json.loads(items)[: len(json.loads(answer.body))]
        assert 900 < len(answer.body) <= 1000
        assert (answer.headers["X-Response-Truncated"], answer.headers["ETag"]) == ("true", None)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[SimpleNamespace]:
    with redis_server(tmp_path) as server:
        yield server


def test_two_gateways_that_share_one_redis_let_exactly_the_limit_through(
    write: Callable[..., Any], upstream: Served, redis: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "TEST_REDIS", f"redis://127.0.0.1:{redis.port}/0")
    limits = "limits: {rate: 40/d, redis: {env: TEST_REDIS}, on_store_failure: %s}"
    refusing = write(more=limits % "refuse", name="one")
    allowing = write(more=limits % "allow", name="two")
    public = "public: {url: https://plugin.example.com}\nmanifest: {name_for_model: pets}\n"
    for folder in (refusing, allowing):
        config = folder / "gateway.yaml"
        config.write_text(config.read_text() + public)
    with ExitStack() as stack:
        one, two = (stack.enter_context(serving(folder)) for folder in (refusing, allowing))
        assert sorted(load([one, two], 80)) == [200] * 40 + [429] * 40
        assert len(upstream.calls) == 40
        redis.stop()
        status, problem = one.json("GET", "/plain")
        assert (status, problem["code"]) == (503, "limit-store-unavailable")
        assert two.ask("GET", "/plain").status == 200
        assert b"TEST_REDIS" not in one.said + two.said


def certify(folder: Path) -> None:
    """Make an authority, and a certificate of it for the server and one for the client."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed (apt-get install openssl)")

    def run(*arguments: str) -> None:
        subprocess.run([openssl, *arguments], cwd=folder, check=True, capture_output=True, timeout=BOUND_S)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    run("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority", "-days", "2")
    for name in ("server", "client"):
        (folder / "extension").write_text("subjectAltName=IP:127.0.0.1\n")
        run("req", *curve, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "extension")
        run("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.crt")
        (folder / f"{name}.pem").write_text((folder / f"{name}.crt").read_text() + (folder / f"{name}.key").read_text())
