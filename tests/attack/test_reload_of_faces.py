"""A change of one line of the allow-list under load: all faces move together, no answer mixes two revisions, no call is lost."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from plugin_gateway.cli.entry import run
from tests.bounds import BOUND_S
from tests.mcp.world import DOCUMENT
from tests.narrow import present
from tests.ports import free_port

CHANGES = 4
CLIENTS = 4
ALWAYS, TOGGLED = "listPets", "getPet"
STATES = {"first": {ALWAYS}, "second": {ALWAYS, TOGGLED}}
"""The operations of each state, by the word that marks its text. An answer with the text of one and the names of the other is a mix."""
TOKENS = {"ann": "t0ken-of-ann-77-8c1f", "ben": "t0ken-of-ben-77-2e9d"}
ENVIRON = {f"{name.upper()}_TOKEN": token for name, token in TOKENS.items()}


class Caller(NamedTuple):
    """A client of one consumer. `ann` has only the operation that stays; `ben` has the whole allow-list."""

    port: int
    name: str
    mode: str
    """The mode of the MCP endpoint."""

    def wanted(self, state: str) -> set[str]:
        return STATES[state] - {TOGGLED} if self.name == "ann" else STATES[state]

    async def ask(self, target: str, message: dict[str, Any] | None = None) -> tuple[int, bytes]:
        """Make one request on a new connection; return its status and its body. An incomplete answer raises."""
        body = b"" if message is None else json.dumps(message).encode()
        method = "GET" if message is None else "POST"
        head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        head += f"Authorization: Bearer {TOKENS[self.name]}\r\n"
        if body:
            head += "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
            head += f"Content-Length: {len(body)}\r\n"
        async with asyncio.timeout(BOUND_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(head.encode() + b"\r\n" + body)
                answer = await reader.readuntil(b"\r\n\r\n")
                fields = dict(line.lower().split(b": ", 1) for line in answer.split(b"\r\n")[1:] if line)
                content = await reader.readexactly(int(fields[b"content-length"]))
                return int(answer[9:12]), content
            finally:
                writer.close()

    async def rpc(self, method: str, **params: Any) -> Any:
        status, body = await self.ask("/mcp", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        assert status == 200, body
        return json.loads(body)

    async def documented(self) -> dict[str, str]:
        """Return the description of each operation in the served document."""
        status, body = await self.ask("/openapi.json")
        assert status == 200, body
        operations = [node for item in json.loads(body)["paths"].values() for node in item.values()]
        return {one["operationId"]: one.get("description", "") for one in operations}

    async def listed(self) -> dict[str, str]:
        """Return the description of each operation that the list of tools or a search shows."""
        if self.mode == "search":
            found = await self.rpc("tools/call", name="search_operations", arguments={"query": ""})
            return {one["id"]: one.get("about", "") for one in found["result"]["structuredContent"]["operations"]}
        tools = (await self.rpc("tools/list"))["result"]["tools"]
        return {one["name"]: one["description"] for one in tools}

    async def called(self, operation: str, arguments: dict[str, str]) -> bool:
        """Call an operation by MCP; return whether there is one."""
        if self.mode == "search":
            wanted = {"id": operation, "arguments": arguments}
            result = (await self.rpc("tools/call", name="call_operation", arguments=wanted))["result"]
            assert not result["isError"] or "There is no operation" in result["content"][0]["text"], result
            return not result["isError"]
        answer = await self.rpc("tools/call", name=operation, arguments=arguments)
        is_called = "result" in answer
        assert answer["result"]["isError"] is False if is_called else answer["error"]["code"] == -32602, answer
        return is_called

    async def is_callable(self) -> tuple[bool, bool]:
        """Say whether REST and MCP take the operation that comes and goes; each of them must answer."""
        status, _ = await self.ask("/pets/7")
        assert status in {200, 404}
        return status == 200, await self.called(TOGGLED, {"petId": "7"})

    def state_of(self, shown: dict[str, str]) -> str:
        """Return the state to which names and text belong; a mix of two has none."""
        (state,) = (one for one in STATES if f"{one} text" in shown[ALWAYS])
        assert {*shown} == self.wanted(state), shown
        return state

    async def load(self, is_over: asyncio.Event) -> set[str]:
        """Use every face until it is over; return the states that were seen."""
        seen = set()
        while not is_over.is_set():
            seen |= {self.state_of(await self.documented()), self.state_of(await self.listed())}
            assert (await self.ask("/pets"))[0] == 200
            assert await self.called(ALWAYS, {})
            is_callable = await self.is_callable()
            assert self.name == "ben" or is_callable == (False, False)
        return seen


def write_config(folder: Path, upstream_port: int, mark: str, mode: str) -> None:
    """Write the config of a state, replacing the file whole as editors do."""
    config = {
        "openapi": "openapi.json",
        "upstream": {"url": f"http://127.0.0.1:{upstream_port}"},
        # Without it, the URL and so the digest come from the listener, which the commands do not know.
        "public": {"url": "https://plugin.example.com"},
        "mcp": {"mode": mode},
        "auth": {"type": "service_http", "tokens": [{"name": name, "env": f"{name.upper()}_TOKEN"} for name in TOKENS]},
        "consumers": [
            {"name": "ann", "match": {"token": "ann"}, "allow": [ALWAYS]},
            {"name": "ben", "match": {"token": "ben"}},
        ],
        "allow": [
            {"operation": ALWAYS, "description": f"List the pets, {mark} text."},
            *sorted(STATES[mark] - {ALWAYS}),
        ],
    }
    fresh = folder / "fresh"
    fresh.write_text(json.dumps(config))
    fresh.replace(folder / "gateway.yaml")


async def serve_upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


class Gateway:
    """A running gateway; its log tells when it serves another revision."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for line in present(self.process.stderr):
            if b'"event":"access"' not in line:
                # Anything else on this stream is a fault of the gateway, and the test that waits must see it.
                is_event = line.startswith(b'{"')
                self._events.put_nowait(
                    json.loads(line) if is_event else {"event": "not a line of the log", "line": line}
                )

    async def digest_after(self, before: str) -> Any:
        """Wait until all workers serve another revision than `before`; return its digest."""
        said: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(BOUND_S):
                while True:
                    said.append(await self._events.get())
                    assert said[-1]["event"] != "not a line of the log", said[-1]
                    # A change of the file and the signal are two reasons; a second reload has the same digest.
                    if said[-1]["event"] in {"started", "reloaded"} and said[-1]["digest"] != before:
                        return said[-1]["digest"]
        except TimeoutError:
            pytest.fail(f"no other revision is served; the log has {said}")

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(BOUND_S):
            await self._reading
            return await self.process.wait()


@asynccontextmanager
async def running(folder: Path, port: int, front: str) -> AsyncIterator[Gateway]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "plugin_gateway", "serve", "-c", str(folder / "gateway.yaml"), "--workers", "2"),
        *("--listen", f"127.0.0.1:{port}", "--admin", "127.0.0.1:0", "--front", front),
        env=os.environ | ENVIRON,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Gateway(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def exported(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, set[str]], set[str], str]:
    """Return the names that `tools` prints for each consumer, those in the package, and the package's digest."""
    config = str(folder / "gateway.yaml")
    names = {}
    for consumer in TOKENS:
        assert run(["tools", "-c", config, "--as", consumer, "--format", "openai"]) == 0
        names[consumer] = {one["function"]["name"] for one in json.loads(capsys.readouterr().out)}
    assert run(["plugin", "-c", config, "-o", str(folder / "package")]) == 0
    capsys.readouterr()
    (skill,) = (folder / "package").glob("skills/*/SKILL.md")
    packed = {name for name in (ALWAYS, TOGGLED) if f": `{name}`." in skill.read_text()}
    registered = json.loads((folder / "package" / "server.json").read_text())["_meta"]
    return names, packed, registered["io.modelcontextprotocol.registry/publisher-provided"]["revision"]


async def change_under_load(
    folder: Path, front: str, mode: str, capsys: pytest.CaptureFixture[str]
) -> tuple[dict[str, set[str]], list[set[str]], int]:
    upstream = await asyncio.start_server(serve_upstream, "127.0.0.1", 0)
    upstream_port = upstream.sockets[0].getsockname()[1]
    (folder / "openapi.json").write_text(json.dumps(yaml.safe_load(DOCUMENT)))
    write_config(folder, upstream_port, "first", mode)
    port = free_port()
    callers = [Caller(port, name, mode) for name in TOKENS]
    is_over = asyncio.Event()
    async with upstream, running(folder, port, front) as gateway, asyncio.TaskGroup() as clients:
        digest = await gateway.digest_after("")
        digests = {"first": {digest}, "second": set()}
        loads = [clients.create_task(caller.load(is_over)) for caller in callers for _ in range(CLIENTS // 2)]
        for number in range(CHANGES):
            state = [*STATES][(number + 1) % 2]
            write_config(folder, upstream_port, state, mode)
            gateway.process.send_signal(signal.SIGHUP)
            digest = await gateway.digest_after(digest)
            digests[state].add(digest)
            # Both workers have taken the revision, so each new request is answered by it.
            for caller in callers * 4:
                assert caller.state_of(await caller.documented()) == caller.state_of(await caller.listed()) == state
                assert await caller.is_callable() == (TOGGLED in caller.wanted(state),) * 2
            if number < len(STATES):
                names, packed, packed_digest = await asyncio.to_thread(exported, folder, capsys)
                assert names == {caller.name: caller.wanted(state) for caller in callers}
                assert packed == STATES[state]
                assert packed_digest == digest
        is_over.set()
        seen = [await load for load in loads]
        status = await gateway.stop()
    return digests, seen, status


@pytest.mark.parametrize(("front", "mode"), [("connection", "tools"), ("asgi", "tools"), ("connection", "search")])
def test_a_change_of_one_line_moves_every_face_of_each_consumer_together_under_load(
    tmp_path: Path, front: str, mode: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, token in ENVIRON.items():
        monkeypatch.setenv(name, token)
    digests, seen, status = asyncio.run(change_under_load(tmp_path, front, mode, capsys))

    assert [len(found) for found in digests.values()] == [1, 1]
    assert digests["first"] != digests["second"]
    assert seen == [{*STATES}] * CLIENTS
    assert status == 0
