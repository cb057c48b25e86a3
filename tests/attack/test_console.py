"""Hostile pages and programs against the console of a running gateway, byte for byte."""

import json
import os
import queue
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.bounds import BOUND_S
from tests.narrow import present

SECRETS = {
    "CONSOLE_UPSTREAM_KEY": "sekret-upstream-41c9e07d",
    "CONSOLE_CALLER_TOKEN": "sekret-caller-0b77a2f6-and-long-enough",
    "CONSOLE_APPROVER_KEY": "sekret-approver-93d1e5aa-and-long-enough",
}
DOCUMENT = """
openapi: 3.1.0
info: {title: "<script>alert(1)</script>", version: "1"}
paths:
  /pets: {get: {operationId: listPets, responses: {"200": {description: ok}}}}
  /admin: {get: {operationId: readAdmin, responses: {"200": {description: ok}}}}
"""
CONFIG = """
openapi: ./openapi.yaml
upstream:
  url: http://127.0.0.1:9
  credential: {header: X-Api-Key, value: {env: CONSOLE_UPSTREAM_KEY}}
allow: [listPets]
auth: {type: service_http, tokens: [{name: chatgpt, env: CONSOLE_CALLER_TOKEN}]}
approvals: {key: {env: CONSOLE_APPROVER_KEY}}
log: {level: warning}
"""


class Gateway:
    """A running gateway; `link` enters its console, and `ask` sends bytes to its admin listener."""

    def __init__(self, folder: Path, *options: str, admin: str = "127.0.0.1:0") -> None:
        self.runtime = folder / "run"
        self.runtime.mkdir(mode=0o700, exist_ok=True)
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "plugin_gateway", "serve", "-c", str(folder / "gateway.yaml"), "--open"),
                *("--listen", "127.0.0.1:0", "--admin", admin, *options),
            ],
            env={
                **{name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")},
                **SECRETS,
                "XDG_RUNTIME_DIR": str(self.runtime),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self.readers: list[threading.Thread] = []
        lines: queue.Queue[str] = queue.Queue()

        def read(stream: Any, *, is_log: bool) -> None:
            for line in stream:
                (self.said.append if is_log else lines.put)(line)
                if is_log and "the console is off" in line:
                    lines.put("")

        for stream, is_log in ((self.process.stdout, False), (self.process.stderr, True)):
            reader = threading.Thread(target=read, args=(stream,), kwargs={"is_log": is_log}, daemon=True)
            reader.start()
            self.readers.append(reader)
        self.link = lines.get(timeout=BOUND_S).strip()
        found = re.match(r"http://(127\.0\.0\.1):(\d+)(/.*)", self.link)
        self.port = int(found[2]) if found else 0
        self.path = found[3] if found else ""
        self.cookie = ""

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(BOUND_S)
        for reader in self.readers:
            reader.join(BOUND_S)
        present(self.process.stdout).close()
        present(self.process.stderr).close()

    def ask(self, method: str, path: str, *fields: str, body: bytes = b"", host: str = "") -> tuple[int, str]:
        host = host or f"127.0.0.1:{self.port}"
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *fields, "Connection: close"]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        received = bytearray()
        with socket.create_connection(("127.0.0.1", self.port), BOUND_S) as client:
            client.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
            with suppress(ConnectionResetError):
                while data := client.recv(1 << 16):
                    received += data
        text = received.decode("latin-1")
        return int(text[9:12]), text

    def enter(self) -> str:
        """Enter as a program does."""
        _, answer = self.ask("GET", self.path)
        found = re.search(r"(?im)^set-cookie: ([^;]+);", answer)
        assert found, answer
        self.cookie = f"Cookie: {found[1]}"
        return answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("console")
    (folder / "openapi.yaml").write_text(DOCUMENT)
    (folder / "gateway.yaml").write_text(CONFIG)
    return folder


@pytest.fixture(scope="module")
def gateway(folder: Path) -> Iterator[Gateway]:
    gateway = Gateway(folder)
    try:
        gateway.enter()
        yield gateway
    finally:
        gateway.close()


def new_link(gateway: Gateway) -> str:
    (path,) = gateway.runtime.iterdir()
    key = f"Authorization: Bearer {path.read_text().strip()}"
    return str(json.loads(gateway.ask("POST", "/console/token", key)[1].partition("\r\n\r\n")[2])["path"])


def own(gateway: Gateway) -> str:
    return f"Origin: http://127.0.0.1:{gateway.port}"


JSON = "Content-Type: application/json"


def test_the_key_file_is_closed_to_other_users(gateway: Gateway) -> None:
    (path,) = gateway.runtime.iterdir()
    assert path.name == f"plugin-gateway-console-{gateway.port}.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("path", ["/console/", "/console/api/state", "/console/api/operations", "/console/api/traffic"])
def test_a_request_without_a_session_is_refused(gateway: Gateway, path: str) -> None:
    assert gateway.ask("GET", path)[0] == 401
    assert gateway.ask("GET", path, "Cookie: plugin_gateway_console=x")[0] == 401
    assert gateway.ask("GET", path, gateway.cookie[:-1])[0] == 401


@pytest.mark.parametrize(
    "sign",
    [
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "Sec-Fetch-Site: none",
        "Sec-Fetch-Dest: document",
    ],
)
def test_the_cookie_of_a_browser_reads_and_saves_nothing_in_the_hands_of_another_server(
    gateway: Gateway, folder: Path, sign: str
) -> None:
    """Browsers send a cookie to every port of its host, so a server of this machine that a person visits can repeat it."""
    _, page = gateway.ask("GET", new_link(gateway), sign)
    cookie = re.search(r"(?im)^set-cookie: ([^;]+);", page)
    secret = re.search(r'content="([A-Za-z0-9_-]{43})"', page)
    assert cookie
    assert secret
    stolen, proof = f"Cookie: {cookie[1]}", f"Plugin-Gateway-Page-Secret: {secret[1]}"
    before = (folder / "gateway.yaml").read_bytes()
    base = json.loads(gateway.ask("GET", "/console/api/state", gateway.cookie)[1].partition("\r\n\r\n")[2])["base"]
    body = json.dumps({"base": base, "add": [1], "remove": []}).encode()
    for path in ("state", "operations", "document", "traffic", "health", "approvals", "faces", "nope"):
        status, answer = gateway.ask("GET", f"/console/api/{path}", stolen)
        assert status == 401
        assert '"no-page-secret"' in answer
        assert "Plugin-Gateway-Page-Secret" in answer
    for path in ("save", "preview", "try", "explain", "approvals/x", "logout"):
        assert gateway.ask("POST", f"/console/api/{path}", stolen, own(gateway), JSON, body=body)[0] == 401
    assert (folder / "gateway.yaml").read_bytes() == before
    assert gateway.ask("GET", "/console/api/state", stolen, proof)[0] == 200


def test_a_used_link_enters_nothing(gateway: Gateway) -> None:
    status, answer = gateway.ask("GET", gateway.path)
    assert status == 401
    assert "set-cookie" not in answer.lower()


@pytest.mark.parametrize(
    "fields",
    [
        ("Origin: http://evil.example",),
        ("Origin: null",),
        ("Origin: http://[",),
        ("Origin: http://127.0.0.1:1",),
        ("Sec-Fetch-Site: cross-site",),
        ("Sec-Fetch-Site: same-site",),
        ("Sec-Fetch-Site: same-origin", "Origin: http://evil.example"),
    ],
)
def test_another_page_with_the_cookie_reads_and_changes_nothing(gateway: Gateway, fields: tuple[str, ...]) -> None:
    assert gateway.ask("GET", "/console/api/state", gateway.cookie, *fields)[0] == 403
    assert gateway.ask("POST", "/console/api/save", gateway.cookie, JSON, *fields, body=b"{}")[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8081", "localhost.evil.example", "127.1", "", "a b"])
def test_a_rebound_name_reads_nothing_with_or_without_the_cookie(gateway: Gateway, host: str) -> None:
    for path in ("/console/", "/console/api/state", "/console/token", gateway.path):
        status, answer = gateway.ask("GET", path, gateway.cookie, host=host or " ")
        assert status in (400, 403)
        assert "listPets" not in answer


@pytest.mark.parametrize(
    ("fields", "body", "status"),
    [
        ((), b"base=x", 403),
        ((JSON,), b"{}", 403),
        (("OWN", "Content-Type: text/plain"), b"{}", 415),
        (("OWN", "Content-Type: application/x-www-form-urlencoded"), b"base=x", 415),
        (("OWN", "Content-Type: multipart/form-data; boundary=b"), b"--b--", 415),
        (("OWN",), b"{}", 415),
    ],
)
def test_no_simple_request_changes_anything(
    gateway: Gateway, fields: tuple[str, ...], body: bytes, status: int
) -> None:
    sent = [own(gateway) if field == "OWN" else field for field in fields]
    assert gateway.ask("POST", "/console/api/save", gateway.cookie, *sent, body=body)[0] == status


def test_a_get_changes_nothing(gateway: Gateway, folder: Path) -> None:
    before = (folder / "gateway.yaml").read_bytes()
    for path in ("save", "preview", "explain", "try", "save?add=1"):
        assert gateway.ask("GET", f"/console/api/{path}", gateway.cookie)[0] in (404, 405)
    assert (folder / "gateway.yaml").read_bytes() == before


def saved(gateway: Gateway) -> int:
    base = json.loads(gateway.ask("GET", "/console/api/state", gateway.cookie)[1].partition("\r\n\r\n")[2])["base"]
    body = json.dumps({"base": base, "add": [1], "remove": [], "may_write": True}).encode()
    return gateway.ask("POST", "/console/api/save", gateway.cookie, own(gateway), JSON, body=body)[0]


def test_only_a_console_that_may_write_saves(gateway: Gateway, folder: Path) -> None:
    config = (folder / "gateway.yaml").read_text()
    try:
        (folder / "gateway.yaml").write_text(config + "console: {write: false}\n")
        until_judged(gateway)
        assert saved(gateway) == 403
        assert "readAdmin" not in (folder / "gateway.yaml").read_text()
        (folder / "gateway.yaml").write_text(config)
        until_judged(gateway)
        assert saved(gateway) == 200
        assert "readAdmin" in (folder / "gateway.yaml").read_text()
    finally:
        (folder / "gateway.yaml").write_text(config)
        until_judged(gateway)


def test_no_page_can_be_framed_and_a_preflight_is_refused(gateway: Gateway) -> None:
    for path, cookie in (("/console/", gateway.cookie), ("/console/", "X: y"), ("/console/api/state", gateway.cookie)):
        _, answer = gateway.ask("GET", path, cookie)
        assert "frame-ancestors 'none'" in answer
        assert "x-frame-options: DENY" in answer
    status, answer = gateway.ask(
        "OPTIONS",
        "/console/api/save",
        "Origin: http://evil.example",
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: content-type",
    )
    assert status == 403
    assert "access-control-allow" not in answer.lower()


@pytest.mark.parametrize("key", ["", "x", "Bearer", "é"])
def test_a_program_without_the_key_gets_no_link(gateway: Gateway, key: str) -> None:
    status, answer = gateway.ask("POST", "/console/token", f"Authorization: Bearer {key}", JSON, body=b"{}")
    assert status == 401
    assert "token=" not in answer


def test_the_holder_of_the_key_gets_a_link_and_no_page_can_use_the_key(gateway: Gateway) -> None:
    (path,) = gateway.runtime.iterdir()
    key = f"Authorization: Bearer {path.read_text().strip()}"
    status, answer = gateway.ask("POST", "/console/token", key, JSON, body=b"{}")
    assert status == 200
    link = json.loads(answer.partition("\r\n\r\n")[2])["path"]
    assert gateway.ask("POST", "/console/token", key, JSON, "Origin: http://evil.example", body=b"{}")[0] == 403
    assert gateway.ask("GET", link)[0] == 303


def test_hostile_bytes_are_refused_and_the_gateway_lives(gateway: Gateway) -> None:
    for path in ("/console/%00", "/console/..%2f..%2fetc/passwd", "/console/api/%ff", "/console/" + "a" * 5000):
        assert gateway.ask("GET", path, gateway.cookie)[0] in (200, 404)
    assert gateway.ask("GET", "/console/../../etc/passwd", gateway.cookie)[0] == 404
    deep = b"[" * 100_000
    for path in ("preview", "save", "explain", "try", "approvals/x"):
        for body in (b"{", b"[]", b"null", b'"x"', b"\xff", b'{"n": 1e999}', deep):
            status, _ = gateway.ask("POST", f"/console/api/{path}", gateway.cookie, own(gateway), JSON, body=body)
            assert status < 500, (path, body[:20])
    assert gateway.ask("GET", "/console/api/state", gateway.cookie)[0] == 200


def test_other_paths_of_the_admin_listener_need_no_session_and_no_name(gateway: Gateway) -> None:
    for path in ("/readyz", "/livez", "/metrics"):
        status, answer = gateway.ask("GET", path, host="any.name")
        assert status == 200
        assert "content-security-policy" not in answer.lower()
    assert gateway.ask("GET", "/consoles")[0] == 404
    assert gateway.ask("GET", "/")[0] == 404


def test_no_secret_is_in_any_answer_or_in_the_log(gateway: Gateway, folder: Path) -> None:
    (key_file,) = gateway.runtime.iterdir()
    secrets = [*SECRETS.values(), key_file.read_text().strip(), gateway.path.partition("token=")[2]]
    config = (folder / "gateway.yaml").read_text()
    gets = [
        "state",
        "health",
        "operations",
        "search?q=pets",
        "operation?n=0",
        "document",
        "faces",
        "approvals",
        "calls",
    ]
    posts = {
        "explain": {"method": "GET", "target": "/pets"},
        "try": {"n": 0, "arguments": {}},
        "preview": {"base": "", "add": [0], "remove": []},
        "save": {"base": "", "add": [1], "remove": []},
    }
    said = []
    try:
        for text in (
            config,
            config.replace("env: CONSOLE_UPSTREAM_KEY", "value: " + SECRETS["CONSOLE_UPSTREAM_KEY"] + ", x: 1"),
        ):
            (folder / "gateway.yaml").write_text(text)
            until_judged(gateway)
            said += [gateway.ask("GET", f"/console/api/{path}", gateway.cookie)[1] for path in gets]
            for path, members in posts.items():
                body = json.dumps(members).encode()
                said.append(
                    gateway.ask("POST", f"/console/api/{path}", gateway.cookie, own(gateway), JSON, body=body)[1]
                )
    finally:
        (folder / "gateway.yaml").write_text(config)
    until_judged(gateway)
    shown = "\n".join([*said, *gateway.said])
    assert "listPets" in shown or "manifest" in shown
    for secret in secrets:
        assert secret not in shown


def until_judged(gateway: Gateway) -> None:
    give_up = time.monotonic() + BOUND_S
    while '"sync":"changed"' in gateway.ask("GET", "/console/api/state", gateway.cookie)[1]:
        assert time.monotonic() < give_up


@pytest.mark.parametrize(
    ("admin", "written", "is_on"),
    [
        ("0.0.0.0:0", "", False),
        ("0.0.0.0:0", "console: true", True),
        ("127.0.0.1:0", "console: false", False),
    ],
)
def test_the_console_is_off_where_others_reach_it_unless_the_config_says_so(
    tmp_path: Path, admin: str, written: str, is_on: bool
) -> None:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(f"{CONFIG}{written}\n")
    gateway = Gateway(tmp_path, admin=admin)
    try:
        assert ("/console/enter?token=" in gateway.link) is is_on
        assert bool([*gateway.runtime.iterdir()]) is is_on
    finally:
        gateway.close()
    assert [*gateway.runtime.iterdir()] == []
