"""The observer in front of an upstream on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.cli.observe import load_for
from plugin_gateway.observation.finder import Finder
from plugin_gateway.observation.sighting import Sighting
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.revision.build import build
from plugin_gateway.server.observer import Observer
from tests.bounds import BOUND_S
from tests.loopback import in_front_of
from tests.observation.world import document

if TYPE_CHECKING:
    from pathlib import Path

REPLY = json.dumps([{"id": 1, "name": "Rex s3cret", "alice@example.com": {"owner": None}}]).encode()


NOTHING_SEEN = Sighting(method="", path="")


class Upstream:
    """Keeps the requests, and answers each with `REPLY`."""

    def __init__(self, head: bytes = b"Content-Type: application/json\r\n") -> None:
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self._head = head

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (
                int(line.partition(b":")[2])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            ),
            0,
        )
        self.heads.append(head)
        self.bodies.append(await reader.readexactly(length))
        writer.write(
            b"HTTP/1.1 200 OK\r\n"
            + self._head
            + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(REPLY)
            + REPLY
        )
        writer.close()


def ask(
    folder: Path, target: str, *, method: str = "GET", body: bytes = b"", upstream: Upstream, **headers: str
) -> tuple[int, bytes, Sighting]:
    """Send one call through the observer; return the status, the body and the sighting."""

    async def run() -> tuple[int, bytes, Sighting]:
        pets = document(folder)

        def holder_for(port: int) -> Holder:
            return Holder(build(load_for(pets.name, f"http://127.0.0.1:{port}/base", None, "127.0.0.1:0")).revision)

        sent: list[dict[str, Any]] = []
        sightings: list[Sighting] = []
        path, _, query = target.encode().partition(b"?")
        fields = {"host": "127.0.0.1:9000", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body:
            fields["content-length"] = str(len(body))
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "raw_path": path, "query_string": query, "client": ("127.0.0.1", 9),
            "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
        }  # fmt: skip
        messages = [{"type": "http.request", "body": body}]

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop(0)
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        async with in_front_of(upstream.serve, holder_for) as holder, asyncio.timeout(BOUND_S):
            await Observer(holder, Finder(pets), sightings.append)(scope, receive, send)
        sighting = sightings[0] if sightings else NOTHING_SEEN
        return sent[0]["status"], b"".join(one.get("body", b"") for one in sent), sighting

    return asyncio.run(run())


def test_a_call_goes_up_with_all_that_the_gate_would_drop(tmp_path: Path) -> None:
    upstream = Upstream()

    status, body, _ = ask(
        tmp_path,
        "/pets?undeclared=1&limit=2",
        upstream=upstream,
        authorization="Bearer mine",
        x_api_key="k",
        cookie="session=1; theme=dark",
    )

    assert (status, body) == (200, REPLY)
    head = upstream.heads[0].lower()
    assert head.startswith(b"get /base/pets?undeclared=1&limit=2 http/1.1\r\n")
    for line in (
        b"authorization: bearer mine",
        b"x-api-key: k",
        b"cookie: session=1; theme=dark",
        b"accept-encoding: identity",
    ):
        assert line in head.split(b"\r\n")


def test_a_sighting_has_names_and_types_and_no_value(tmp_path: Path) -> None:
    body = b'{"name": "s3cret", "owner": {"login": "s3cret"}, "s3cret": 1}'
    _, _, sighting = ask(
        tmp_path,
        "/pets?q=s3cret",
        method="POST",
        body=body,
        upstream=Upstream(),
        content_type="application/json",
        x_tenant="s3cret",
        x_real_ip="s3cret",
        cookie="a=s3cret",
    )

    assert sighting == Sighting(
        method="POST", path="/pets", operation_id="addPet", status=200, query=("q",), headers=("x-tenant",),
        request={"": ("object",), "/name": ("string",), "/owner": ("object",), "/owner/login": ("string",), "/*": ("integer",)},
        response={
            "": ("array",), "/*": ("object",), "/*/id": ("integer",), "/*/name": ("string",), "/*/*": ("object",), "/*/*/owner": ("null",),
        },
    )  # fmt: skip
    assert "s3cret" not in sighting.as_line()
    assert "alice" not in sighting.as_line()


def test_a_body_of_a_type_that_the_document_does_not_declare_goes_up(tmp_path: Path) -> None:
    upstream = Upstream(b"Content-Type: text/csv\r\n")
    status, _, sighting = ask(
        tmp_path, "/pets/7", method="DELETE", body=b"<x/>", upstream=upstream, content_type="text/xml"
    )

    assert (status, upstream.bodies) == (200, [b"<x/>"])
    assert (sighting.request, sighting.response) == ({}, {})


@pytest.mark.parametrize("target", ["/toys", "/pets/../admin", "/pets/7/toys?x=1"])
def test_a_call_of_no_operation_gets_404_and_does_not_go_up(target: str, tmp_path: Path) -> None:
    upstream = Upstream()
    status, body, sighting = ask(tmp_path, target, upstream=upstream)

    assert status == 404
    assert b"No operation of the observed document matches" in body
    assert upstream.heads == []
    assert (sighting.in_document, sighting.path, sighting.status) == (False, target.partition("?")[0], 404)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"host": "rebound.example:9000"},
        {"host": "127.0.0.1.example"},
    ],
)
def test_a_web_page_cannot_call_the_api_through_the_observer(headers: dict[str, str], tmp_path: Path) -> None:
    upstream = Upstream()
    status, _, sighting = ask(tmp_path, "/pets", method="POST", body=b"{}", upstream=upstream, **headers)

    assert (status, upstream.heads, sighting) == (403, [], NOTHING_SEEN)


def test_a_preflight_is_refused(tmp_path: Path) -> None:
    status, _, sighting = ask(tmp_path, "/pets", method="OPTIONS", upstream=Upstream(), origin="http://a.test")

    assert (status, sighting.in_document, sighting.status) == (404, False, 404)


def test_a_long_body_goes_up_whole_and_has_no_fields(tmp_path: Path) -> None:
    upstream = Upstream()
    body = b'{"name": "' + b"x" * 1_100_000 + b'"}'
    status, _, sighting = ask(
        tmp_path, "/pets", method="POST", body=body, upstream=upstream, content_type="application/json"
    )

    assert status == 200
    assert upstream.bodies == [body]
    assert sighting.request == {}


def test_the_command_forwards_over_sockets_until_it_is_interrupted(tmp_path: Path) -> None:
    document(tmp_path)
    upstream = Upstream()

    async def run() -> str:
        server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "plugin_gateway", "observe", "openapi.yaml"),
            *("--upstream", f"http://127.0.0.1:{port}", "--listen", "127.0.0.1:0"),
            cwd=tmp_path, env=os.environ, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        async with asyncio.timeout(BOUND_S):
            line = (await process.stderr.readline()).decode()
            reader, writer = await asyncio.open_connection("127.0.0.1", int(line.split()[1].rpartition(":")[2]))
            writer.write(b"GET /pets/mine HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
            assert await process.stderr.readline() == b"GET /pets/mine (myPets)\n"
            process.send_signal(signal.SIGINT)
            rest = (await process.stderr.read()).decode()
            assert await process.wait() == 0
        server.close()
        assert answer.endswith(REPLY)
        return rest

    assert asyncio.run(run()) == "next: plugin-gateway suggest seen.jsonl\n"
    first, second = (tmp_path / "seen.jsonl").read_text().splitlines()
    assert json.loads(first)["event"] == "observe"
    assert json.loads(second)["path"] == "/pets/mine"
