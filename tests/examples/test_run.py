"""`make run` starts both programs, says what to try, and leaves nothing behind."""

import os
import selectors
import shlex
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.bounds import BOUND_S
from tests.narrow import present
from tests.ports import free_ports

ROOT = Path(__file__).parents[2]


def command(api_port: int, port: int, admin_port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "examples.run"),
        *("--api-port", str(api_port), "--port", str(port), "--admin-port", str(admin_port)),
    ]


@contextmanager
def running(*ports: int, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[Any]]:
    process = subprocess.Popen(
        command(*ports),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(BOUND_S)
        present(process.stdout).close()


def read_until(process: subprocess.Popen[Any], text: bytes) -> str:
    """Read the output until `text` shows; every new piece of it must come within the bound of a start."""
    selector = selectors.DefaultSelector()
    selector.register(present(process.stdout), selectors.EVENT_READ)
    output = b""
    while text not in output:
        assert selector.select(BOUND_S), f"no more output after: {output.decode()}"
        piece = os.read(present(process.stdout).fileno(), 65536)
        assert piece, f"the program ended: {output.decode()}"
        output += piece
    return output.decode()


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=BOUND_S) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_api_and_the_gateway_run_until_a_signal_ends_both(number: Any) -> None:
    ports = free_ports(3)

    with running(*ports) as process:
        output = read_until(process, b"Ctrl-C stops both.")
        url = f"http://localhost:{ports[1]}"
        permitted, denied, manifest = (
            get(f"{url}{path}") for path in ("/orders?status=open", "/admin/users", "/.well-known/ai-plugin.json")
        )
        [console] = [line for line in output.splitlines() if "plugin-gateway console" in line]
        link = subprocess.run(shlex.split(console), capture_output=True, text=True, timeout=BOUND_S, check=True).stdout
        process.send_signal(number)
        exit_code = process.wait(BOUND_S)

    for path in ("/orders?status=open", "/admin/users", "/.well-known/ai-plugin.json"):
        assert f"curl '{url}{path}'" in output
    assert permitted[0] == 200
    assert b'"totalCount"' in permitted[1]
    assert denied[0] == 404
    assert b"root" not in denied[1]
    assert manifest[0] == 200
    assert link.startswith(f"http://127.0.0.1:{ports[2]}/")
    assert exit_code == 0
    assert not any(is_open(port) for port in ports)


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_a_taken_port_is_named_before_anything_starts(taken: int) -> None:
    ports = free_ports(3)

    with socket.create_server(("127.0.0.1", ports[taken])):
        result = subprocess.run(command(*ports), cwd=ROOT, capture_output=True, text=True, timeout=BOUND_S, check=False)

    assert result.returncode == 1
    assert f"port {ports[taken]} is taken" in result.stderr
    assert "API_PORT" in result.stderr
    assert result.stdout == ""


def test_when_the_gateway_cannot_start_the_api_is_ended_too() -> None:
    ports = free_ports(3)

    with running(*ports, environment={**os.environ, "PLUGIN_GATEWAY__LOG__LEVEL": "no such level"}) as process:
        output = read_until(process, b"the gateway ended with exit code 2")
        exit_code = process.wait(BOUND_S)

    assert exit_code == 1
    assert "Try, from another terminal" not in output
    assert not is_open(ports[0])
