"""A running gateway in front of an upstream that answers what a test scripts, byte for byte."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.bounds import BOUND_S
from tests.ports import free_port


class Upstream:
    """Listens on loopback; `script` maps a path to what answers it: pieces of bytes, or a function of the request."""

    def __init__(self) -> None:
        self.script: dict[str, Any] = {}
        self.requests: list[SimpleNamespace] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with client, client.makefile("rb") as lines, suppress(OSError, ValueError):  # what breaks off is no request
            while request := self._read(lines):
                self.requests.append(request)
                found = self.script.get(request.path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                pieces = found(request) if callable(found) else found
                for piece in [pieces] if isinstance(pieces, bytes) else pieces:
                    if piece is None:  # the end of the connection
                        return
                    client.sendall(piece)

    def _read(self, lines: Any) -> SimpleNamespace | None:
        line = lines.readline()
        if not line:
            return None
        fields = []
        while (field := lines.readline()) not in (b"\r\n", b""):
            name, _, value = field.partition(b":")
            fields.append((name.lower().decode(), value.strip().decode("latin-1")))
        length = next((int(value) for name, value in fields if name == "content-length"), 0)
        body = lines.read(length) if length else b""
        if ("transfer-encoding", "chunked") in fields:
            while size := int(lines.readline(), 16):
                body += lines.read(size)
                lines.readline()
            lines.readline()
        method, target, _ = line.decode("latin-1").split(" ")
        return SimpleNamespace(
            method=method, target=target, path=target.partition("?")[0], fields=fields, body=body, line=line
        )


class Gateway:
    """A running gateway, as a client of raw bytes sees it."""

    def __init__(self, port: int, upstream: Upstream) -> None:
        self.port, self.upstream = port, upstream

    def ask(self, request: bytes, timeout: int = 5) -> bytes:
        """Send bytes and return everything that comes back until the gateway closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as client:
            client.sendall(request)
            received = bytearray()
            with suppress(ConnectionResetError):
                while data := client.recv(1 << 16):
                    received += data
        return bytes(received)

    def call(self, target: str, method: str = "GET", fields: Sequence[str] = (), body: bytes = b"") -> SimpleNamespace:
        """Call on a connection for this call alone, and return the answer read strictly."""
        lines = [f"{method} {target} HTTP/1.1", "Host: gateway.test", "Connection: close", *fields]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return read_answer(self.ask("\r\n".join(lines).encode() + b"\r\n\r\n" + body), is_head=method == "HEAD")


def read_answer(raw: bytes, *, is_head: bool = False) -> SimpleNamespace:
    """The last answer in what a client received: status, fields, body without its framing, and whether that was whole."""
    head = b""
    rest = raw
    while not head or re.match(rb"HTTP/1\.1 1", head):
        head, end, rest = rest.partition(b"\r\n\r\n")
        assert end, raw
    fields = [(name.lower(), value.strip()) for name, _, value in (f.partition(b":") for f in head.split(b"\r\n")[1:])]
    status = int(head[9:12])
    answer = SimpleNamespace(raw=raw, head=head, status=status, fields=fields, body=rest, is_whole=True)
    if (b"transfer-encoding", b"chunked") in fields:
        pieces = []
        while True:
            size, end, rest = rest.partition(b"\r\n")
            if not end or int(size, 16) + 2 > len(rest):
                answer.is_whole = bool(end) and int(size, 16) == 0
                break
            pieces.append(rest[: int(size, 16)])
            rest = rest[int(size, 16) + 2 :]
            if int(size, 16) == 0:
                break
        answer.body = b"".join(pieces)
    elif not is_head and status not in (204, 304):
        length = [int(value) for name, value in fields if name == b"content-length"]
        answer.is_whole = not length or len(rest) == length[0]
        assert not length or len(rest) <= length[0], "more bytes than Content-Length says"
    return answer


@contextmanager
def serving(
    folder: Path, config: str, environment: dict[str, str], front: str, upstream: Upstream, *options: str
) -> Iterator[Gateway]:
    """Run `serve` on a config until the block ends."""
    port = free_port()
    (folder / "gateway.yaml").write_text(config)
    command = [sys.executable, "-m", "plugin_gateway", "serve", "-c", str(folder / "gateway.yaml"), "--front", front]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *options, "--listen", f"127.0.0.1:{port}", "--admin", "127.0.0.1:0"],
            stdout=log,
            stderr=log,
            env=os.environ | environment,
        )
    gateway = Gateway(port, upstream)
    try:
        give_up = time.monotonic() + BOUND_S
        while True:
            with suppress(OSError, AssertionError):
                if gateway.call("/nowhere").status in {401, 404}:
                    break
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < give_up, (folder / "log").read_text()
        yield gateway
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(BOUND_S)


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """Start a gateway with a config for the upstream's port: `scripted(make_config, document, environment, front)`."""
    with scripted_gateways(tmp_path_factory) as start:
        yield start


@contextmanager
def scripted_gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    running = []

    def start(
        make_config: Callable[..., Any], document: str, environment: dict[str, str], front: str, *options: str
    ) -> Gateway:
        folder = tmp_path_factory.mktemp("scripted")
        (folder / "openapi.json").write_text(document)
        upstream = Upstream()
        manager = serving(folder, make_config(upstream.port), environment, front, upstream, *options)
        gateway = manager.__enter__()
        running.append((manager, upstream))
        return gateway

    try:
        yield start
    finally:
        for manager, upstream in running:
            manager.__exit__(None, None, None)
            upstream.close()
