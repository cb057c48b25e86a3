import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from plugin_gateway.cli.entry import run
from plugin_gateway.config.address import Address
from plugin_gateway.console.app import Console, Power
from plugin_gateway.console.key_file import write_key
from plugin_gateway.endpoints.admin import admin_app
from tests.bounds import BOUND_S

KEY = "k" * 43


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return {"XDG_RUNTIME_DIR": str(tmp_path)}


@contextmanager
def served(app: Any) -> Iterator[Address]:
    """Serve an app, or a fixed text, where the command asks."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if isinstance(app, bytes):
                status, content = 200, app
            else:
                status, content = asyncio.run(self.asked(body))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        async def asked(self, body: bytes) -> tuple[int, bytes]:
            transport = httpx2.ASGITransport(app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
                response = await client.post(self.path, content=body, headers=dict(self.headers))
                return response.status_code, response.content

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Address("127.0.0.1", server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(BOUND_S)


def console(power: Power = "write") -> Console:
    made = Console()
    made.key, made.power, made.base = KEY, power, "http://10.1.2.3:8081"
    return made


def test_the_command_prints_a_link_that_enters(runtime: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    made = console()
    with served(admin_app(made.routes())) as address:
        write_key(KEY, address, runtime)
        assert run(["console", "--admin", str(address)]) == 0
    link = capsys.readouterr().out.strip()
    assert link.startswith("http://10.1.2.3:8081/console/enter?token=")
    assert made.sessions.enter(link.partition("token=")[2], made._clock()) is not None


def test_without_a_display_the_link_is_only_printed(
    runtime: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with served(admin_app(console().routes())) as address:
        write_key(KEY, address, runtime)
        assert run(["console", "--open", "--admin", str(address)]) == 0
    shown = capsys.readouterr()
    assert "/console/enter?token=" in shown.out
    assert "no display" in shown.err


def test_the_config_says_where_the_gateway_is(
    runtime: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(admin_app(console().routes())) as address:
        write_key(KEY, address, runtime)
        (tmp_path / "gateway.yaml").write_text(f"admin: {address}\nallow: broken")
        assert run(["console", "-c", str(tmp_path / "gateway.yaml")]) == 0
    assert "/console/enter?token=" in capsys.readouterr().out


def test_another_user_sees_where_the_key_would_be(
    runtime: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(admin_app(console().routes())) as address:
        assert run(["console", "--admin", str(address)]) == 2
        write_key("old" + KEY, address, runtime)
        assert run(["console", "--admin", str(address)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count(f"{tmp_path}/plugin-gateway-console-{address.port}.key") == 2
    assert KEY not in shown.err


def test_if_the_console_is_off_the_command_names_the_key_that_turns_it_on(capsys: pytest.CaptureFixture[str]) -> None:
    with served(admin_app(console("off").routes())) as address:
        assert run(["console", "--admin", str(address)]) == 2
    assert "`console: true`" in capsys.readouterr().err


@pytest.mark.parametrize("answer", [b"hello", b"[]", b"{}", json.dumps({"code": "other"}).encode()])
def test_the_command_says_that_another_server_answers(answer: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with served(answer) as address:
        assert run(["console", "--admin", str(address)]) == 2
    assert "is not the admin listener of a gateway" in capsys.readouterr().err


def test_the_command_says_that_no_gateway_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["console", "--admin", "127.0.0.1:1"]) == 2
    assert "is the gateway running?" in capsys.readouterr().err
