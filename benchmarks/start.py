"""`python -m benchmarks.start DOCUMENT`: how long a gateway takes from its command to its first answer.

It starts gateways in turn, from gateway.yaml and from a revision file, and asks `/readyz` and an operation until both answer 200. The CPU
time includes all processes of the gateway. `--against COMMAND` also starts another version.
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.measure import START_TIMEOUT_S, cpu_s, free_port
from plugin_gateway.openapi.read.source import read_document

KEY = "UPSTREAM_API_KEY"


class Start(NamedTuple):
    """One start, in milliseconds: until the gateway is ready, until it answers a call, and its CPU time by then."""

    ready: float
    called: float
    cpu: float


class Answer(http.server.BaseHTTPRequestHandler):
    """The upstream."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("document", type=Path, metavar="DOCUMENT")
    parser.add_argument("--against", metavar="COMMAND", help="the plugin-gateway of another version")
    parser.add_argument("--operations", type=int, default=10)
    parser.add_argument("--starts", type=int, default=10)
    options = parser.parse_args()
    os.environ[KEY] = "a-key-of-the-upstream"
    upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        config, path = write_config(folder, options.document.absolute(), options.operations, upstream.server_port)
        commands = {"": str(Path(sys.executable).with_name("plugin-gateway")), " against": options.against}
        ways: dict[str, tuple[str, ...]] = {}
        for label, command in commands.items():
            if command:
                file = folder / f"revision{len(ways)}.bin"
                subprocess.run((command, "build", "-c", config, "-o", file), check=True, capture_output=True)
                ways[f"gateway.yaml{label}"] = command, "serve", "-c", str(config)
                ways[f"revision file{label}"] = command, "serve", "--revision", str(file)
        measured: dict[str, list[Start]] = {way: [] for way in ways}
        for turn in range(options.starts + 1):
            for way, command in ways.items():
                start = measure(command, path)
                if turn:  # the first writes the bytecode
                    measured[way].append(start)
    print(f"{'median of ' + str(options.starts):24} {'ready':>8} {'called':>8} {'CPU':>8}")
    for way, starts in measured.items():
        print(f"{way:24}", *(f"{statistics.median(times):5.0f} ms" for times in zip(*starts, strict=True)))


def write_config(folder: Path, document: Path, count: int, port: int) -> tuple[Path, str]:
    """Write a gateway.yaml that allows some operations; return it with the path of a GET without parameters."""
    keys = [*read_document(str(document)).operations]
    plain = next(key for key in keys if key.method == "GET" and "{" not in key.path)
    allowed = [plain, *(key for key in keys[:: max(1, len(keys) // count)] if key != plain)][:count]
    config = folder / "gateway.yaml"
    config.write_text(
        f"openapi: {document}\n"
        f"upstream: {{url: 'http://127.0.0.1:{port}', servers: ignore, credential: {{header: X-Key, value: {{env: {KEY}}}}}}}\n"
        "public: {url: https://plugin.example.com}\n"
        "manifest: {contact_email: api@example.com, legal_info_url: 'https://example.com/legal'}\n"
        f"allow: {[str(key) for key in allowed]}\n"
    )
    return config, plain.path


def measure(command: tuple[str, ...], path: str) -> Start:
    """Start a gateway, and end it when it has answered a call."""
    public, admin = free_port(), free_port()
    options = "--listen", f"127.0.0.1:{public}", "--admin", f"127.0.0.1:{admin}", "--log", "error"
    started_at = time.monotonic()
    process = subprocess.Popen((*command, *options), stdout=subprocess.DEVNULL)
    try:
        ready = until(admin, "/readyz", started_at)
        called = until(public, path, started_at)
        return Start(ready, called, sum(cpu_s(process.pid)) * 1000)
    finally:
        process.terminate()
        process.wait()


def until(port: int, path: str, started_at: float) -> float:
    """Ask until the answer is 200; return the time since the start in milliseconds."""
    while time.monotonic() - started_at < START_TIMEOUT_S:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), START_TIMEOUT_S) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            if client.recv(12).endswith(b" 200"):
                return (time.monotonic() - started_at) * 1000
        time.sleep(0.002)  # the gateway does not say when it listens
    raise SystemExit(f"no answer to {path} on port {port}")


if __name__ == "__main__":
    main()
