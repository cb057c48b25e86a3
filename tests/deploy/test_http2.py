"""The proxies of deploy/http2 speak HTTP/2 to clients and HTTP/1.1 to the gateway, and change nothing of what clients sent."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

HTTP2 = Path(__file__).parents[2] / "deploy" / "http2"
BOUND_S = 5.0
START_BOUND_S = 20.0
DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
    get: {operationId: getPet, responses: {"200": {description: ok}}}
    delete: {operationId: deletePet, responses: {"204": {description: ok}}}
"""


def nginx(folder: Path, port: int, gateway_port: int) -> tuple[str, ...]:
    # Before 1.25.1 there is no other way to say it, later the old one is a warning only.
    text = (HTTP2 / "nginx.conf").read_text()
    text = text.replace("listen 443 ", f"listen 127.0.0.1:{port} ").replace(
        "127.0.0.1:8080", f"127.0.0.1:{gateway_port}"
    )
    text = text.replace("/etc/tls/plugin.example.com", str(folder / "tls"))
    own = [f"pid {folder}/pid;", "daemon off;", "error_log stderr;"]
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    inside = ["access_log off;", *(f"{place}_temp_path {folder}/{place};" for place in places)]
    (folder / "nginx.conf").write_text("\n".join([*own, text.replace("http {", "http {\n" + "\n".join(inside), 1)]))
    return "nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")


def caddy(folder: Path, port: int, gateway_port: int) -> tuple[str, ...]:
    text = (HTTP2 / "Caddyfile").read_text().replace("127.0.0.1:8080", f"127.0.0.1:{gateway_port}")
    # A certificate of the test's, where Caddy would fetch one.
    tls = f"https://127.0.0.1:{port} {{\n\tbind 127.0.0.1\n\ttls {folder}/tls.pem {folder}/tls.key"
    own = "{\n\tadmin off\n\tauto_https off\n}\n"
    (folder / "Caddyfile").write_text(own + text.replace("plugin.example.com {", tls, 1))
    return "caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")


def haproxy(folder: Path, port: int, gateway_port: int) -> tuple[str, str, str]:
    text = (HTTP2 / "haproxy.cfg").read_text()
    text = text.replace("bind :443 ", f"bind 127.0.0.1:{port} ").replace("127.0.0.1:8080", f"127.0.0.1:{gateway_port}")
    (folder / "both.pem").write_text((folder / "tls.pem").read_text() + (folder / "tls.key").read_text())
    (folder / "haproxy.cfg").write_text(text.replace("/etc/tls/plugin.example.com.pem", str(folder / "both.pem")))
    return "haproxy", "-f", str(folder / "haproxy.cfg")


PROXIES = (nginx, caddy, haproxy)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def proxied(proxy: Callable[..., Any], folder: Path, gateway_port: int) -> Iterator[Any]:
    """A client of HTTP/2 to the proxy that runs in front of `gateway_port`."""
    for program in ("openssl", proxy.__name__):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (apt-get install {program}{'-light' * (program == 'nginx')})")
    request = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    names = ("-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.pem"))
    subprocess.run(["openssl", *request, *names, *files], check=True, capture_output=True, timeout=BOUND_S)
    port = free_port()
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(
            proxy(folder, port, gateway_port), stdout=log, stderr=log, env=environment, cwd=folder
        )
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
        process.terminate()
        process.wait(BOUND_S)


def until_listening(port: int, process: subprocess.Popen[Any], log: Path) -> None:
    give_up = time.monotonic() + START_BOUND_S
    pause = threading.Event()
    while time.monotonic() < give_up and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), BOUND_S):
            return
        pause.wait(0.02)
    pytest.fail(f"the proxy does not listen: {log.read_text()}")


@contextlib.contextmanager
def recording() -> Iterator[tuple[int, list[Any]]]:
    """A server of HTTP/1.1 in whose list each connection is the list of its request lines."""
    connections = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            connections.append([])
            self.mine = connections[-1]

        def do_GET(self) -> None:
            self.mine.append(self.requestline)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server.server_address[1], connections
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_target_arrives_as_it_was_sent_over_one_connection_that_stays_open(
    tmp_path: Path, proxy: Callable[..., Any]
) -> None:
    targets = ["/pets/a%2Fb", "/pets//c/./%2e%2e/d;x=1?q=%7e&q=~", "/PETS/%c3%a4"]
    with recording() as (port, connections), proxied(proxy, tmp_path, port) as client:
        versions = {client.get("/", extensions={"target": target.encode()}).http_version for target in targets}
    assert versions == {"HTTP/2"}
    assert connections == [[f"GET {target} HTTP/1.1" for target in targets]]


@pytest.mark.parametrize("proxy", PROXIES)
def test_what_is_allowed_and_what_is_not_is_the_gateways_word(tmp_path: Path, proxy: Callable[..., Any]) -> None:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    with recording() as (upstream_port, connections):
        (tmp_path / "gateway.yaml").write_text(
            f"openapi: ./openapi.yaml\nupstream: {{url: 'http://127.0.0.1:{upstream_port}'}}\nallow: [getPet]\n"
            f"log: {{level: error}}\n"
        )
        port = free_port()
        command = (sys.executable, "-m", "plugin_gateway", "serve", "-c", str(tmp_path / "gateway.yaml"))
        with (tmp_path / "gateway.log").open("wb") as log:
            gateway = subprocess.Popen(
                [*command, "--listen", f"127.0.0.1:{port}", "--admin", "127.0.0.1:0"], stdout=log, stderr=log
            )
        try:
            until_listening(port, gateway, tmp_path / "gateway.log")
            with proxied(proxy, tmp_path, port) as client:
                answers = [
                    client.get("/pets/1"),
                    client.get("/openapi.json"),
                    client.delete("/pets/1"),
                    client.get("/x"),
                ]
        finally:
            gateway.terminate()
            gateway.wait(START_BOUND_S)
    assert [(answer.http_version, answer.status_code) for answer in answers] == [
        ("HTTP/2", status) for status in (200, 200, 405, 404)
    ]
    assert json.loads(answers[3].text)["code"] == "operation-not-found"
    assert connections == [["GET /pets/1 HTTP/1.1"]]


def test_envoy_is_told_to_leave_targets_alone() -> None:
    config = yaml.safe_load((HTTP2 / "envoy.yaml").read_text())
    [chain] = config["static_resources"]["listeners"][0]["filter_chains"]
    manager = chain["filters"][0]["typed_config"]
    asked = {name: manager[name] for name in ("normalize_path", "merge_slashes", "path_with_escaped_slashes_action")}
    assert asked == {
        "normalize_path": False,
        "merge_slashes": False,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
    }
    tls = chain["transport_socket"]["typed_config"]["common_tls_context"]
    assert tls["alpn_protocols"][0] == "h2"
