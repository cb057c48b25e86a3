"""Replicas behind the HAProxy of deploy/examples/replicas: they share limits in Redis, and a rolling restart loses no call."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.bounds import BOUND_S
from tests.deploy.proxies import (
    DEPLOY,
    QuietHandler,
    listening,
    program,
    proxied,
    until_listening,
)
from tests.ports import free_ports
from tests.redis_server import redis_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SOURCE = DEPLOY / "examples" / "replicas"
NAMES = ("a", "b", "c")
ADDRESSES = ("10.0.0.11:8080 port 8081", "10.0.0.12:8080 port 8081")
EDITS = 100
PREFIX = "/api/edit-"
"""The path of `upstream.url` in the tests ends with the number of an edit."""


@contextlib.contextmanager
def slow_api() -> Iterator[SimpleNamespace]:
    """An API that takes 20 ms for each call, counts the calls by method, and answers with the target that it got."""
    api = SimpleNamespace(calls=[], port=0)
    pause = threading.Event()

    class Handler(QuietHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            pause.wait(0.02)
            api.calls.append(self.command)
            body = json.dumps({"got": self.path}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815  # the standard library's names

    with listening(Handler) as api.port:
        yield api


@pytest.fixture
def redis_port(tmp_path: Path) -> Iterator[int]:
    with redis_server(tmp_path) as redis:
        yield redis.port


class Replica:
    """One `plugin-gateway serve` with addresses that stay the same when it is started again."""

    def __init__(self, config: Path, redis_port: int) -> None:
        self.port, self.admin_port = free_ports(2)
        self._log = config.parent / f"gateway-{self.port}.log"
        self._command = [
            *(sys.executable, "-m", "plugin_gateway", "serve", "-c", str(config), "--workers", "1"),
            *("--drain-delay", "5s"),
            *("--listen", f"127.0.0.1:{self.port}", "--admin", f"127.0.0.1:{self.admin_port}"),
        ]
        self._environment = {**os.environ, "LEGACY_API_KEY": "k" * 20, "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0"}
        self.start()

    def start(self) -> None:
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._environment)

    def until_ready(self) -> None:
        """Wait until it is ready; it listens before that."""
        until_listening(self.admin_port, self.process, self._log)
        self._until(lambda: http_status(self.admin_port, "/readyz") == 200)

    def until_called(self) -> None:
        """Wait until HAProxy sends calls to it again."""
        self._until(lambda: b'"event":"access"' in self._log.read_bytes())

    def until_reloaded(self) -> None:
        self._until(lambda: b'"event":"reloaded"' in self._log.read_bytes())

    def until_edit(self, number: int) -> None:
        """Wait until it serves an edit."""
        reader = Direct(self.port)
        try:
            self._until(lambda: reader.document()[0] == number)
        finally:
            reader.close()

    def _until(self, condition: Callable[[], bool]) -> None:
        give_up, pause = time.monotonic() + BOUND_S, threading.Event()
        while not condition():
            assert time.monotonic() < give_up, self._log.read_text()
            pause.wait(0.02)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(BOUND_S)


@pytest.fixture
def world(tmp_path: Path, redis_port: int) -> Iterator[SimpleNamespace]:
    program("haproxy")
    with slow_api() as api:
        text = (SOURCE / "gateway.yaml").read_text().replace("127.0.0.1:9100", f"127.0.0.1:{api.port}")
        config = tmp_path / "gateway.yaml"
        # More calls than the example allows, so that a refusal is a loss.
        text = text.replace("../../../examples", str(DEPLOY.parent / "examples")).replace(
            "rate: 200/s", "rate: 20000/s"
        )
        config.write_text(text + "log: {format: json}\n")
        replicas = {name: Replica(config, redis_port) for name in NAMES}
        try:
            for replica in replicas.values():
                replica.until_ready()
            first, *others = (f"127.0.0.1:{one.port} port {one.admin_port}" for one in replicas.values())
            # The example has two replicas: the line of the second is followed by that of a third.
            moved = dict(zip(ADDRESSES, (first, "\n    server c ".join(others)), strict=True))
            with proxied("haproxy", SOURCE, tmp_path, moved) as client:
                yield SimpleNamespace(
                    api=api, replicas=replicas, config=config, port=client.base_url.port, client=client
                )
        finally:
            for replica in replicas.values():
                replica.process.terminate()
                replica.process.terminate()  # without the delay
            for replica in replicas.values():
                replica.stop()


class Load(threading.Thread):
    """A client that calls without a pause over connections that stay open, reads and writes in turn."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.answered: list[tuple[str, int]] = []
        self.lost: list[Any] = []
        self.mixed: list[Any] = []
        """The answers with parts from two edits."""
        self.ends = threading.Event()
        self._port = port

    def run(self) -> None:
        context = ssl._create_unverified_context()  # the certificate is the test's
        connection = http.client.HTTPSConnection("127.0.0.1", self._port, context=context, timeout=BOUND_S)
        while not self.ends.is_set():
            method, target = ("GET", "/orders") if len(self.answered) % 2 else ("POST", "/orders/17/cancel")
            try:
                connection.request(method, target)
                answer = connection.getresponse()
                body = answer.read()
                self.answered.append((method, answer.status))
                if answer.status != 200:
                    self.lost.append((method, body))
                elif method == "GET":
                    first, second = edits_of(body)
                    if first != second:
                        self.mixed.append((first, second))
            except (OSError, http.client.HTTPException) as error:
                self.lost.append((method, error))
                connection.close()
        connection.close()


def edited(text: str, number: int) -> str:
    """Return the config after an edit, which shows in the document, in the parameters and in the path of each call; odd edits also close an operation."""
    text = re.sub(r"url: (http://127.0.0.1:[0-9]+)/api/v2", rf"url: \1{PREFIX}{number}", text)
    entry = f"{{operation: getOrderList, summary: Edit {number}, parameters: {{page: {{fixed: {number}}}}}}}"
    text = text.replace("- getOrderList", f"- {entry}")
    return text.replace(
        "  - {operation: Orders_GetById, rate: 600/min}\n", "  - Orders_GetById\n" if number % 2 == 0 else ""
    )


def edits_of(body: bytes) -> tuple[int, int]:
    """Return the numbers of the edits that chose the path and the parameter of a call."""
    found = re.search(rf"{PREFIX}(\d+)/orders\?page=(\d+)", json.loads(body)["got"])
    assert found is not None, body
    return int(found[1]), int(found[2])


class Direct(threading.Thread):
    """A client of one replica, which reads the document, calls twice, and reads the document again on one connection."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.seen = 0
        self.mixed: list[Any] = []
        self.ends = threading.Event()
        self._port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND_S)

    def get(self, target: str) -> tuple[int, bytes]:
        self._connection.request("GET", target)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        self._connection.close()

    def document(self) -> tuple[int, bool]:
        """Return the edit that the document is of, and whether it has the operation that odd edits close."""
        paths = json.loads(self.get("/openapi.json")[1])["paths"]
        summary = paths["/orders"]["get"]["summary"]
        return int(summary.removeprefix("Edit ")) if summary.startswith("Edit ") else 0, "/orders/{orderId}" in paths

    def run(self) -> None:
        while not self.ends.is_set():
            try:
                self._look()
            except (OSError, http.client.HTTPException):
                # The replica restarts; the load balancer, which other clients use, knows that before.
                self.close()
                self.ends.wait(0.05)
        self.close()

    def _look(self) -> None:
        before, (status, body), (verdict, _), after = (
            self.document(), self.get("/orders"), self.get("/orders/17"), self.document(),
        )  # fmt: skip
        if status != 200 or "edit" not in body.decode():
            return
        first, second = edits_of(body)
        agree = (
            first == second
            and before[0] <= first <= after[0]
            and all(is_open == (edit % 2 == 0) for edit, is_open in (before, after))
        )
        if before == after:
            agree = agree and first == before[0] and verdict == (200 if before[1] else 404)
            self.seen += 1
        if not agree:
            self.mixed.append((before, first, second, verdict, after))


def test_a_rolling_restart_under_load_and_100_edits_loses_no_call_and_mixes_no_two_edits(
    world: SimpleNamespace,
) -> None:
    text = world.config.read_text()

    def write(number: int) -> None:
        new = world.config.with_suffix(".new")
        new.write_text(edited(text, number))
        new.replace(world.config)

    write(1)
    for replica in world.replicas.values():
        replica.until_edit(1)
    clients = [Load(world.port) for _ in range(2)]
    readers = [Direct(replica.port) for replica in world.replicas.values()]
    threads: list[Load | Direct] = [*clients, *readers]
    for thread in threads:
        thread.start()
    pause = threading.Event()

    def edit() -> None:
        for number in range(2, EDITS + 1):
            write(number)
            pause.wait(0.2)

    editing = threading.Thread(target=edit, daemon=True)
    editing.start()
    for replica in world.replicas.values():
        replica.stop()
        assert replica.process.returncode == 0
        replica.start()
        replica.until_ready()
        replica.until_called()
    editing.join(BOUND_S)
    for replica in world.replicas.values():
        replica.until_edit(EDITS)
    for thread in threads:
        thread.ends.set()
        thread.join(BOUND_S)

    answered = [one for client in clients for one in client.answered]
    assert [client.lost for client in clients] == [[]] * len(clients)
    assert [thread.mixed for thread in threads] == [[]] * 5
    assert all(reader.seen for reader in readers), "each replica was looked at within an edit"
    writes = [method for method in world.api.calls if method == "POST"]
    assert len(writes) == sum(method == "POST" for method, _ in answered), "each write reached the API once"


def test_a_limit_holds_for_all_replicas_together(world: SimpleNamespace) -> None:
    text = world.config.read_text()
    world.config.write_text(text.replace("rate: 600/min", "rate: 5/d"))
    for replica in world.replicas.values():
        replica.until_reloaded()
    statuses = [http_status(replica.port) for _ in range(5) for replica in world.replicas.values()]

    assert sorted(statuses) == [200] * 5 + [429] * 10


def http_status(port: int, target: str = "/orders/17") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND_S)
    try:
        connection.request("GET", target)
        return connection.getresponse().status
    finally:
        connection.close()
