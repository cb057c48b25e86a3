"""Hostile callers, a hostile upstream, faults and load, replayed against running gateways.

The cases and their runners lie beside the project, as they are kept by somebody else than its authors.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bounds import BOUND_S
from tests.ports import free_port, free_ports

ATTACK = Path(__file__).parents[2].parent / "shared" / "attack"
FRONTS = ["connection", "asgi"]
KEYS = {"ATTACK_HEADER_KEY": "sekret-hdr-7f3a9c", "ATTACK_QUERY_KEY": "sekret-qry-51be02"}
CONFIG = """
openapi: openapi.yaml
upstream:
  url: http://127.0.0.1:{upstream_port}
  credential:
    - {{header: X-Api-Key, value: {{env: ATTACK_HEADER_KEY}}}}
    - {{query: api_key, value: {{env: ATTACK_QUERY_KEY}}}}
  timeout: {{connect: 3s, read: 5s, total: 45s}}
allow: [GET /pets, "GET /pets/{{petId}}", POST /pets, "GET /files/{{name}}"]
limits: {{request_head: 32KiB, request_body: 10MiB}}
# A slow head gets an octet each second. If a cut met one, the reset would hide the end that the runner waits for.
client_timeout: {{head: 9600ms, body: 10s, idle: 75s}}
log: {{level: error}}
"""

pytestmark = pytest.mark.skipif(not ATTACK.is_dir(), reason=f"the attack cases are not at {ATTACK}")


def write_profile(folder: Path, upstream_port: int) -> None:
    text = (ATTACK / "openapi.yaml").read_text().replace("UPPORT", str(upstream_port))
    (folder / "openapi.yaml").write_text(text)
    (folder / "gateway.yaml").write_text(CONFIG.format(upstream_port=upstream_port))


def serve_command(folder: Path, port: int | str, *more: str) -> tuple[str, ...]:
    addresses = ("--listen", f"127.0.0.1:{port}", "--admin", "127.0.0.1:0")
    return (sys.executable, "-m", "plugin_gateway", "serve", "-c", str(folder / "gateway.yaml"), *addresses, *more)


@pytest.fixture
def gateway(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[int, int, int]]:
    """A running gateway with the profile: its port, its pid and the port its upstream is expected at."""
    upstream_port, port = free_ports(2)
    write_profile(tmp_path, upstream_port)
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            serve_command(tmp_path, port, "--front", request.param), stdout=log, stderr=log, env=os.environ | KEYS
        )
        try:
            wait_until_answering(port, process)
            yield port, process.pid, upstream_port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(BOUND_S)


def wait_until_answering(port: int, process: subprocess.Popen[Any]) -> None:
    """Connections are taken in before there is a worker; only an answer shows that one is up, and has its memory."""
    give_up = time.monotonic() + BOUND_S
    while time.monotonic() < give_up and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), BOUND_S) as client:
                client.sendall(b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                if client.recv(4096).startswith(b"HTTP/1.1 404 "):
                    return
        except OSError:
            continue
    pytest.fail(f"the gateway does not listen (exit status {process.poll()})")


def replay(tmp_path: Path, *arguments: str) -> None:
    result = tmp_path / "result.json"
    command = (sys.executable, str(ATTACK / "attack.py"), *arguments, "--json", str(result))
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False)
    assert result.exists(), done.stdout + done.stderr
    report = json.loads(result.read_text())
    broken = [case for case in report["results"] if not case["ok"] and not case["na"]]
    assert report["critical"] == 0, broken
    assert report["must"] == report["must_total"] > 0, [case for case in broken if case["level"] == "must"]
    assert broken == []
    assert report["score"] == report["total"]


@pytest.mark.parametrize("gateway", FRONTS, indirect=True)
def test_hostile_callers_get_nothing_and_honest_callers_are_served(
    tmp_path: Path, gateway: tuple[int, int, int]
) -> None:
    port, pid, upstream_port = gateway
    target = ("--gateway", f"127.0.0.1:{port}", "--upstream-port", str(upstream_port), "--pid", str(pid))
    replay(tmp_path, *target, "--features", "docs,mcp")


def test_hostile_documents_neither_start_nor_harm_the_gateway(tmp_path: Path) -> None:
    write_profile(tmp_path, 0)
    start = tmp_path / "start.sh"
    command = " ".join(serve_command(Path("$1"), "$2"))
    config = (tmp_path / "gateway.yaml").read_text().replace("127.0.0.1:0", "127.0.0.1:$3")
    start.write_text(f'#!/bin/sh\ncat > "$1/gateway.yaml" <<EOF\n{config}EOF\nexec {command}\n')
    environ = " ".join(f"{name}={value}" for name, value in KEYS.items())
    command = f"{environ} sh {start} {{dir}} {{port}} {{upport}}"
    replay(tmp_path, "--upstream-port", str(free_port()), "--only", "spec-side", "--start-cmd", command)


@pytest.mark.parametrize("gateway", FRONTS, indirect=True)
def test_a_flood_of_header_bytes_costs_no_memory_and_no_other_client_waits(gateway: tuple[int, int, int]) -> None:
    port, pid, _ = gateway
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    targets = [f"gateway:{port}:{child}" for child in children]
    command = (sys.executable, str(ATTACK / "hdrflood.py"), *targets)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    rows = re.findall(r"RSS \+(-?\d+) MiB, other client answered in (\S+)", done.stdout)
    assert len(rows) == 3 * len(children)
    assert [grown for grown, _ in rows if int(grown) > 1] == [], done.stdout
    assert all(answered.isdigit() for _, answered in rows), done.stdout


@pytest.mark.parametrize("front", FRONTS)
def test_nothing_is_lost_or_misjudged_under_faults_and_load(tmp_path: Path, front: str) -> None:
    port, upstream_port = free_ports(2)
    write_profile(tmp_path, upstream_port)
    unresolvable = tmp_path / "unresolvable"
    shutil.copytree(tmp_path, unresolvable, ignore=shutil.ignore_patterns("unresolvable"))
    config = unresolvable / "gateway.yaml"
    config.write_text(config.read_text().replace("127.0.0.1", "no-such-host.invalid"))
    more = ("--workers", "2", "--front", front)
    result = tmp_path / "faults.json"
    command = [sys.executable, str(ATTACK / "faults.py"), "--cmd", " ".join(serve_command(tmp_path, port, *more))]
    command += ["--cmd-dns", " ".join(serve_command(unresolvable, port, *more))]
    command += ["--port", str(port), "--upport", str(upstream_port), "--idle", "8000", "--json", str(result)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False, env=os.environ | KEYS)
    assert result.exists(), done.stdout + done.stderr
    report = json.loads(result.read_text())
    assert [one for one in report["results"] if not one["ok"]] == []
    assert report["total"] == 19
