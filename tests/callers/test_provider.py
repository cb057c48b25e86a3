import asyncio
import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from plugin_gateway.callers import provider as module
from plugin_gateway.callers.provider import Provider, ProviderError
from tests.bounds import BOUND_S

SECRET = "sekret-token-that-must-not-show"


@contextmanager
def server(
    status: int = 200,
    body: bytes = b'{"a": 1}',
    headers: Sequence[tuple[str, str]] = (),
    seen: list[Any] | None = None,
) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if seen is not None:
                seen.append((self.command, self.path, self.headers, content))
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815  # the standard library's name

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}/x"
        running.shutdown()
        thread.join(BOUND_S)


def asked(ask: Callable[..., Any]) -> Any:
    async def run() -> Any:
        provider = Provider()
        try:
            return await ask(provider)
        finally:
            await provider.close()

    return asyncio.run(run())


def test_a_form_is_posted_with_our_login() -> None:
    seen: list[Any] = []
    with server(seen=seen) as url:
        assert asked(lambda it: it.post_form(url, b"token=t", login=("me", "pw"))) == {"a": 1}
    ((method, _, headers, content),) = seen
    assert (method, content, headers["Content-Type"]) == ("POST", b"token=t", "application/x-www-form-urlencoded")
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"me:pw"


@pytest.mark.parametrize(
    ("status", "body"), [(500, b"{}"), (401, b"{}"), (200, b"[]"), (200, b"<html>"), (200, b""), (200, b"[" * 100_000)]
)
def test_an_answer_that_is_not_a_json_object_is_an_error(status: int, body: bytes) -> None:
    with server(status, body) as url, pytest.raises(ProviderError):
        asked(lambda it: it.get_json(url))


def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    seen: list[Any] = []
    with server(302, b"", [("Location", "/elsewhere"), ("Set-Cookie", "a=b; Path=/")], seen=seen) as url:
        status = asked(lambda it: both(it, url))
    assert status == [302, 302]
    assert [path for _, path, _, _ in seen] == ["/x", "/x"]
    assert all("Cookie" not in headers for _, _, headers, _ in seen)


async def both(provider: Provider, url: str) -> list[int]:
    return [(await provider.relay_form(url, b"a=b", {}))[1] for _ in range(2)]


def test_an_error_of_the_provider_is_relayed() -> None:
    with server(400, b'{"error": "invalid_grant"}', [("Content-Type", "application/json")]) as url:
        media_type, status, body = asked(lambda it: it.relay_form(url, b"code=c", {"authorization": "Basic eA=="}))
    assert (media_type, status, json.loads(body)) == ("application/json", 400, {"error": "invalid_grant"})


def test_an_endless_answer_is_cut() -> None:
    with (
        server(body=b'{"a": "' + b"x" * module.MAX_ANSWER_BYTES + b'"}') as url,
        pytest.raises(ProviderError, match="too large"),
    ):
        asked(lambda it: it.get_json(url))


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://", "nonsense", "http://[::1"])
def test_the_error_for_an_absent_provider_names_no_token(url: str) -> None:
    with pytest.raises(ProviderError) as caught:
        asked(lambda it: it.post_form(url + "?hidden=" + SECRET, b"token=" + SECRET.encode()))
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_provider_that_never_answers_is_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.05)

    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ProviderError, match="does not answer"):
        asked(lambda it: it.get_json(f"http://127.0.0.1:{silent.getsockname()[1]}/"))
