"""`mcp`: a client starts the command and calls tools over standard input and output."""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.bounds import BOUND_S
from tests.mcp.world import DOCUMENT
from tests.narrow import present

HELLO = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25"}}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
CALL = {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "getPet", "arguments": {"petId": "1"}}}
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    return tmp_path


def run(
    folder: Path, messages: list[dict[str, Any]], *arguments: str, more: str = "", port: int = 1
) -> tuple[subprocess.CompletedProcess[str], list[Any]]:
    config = f"openapi: openapi.yaml\nupstream: {{url: 'http://127.0.0.1:{port}'}}\nallow: [listPets, getPet]\n{more}\n"
    (folder / "gateway.yaml").write_text(config)
    text = "".join(json.dumps(message) + "\n" for message in messages)
    command = [sys.executable, "-m", "plugin_gateway", "mcp", "-c", str(folder / "gateway.yaml"), *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=BOUND_S, check=False)
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_client_that_starts_the_command_lists_and_calls(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as api:

        def serve() -> None:
            connection, _ = api.accept()
            with connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(4096)
                connection.sendall(ANSWER)

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        done, heard = run(folder, [HELLO, LIST, CALL], port=api.getsockname()[1])
        server.join(BOUND_S)

    assert done.returncode == 0
    assert [one["id"] for one in heard] == [1, 2, 3]
    assert [tool["name"] for tool in heard[1]["result"]["tools"]] == ["listPets", "getPet"]
    assert heard[2]["result"]["structuredContent"] == {"ok": True}
    assert '"operation":"getPet"' in done.stderr


def test_standard_output_has_nothing_but_messages(folder: Path) -> None:
    done, heard = run(folder, [])

    assert (done.returncode, done.stdout, heard) == (0, "", [])


def test_a_consumer_has_its_own_tools(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t0ken-of-tom-77")
    more = (
        "auth: {type: service_http, tokens: [{name: tom, env: TOKEN}]}\n"
        "consumers: [{name: tom, match: {token: tom}, allow: [getPet]}]"
    )
    _, heard = run(folder, [LIST], "--as", "tom", more=more)

    assert [tool["name"] for tool in heard[0]["result"]["tools"]] == ["getPet"]


def test_an_endpoint_that_is_off_serves_no_tools_here_either(folder: Path) -> None:
    done, heard = run(folder, [LIST], more="mcp: false")

    assert (done.returncode, heard) == (2, [])
    assert "`mcp` is off" in done.stderr


def test_messages_may_come_from_a_file(folder: Path) -> None:
    run(folder, [])
    (folder / "messages").write_text(json.dumps(LIST))
    command = [sys.executable, "-m", "plugin_gateway", "mcp", "-c", str(folder / "gateway.yaml")]
    with (folder / "messages").open() as messages:
        done = subprocess.run(
            command, stdin=messages, capture_output=True, text=True, timeout=BOUND_S, check=True, env=os.environ
        )

    assert json.loads(done.stdout)["id"] == 2


def test_a_person_approves_a_call_of_a_client_that_started_the_command(folder: Path) -> None:
    config = (
        "openapi: openapi.yaml\nupstream: {url: 'http://127.0.0.1:%d'}\n"
        "allow: [listPets, {operation: deletePet, consequential: confirm}]\n"
    )
    call = {"jsonrpc": "2.0", "id": 3, "method": "tools/call"}
    call["params"] = {"name": "deletePet", "arguments": {"petId": "1"}}
    with socket.create_server(("127.0.0.1", 0)) as api:

        def serve() -> None:
            connection, _ = api.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(ANSWER)

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        (folder / "gateway.yaml").write_text(config % api.getsockname()[1])
        command = [sys.executable, "-m", "plugin_gateway", "mcp", "-c", str(folder / "gateway.yaml")]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as client:

            def ask() -> Any:
                present(client.stdin).write(json.dumps(call) + "\n")
                present(client.stdin).flush()
                return json.loads(present(client.stdout).readline())["result"]["structuredContent"]

            approval = ask()["approval"]
            decided = httpx2.post(approval["url"], data={"decision": "approve"}, trust_env=False)
            assert "is approved" in decided.text
            assert ask() == {"ok": True}
            assert ask()["approval"]["id"] != approval["id"]
            _, told = client.communicate(timeout=BOUND_S)
        server.join(BOUND_S)

    assert client.returncode == 0
    assert "approvals-open" in told
    assert "approval-approved" in told
