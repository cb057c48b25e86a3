import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.cli.entry import run
from plugin_gateway.cli.health import DEFAULT_ADMIN, configured, dialled
from tests.bounds import BOUND_S

READY = {"revision": 3, "operations": 8, "operations_total": 47, "reload_error": None}


@pytest.fixture
def admin() -> Iterator[tuple[dict[str, Any], str]]:
    """An admin listener whose next answer the test sets."""
    answer: dict[str, Any] = {"status": 200, "body": json.dumps(READY)}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path in ("/readyz", "/livez")
            self.send_response(answer["status"] if self.path == "/readyz" else 200)
            self.end_headers()
            self.wfile.write(answer["body"].encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield answer, f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join(BOUND_S)
    server.server_close()


@pytest.mark.parametrize(
    ("told", "code", "said"),
    [
        ((200, json.dumps(READY)), 0, "ready: revision 3, 8 of 47 operations\n"),
        ((200, json.dumps({**READY, "reload_error": "x"})), 0, "the last reload failed"),
        ((200, "something else"), 0, "ready: something else"),
        ((503, '{"ready":false}'), 1, 'not ready: {"ready":false}'),
    ],
)
def test_the_exit_status_says_whether_it_is_ready(
    admin: tuple[dict[str, Any], str], capsys: pytest.CaptureFixture[str], told: tuple[int, str], code: int, said: str
) -> None:
    answer, address = admin
    answer["status"], answer["body"] = told
    assert run(["health", "--admin", address]) == code
    captured = capsys.readouterr()
    assert said in (captured.err if code else captured.out)


def test_a_gateway_that_is_not_ready_is_alive(
    admin: tuple[dict[str, Any], str], capsys: pytest.CaptureFixture[str]
) -> None:
    answer, address = admin
    answer["status"] = 503
    assert run(["health", "--alive", "--admin", address]) == 0
    assert capsys.readouterr().out == "alive\n"
    assert run(["health", "--alive", "--admin", "127.0.0.1:9"]) == 1
    assert "not alive: 127.0.0.1:9 does not answer" in capsys.readouterr().err


def test_the_address_may_come_from_the_environment(
    admin: tuple[dict[str, Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUGIN_GATEWAY__ADMIN", admin[1])
    assert run(["health"]) == 0


def test_an_address_that_refuses_connections_is_not_ready(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        assert run(["health", "--admin", address]) == 1
    assert capsys.readouterr().err == f"not ready: {address} does not answer (connection refused)\n"


def test_silence_is_not_ready(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert run(["health", "--admin", f"127.0.0.1:{silent.getsockname()[1]}", "--timeout", "0.05"]) == 1
    assert "does not answer" in capsys.readouterr().err


def test_a_unix_socket_that_is_not_there_is_not_ready(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["health", "--admin", f"unix:{tmp_path}/admin.sock"]) == 1


def test_an_invalid_address_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["health", "--admin", "nonsense"]) == 2
    assert "--admin" in capsys.readouterr().err


@pytest.mark.parametrize(("host", "where"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("192.0.2.1", "192.0.2.1")])
def test_a_listener_on_everything_is_asked_on_loopback(host: str, where: str) -> None:
    assert dialled(host) == where


def test_the_address_comes_from_the_config(
    admin: tuple[dict[str, Any], str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, address = admin
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLUGIN_GATEWAY__ADMIN", raising=False)
    (tmp_path / "gateway.yaml").write_text(f"admin: {address}\nunknown: 1\n")
    assert run(["health"]) == 0
    (tmp_path / "other.yaml").write_text("admin: null\n")
    assert run(["health", "-c", "other.yaml"]) == 2
    assert "`admin: null` in other.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["allow: []\n", "a: [\n", "admin: [1]\n", None])
def test_a_config_without_an_address_leaves_the_default(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "gateway.yaml").write_text(text)
    assert str(configured(None)) == DEFAULT_ADMIN
