"""Reloading under load: no call is lost, and none is judged or keyed by half of one revision and half of another."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bounds import BOUND_S
from tests.ports import free_port

CONNECTIONS = 64
CHANGES = 100
CHANGE_EVERY_S = 0.2
HALVES = {"a": "key-of-the-first-half", "b": "key-of-the-second-half"}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Halves", "version": "1"},
    "paths": {
        "/things/{id}": {
            "get": {
                "operationId": "getThing",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "ok"}},
            }
        }
    },
}


def write_config(folder: Path, upstream_port: int, half: str) -> None:
    """Another prefix and another key in one file, which is replaced whole, as editors and ConfigMaps do."""
    config = {
        "openapi": "openapi.json",
        "upstream": {
            "url": f"http://127.0.0.1:{upstream_port}/{half}",
            "credential": {"header": "X-Half", "value": {"env": f"HALF_{half.upper()}"}},
        },
        "allow": ["getThing"],
        "log": {"level": "error"},
    }
    fresh = folder / "fresh"
    fresh.write_text(json.dumps(config))
    fresh.replace(folder / "gateway.yaml")


class Upstream:
    """Answers every request with which half it was asked as, and notes where prefix and key disagree."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.torn: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                half = head[5]
                self.seen.add(half)
                if f"X-Half: {HALVES[half]}\r\n" not in head:
                    self.torn.append(head)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + half.encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def load(port: int, is_over: asyncio.Event) -> int:
    """Call one after the other on one connection; a server may close it between two calls (RFC 9112, 9.3.1)."""
    answered, reader, writer = 0, None, None
    while not is_over.is_set():
        is_fresh = writer is None
        if writer is None or reader is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(b"GET /things/%d HTTP/1.1\r\nHost: gateway.test\r\n\r\n" % answered)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), head
            await reader.readexactly(1)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            if is_fresh or getattr(error, "partial", None):
                raise
            writer = None
            continue
        answered += 1
    if writer is not None:
        writer.close()
    return answered


async def start_gateway(folder: Path, port: int, front: str) -> Any:
    environ = {f"HALF_{half.upper()}": key for half, key in HALVES.items()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "plugin_gateway", "serve", "-c", str(folder / "gateway.yaml"), "--workers", "2"),
        *("--listen", f"127.0.0.1:{port}", "--admin", "127.0.0.1:0", "--front", front),
        env=os.environ | environ,
    )
    async with asyncio.timeout(BOUND_S):
        while True:
            assert process.returncode is None
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return process


async def change_under_load(folder: Path, front: str) -> tuple[Upstream, list[int], int]:
    upstream = Upstream()
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    upstream_port = server.sockets[0].getsockname()[1]
    (folder / "openapi.json").write_text(json.dumps(DOCUMENT))
    write_config(folder, upstream_port, "a")
    port = free_port()
    gateway = await start_gateway(folder, port, front)
    is_over = asyncio.Event()
    calls = [asyncio.create_task(load(port, is_over)) for _ in range(CONNECTIONS)]
    number = 0
    async with asyncio.timeout(CHANGES * CHANGE_EVERY_S + BOUND_S):
        # A busy machine compiles fewer revisions than there are changes, at first perhaps only those of one half.
        while number < CHANGES or len(upstream.seen) < len(HALVES):
            await asyncio.sleep(CHANGE_EVERY_S)
            write_config(folder, upstream_port, "ba"[number % 2])
            gateway.send_signal(signal.SIGHUP)
            number += 1
    is_over.set()
    answered = await asyncio.gather(*calls)
    gateway.send_signal(signal.SIGTERM)
    async with asyncio.timeout(BOUND_S):
        status = await gateway.wait()
    server.close()
    return upstream, answered, status


@pytest.mark.parametrize("front", ["connection", "asgi"])
def test_a_change_every_fifth_of_a_second_loses_no_call_and_tears_none(tmp_path: Path, front: str) -> None:
    upstream, answered, status = asyncio.run(change_under_load(tmp_path, front))
    assert upstream.torn == []
    assert upstream.seen == {"a", "b"}
    assert min(answered) > 0
    assert status == 0
