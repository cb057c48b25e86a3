"""The proxies of deploy/http2 speak HTTP/2 to clients and HTTP/1.1 to the gateway, and change nothing of what clients sent."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.proxies import DEPLOY, PROXIES, QuietHandler, listening, proxied, serving
from tests.ports import free_port

HTTP2 = DEPLOY / "http2"
GATEWAY = "127.0.0.1:8080"
DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
    get: {operationId: getPet, responses: {"200": {description: ok}}}
    delete: {operationId: deletePet, responses: {"204": {description: ok}}}
"""


@contextlib.contextmanager
def recording() -> Iterator[tuple[int, list[Any]]]:
    """A server of HTTP/1.1 in whose list each connection is the list of its request lines."""
    connections: list[list[str]] = []

    class Handler(QuietHandler):
        def setup(self) -> None:
            super().setup()
            connections.append([])
            self.mine = connections[-1]

        def do_GET(self) -> None:  # noqa: N802  # the standard library's name
            self.mine.append(self.requestline)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

    with listening(Handler) as port:
        yield port, connections


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_target_arrives_as_it_was_sent_over_one_connection_that_stays_open(tmp_path: Path, proxy: str) -> None:
    targets = ["/pets/a%2Fb", "/pets//c/./%2e%2e/d;x=1?q=%7e&q=~", "/PETS/%c3%a4"]
    with recording() as (port, connections), proxied(proxy, HTTP2, tmp_path, {GATEWAY: f"127.0.0.1:{port}"}) as client:
        versions = {client.get("/", extensions={"target": target.encode()}).http_version for target in targets}
    assert versions == {"HTTP/2"}
    assert connections == [[f"GET {target} HTTP/1.1" for target in targets]]


@pytest.mark.parametrize("proxy", PROXIES)
def test_the_gateway_and_not_the_proxy_decides_which_calls_are_allowed(tmp_path: Path, proxy: str) -> None:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    with recording() as (upstream_port, connections):
        (tmp_path / "gateway.yaml").write_text(
            f"openapi: ./openapi.yaml\nupstream: {{url: 'http://127.0.0.1:{upstream_port}'}}\nallow: [getPet]\n"
            f"log: {{level: error}}\n"
        )
        port = free_port()
        moved = {GATEWAY: f"127.0.0.1:{port}"}
        with serving(tmp_path / "gateway.yaml", port), proxied(proxy, HTTP2, tmp_path, moved) as client:
            answers = [client.get("/pets/1"), client.get("/openapi.json"), client.delete("/pets/1"), client.get("/x")]
            # The endpoint answers to the names of the gateway only, so the proxy has to pass Host on.
            tools = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
            listed = client.post("/mcp", json=tools, headers={"Accept": "application/json, text/event-stream"})
    assert [(answer.http_version, answer.status_code) for answer in answers] == [
        ("HTTP/2", status) for status in (200, 200, 405, 404)
    ]
    assert json.loads(answers[3].text)["code"] == "operation-not-found"
    assert connections == [["GET /pets/1 HTTP/1.1"]]
    assert [tool["name"] for tool in listed.json()["result"]["tools"]] == ["getPet"]


def test_envoy_is_configured_to_leave_targets_alone() -> None:
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
