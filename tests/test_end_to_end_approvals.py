"""Two gateways with one Redis: a call that the first holds is approved at the second, survives a restart, and runs once."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.bounds import BOUND_S
from tests.redis_server import redis_server

DOCUMENT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {/orders: {post: {operationId: order, requestBody: {content: {application/json: {}}}, responses: {}}}}
"""
CONFIG = """
openapi: ./openapi.yaml
upstream: {url: "http://127.0.0.1:%d"}
allow: [{operation: order, consequential: confirm}]
limits: {redis: {env: TEST_REDIS}}
public: {url: "https://shop.example"}
manifest: {name_for_model: shop, contact_email: me@shop.example, legal_info_url: "https://shop.example/legal"}
listen: 127.0.0.1:0
admin: 127.0.0.1:0
log: {format: json}
"""


@pytest.fixture
def upstream() -> Iterator[SimpleNamespace]:
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield SimpleNamespace(port=server.server_port, bodies=bodies)
        server.shutdown()
        thread.join(BOUND_S)


class Gateway:
    """A running `plugin-gateway serve`."""

    def __init__(self, config: Path, redis_port: int) -> None:
        environment = {**os.environ, "TEST_REDIS": f"redis://127.0.0.1:{redis_port}/0"}
        command = [sys.executable, "-m", "plugin_gateway", "serve", "-c", str(config), "--workers", "2"]
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        lines = (json.loads(line) for line in self.process.stderr)
        started = next(line for line in lines if line["event"] in {"started", "start-refused"})
        self.public, self.admin = (int(started[key].rpartition(":")[2]) for key in ("listen", "admin"))

    def order(self, number: int = 1) -> tuple[int, Any]:
        return ask(self.public, "/orders", {"number": number})

    def decide(self, id_: str, decision: str = "approve") -> tuple[int, Any]:
        return ask(self.admin, f"/approvals/{id_}", {"decision": decision})


def ask(port: int, path: str, members: dict[str, Any]) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=BOUND_S)
    try:
        connection.request("POST", path, json.dumps(members), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None
    finally:
        connection.close()


@contextmanager
def serving(config: Path, redis_port: int) -> Iterator[Gateway]:
    gateway = Gateway(config, redis_port)
    try:
        yield gateway
    finally:
        gateway.process.terminate()
        gateway.process.communicate(timeout=BOUND_S)


def test_an_approval_is_good_at_every_replica_and_after_a_restart_and_only_once(
    tmp_path: Path, upstream: SimpleNamespace
) -> None:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    config = tmp_path / "gateway.yaml"
    config.write_text(CONFIG % upstream.port)
    with redis_server(tmp_path) as redis, ExitStack() as stack:
        with serving(config, redis.port) as first:
            held = first.order()
            assert held[0] == 202
            id_ = held[1]["approval"]["id"]
        one, two = (stack.enter_context(serving(config, redis.port)) for _ in range(2))
        assert one.order()[1]["approval"]["id"] == id_
        assert two.decide(id_)[1]["status"] == "approved"
        assert one.decide(id_, "deny")[1]["status"] == "denied"
        assert two.order()[1]["code"] == "approval-denied"
        second = two.order(2)[1]["approval"]["id"]
        assert one.decide(second)[1]["status"] == "approved"
        with ThreadPoolExecutor(16) as pool:
            answers = [*pool.map(lambda number: (one, two)[number % 2].order(2)[0], range(16))]
        assert sorted(answers) == [201, *[202] * 15]
    assert upstream.bodies == [b'{"number": 2}']


def test_without_its_redis_a_gateway_runs_no_call_that_needs_approval(
    tmp_path: Path, upstream: SimpleNamespace
) -> None:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    config = tmp_path / "gateway.yaml"
    config.write_text(CONFIG % upstream.port)
    with ExitStack() as stack:
        with redis_server(tmp_path) as redis:
            gateway = stack.enter_context(serving(config, redis.port))
            id_ = gateway.order()[1]["approval"]["id"]
            gateway.decide(id_)
        refused = [gateway.order(), gateway.decide(id_)]
    assert [(status, problem["code"]) for status, problem in refused] == [(503, "approval-unavailable")] * 2
    assert not upstream.bodies
