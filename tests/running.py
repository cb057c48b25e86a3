"""A running gateway and the API behind it: the process, what its log says, and calls of its listeners."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.bounds import BOUND_S
from tests.narrow import present

COMMAND = (sys.executable, "-m", "plugin_gateway")


class Upstream:
    """An API that records every call, and answers with its path and its key, which the gateway must mask."""

    def __init__(self) -> None:
        self.calls: list[SimpleNamespace] = []
        self.arrived = threading.Event()
        self.released = threading.Event()
        """The API waits for this before it answers."""
        self.released.set()
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                upstream.calls.append(
                    SimpleNamespace(method=self.command, path=self.path, headers=self.headers, body=body)
                )
                upstream.arrived.set()
                upstream.released.wait(BOUND_S)
                answer = json.dumps({"path": self.path, "key": self.headers.get("X-Api-Key")}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815  # the standard library's names

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


class Gateway:
    """A running `plugin-gateway serve`. It chooses its ports; its log says which."""

    def __init__(self, *arguments: str, environment: Mapping[str, str]) -> None:
        self.environment = {**os.environ, **environment}
        self.process = subprocess.Popen(
            [*COMMAND, *arguments, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.lines: list[bytes] = []
        self.grown = threading.Condition()
        self.reading = threading.Thread(target=self._read, daemon=True)
        self.reading.start()
        try:
            started = self.wait_for(lambda line: line.get("event") == "started", BOUND_S)
        except BaseException:
            self.close()
            raise
        self.admin = started["admin"]
        self.port, self.admin_port = (int(started[key].rpartition(":")[2]) for key in ("listen", "admin"))

    def _read(self) -> None:
        for raw in present(self.process.stderr):
            with self.grown:
                self.lines.append(raw)
                self.grown.notify_all()
        with self.grown:
            self.lines.append(b'{"event":"end"}')
            self.grown.notify_all()

    def wait_for(self, wanted: Callable[..., Any], bound_s: float = BOUND_S) -> dict[str, Any]:
        """Wait for a line of the log, and return it."""

        def found() -> dict[str, Any] | None:
            parsed = (json.loads(raw) if raw.startswith(b"{") else {"text": raw} for raw in self.lines)
            return next((line for line in parsed if wanted(line)), None)

        with self.grown:
            line = self.grown.wait_for(found, bound_s)
            assert line, b"".join(self.lines).decode()
            return line

    def ask(
        self, method: str, target: str, body: bytes | str | None = None, *, port: int | None = None, **headers: str
    ) -> SimpleNamespace:
        """Call the public listener, or another one; a body is JSON unless `content_type` says otherwise."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=BOUND_S)
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            fields.setdefault("content-type", "application/json")
        try:
            connection.request(method, target, body, fields)
            response = connection.getresponse()
            return SimpleNamespace(status=response.status, headers=response.headers, body=response.read())
        finally:
            connection.close()

    def ready(self) -> Any:
        return json.loads(self.ask("GET", "/readyz", port=self.admin_port).body)

    def children(self) -> list[int]:
        return [
            int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(BOUND_S)
        self.reading.join(BOUND_S)
        present(self.process.stderr).close()


def eventually(condition: Callable[..., Any]) -> Any:
    """Wait until a condition holds that no event announces, and return its value."""
    deadline = time.monotonic() + BOUND_S
    pause = threading.Event()
    while time.monotonic() < deadline:
        if held := condition():
            return held
        pause.wait(0.02)
    raise AssertionError(f"not within {BOUND_S} s")
