"""`python -m benchmarks.mcp`: calls of tools per CPU second of one worker, the call of the API included, and the time of `tools/list`.

Each call asks for one kilobyte of JSON, from 16 connections, with 8 and with 1,000 tools, in both eras. "repeated" is the same call again and again with a
new message id, "varied" has other arguments each time, and "walked" calls all tools, one after the other.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.measure import Sample, free_port, load, running
from benchmarks.peers import Command
from benchmarks.world import GATEWAY_CPU, KEY, KEY_HEADER, LOAD_CPU, write_document

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = {"pure": ROOT / ".venv/bin/python", "compiled": ROOT / ".venv-core/bin/python"}
TOOLS = (8, 1_000)
CONNECTIONS = 16
ITEM = {
    "id": 4711,
    "name": "Winter jacket, blue",
    "tags": ["outdoor", "sale"],
    "price": 129.5,
    "in_stock": True,
    "url": "https://shop.example/items/4711",
}
_META = '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},'
_META += '"io.modelcontextprotocol/clientCapabilities":{}}'


class Work(NamedTuple):
    """One kind of load on the endpoint."""

    name: str
    script: str
    connections: int = CONNECTIONS

    @property
    def path(self) -> str:
        return "/mcp"


def works(tools: int) -> Iterator[Work]:
    """Return the loads for a gateway with so many tools; "repeated" and "varied" call the last one."""
    last = f'"getRes{tools - 1}"'
    calls = (
        ("repeated", last, '"1k"'),
        ("varied", last, '"" .. id .. "-1k"'),
        ("walked", f'"getRes" .. (id % {tools})', '"1k"'),
    )
    for era in ("2026-07-28", "2025-11-25"):
        is_modern = era == "2026-07-28"
        meta = f"{_META}," if is_modern else ""
        for name, tool, argument in calls:
            params = f'{meta}"name":"\' .. ({tool}) .. \'","arguments":{{"id":"\' .. ({argument}) .. \'","limit":"20"}}'
            yield Work(f"{era} {name}", _script("tools/call", params, era, tool if is_modern else ""))
        list_params = _META if is_modern else ""
        yield Work(f"{era} tools/list", _script("tools/list", list_params, era, ""), 1)


def _script(method: str, params: str, era: str, name: str) -> str:
    """Return wrk's Lua script; `name` is the expression for Mcp-Name."""
    fields = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": era,
    }
    if era == "2026-07-28":
        fields["Mcp-Method"] = method
    headers = "".join(f'wrk.headers["{field}"] = "{value}"\n' for field, value in fields.items())
    return (
        f"{headers}local id = 0\nrequest = function()\n  id = id + 1\n"
        + (f'  wrk.headers["Mcp-Name"] = {name}\n' if name else "")
        + f'  local body = \'{{"jsonrpc":"2.0","id":\' .. id .. \',"method":"{method}","params":{{{params}}}}}\'\n'
        f'  return wrk.format("POST", "/mcp", nil, body)\nend\n'
    )


def write_api(folder: Path, port: int) -> Path:
    """Write the configuration of the API: an nginx that answers one kilobyte of JSON."""
    items = json.dumps([ITEM] * 7, separators=(",", ":"))
    body = f'{{"items":{items}}}'
    file = folder / "api.conf"
    file.write_text(f"""
        daemon off; worker_processes 1; pid {folder}/api.pid; error_log {folder}/api.err;
        events {{ worker_connections 1024; }}
        http {{
          access_log off; keepalive_requests 100000000; default_type application/json;
          server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 '{body}'; }} }}
        }}""")
    return file


def gateway(folder: Path, python: Path, tools: int, port: int, api_port: int) -> Command:
    document = write_document(folder, tools)
    config = folder / f"gateway-{tools}.yaml"
    allow = [f"getRes{number}" for number in range(tools)]
    config.write_text(
        f"openapi: {document}\nupstream: {{url: 'http://127.0.0.1:{api_port}', "
        f"credential: {{header: {KEY_HEADER}, value: {{env: BENCH_KEY}}}}}}\nallow: {json.dumps(allow)}\nlog: {{level: warning}}\n"
    )
    addresses = ("--listen", f"127.0.0.1:{port}", "--admin", "127.0.0.1:0", "--workers", "1")
    argv = (str(python), "-m", "plugin_gateway", "serve", "--config", str(config), *addresses)
    return Command(argv=argv, environ=(("BENCH_KEY", KEY), ("PYTHONSAFEPATH", "1")))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mcp", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="number of rounds (3)")
    parser.add_argument("--seconds", type=int, default=3, help="duration of each load (3)")
    parser.add_argument("--kinds", default="pure,compiled", help="pure, compiled or both (both)")
    parser.add_argument("--tools", default=",".join(map(str, TOOLS)), help="numbers of tools (8,1000)")
    parser.add_argument("--only", default="", help="a part of the names of the loads (all)")
    options = parser.parse_args()
    print(
        "| core | tools | load | calls per CPU second | µs | p50 ms | p99 ms | RSS MiB of worker and supervisor | errors |"
    )
    print("|---|---:|---|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="bench-mcp-") as name, ExitStack() as programs:
        folder = Path(name)
        folder.chmod(0o755)
        api_port = free_port()
        api = Command(argv=("nginx", "-p", str(folder), "-c", str(write_api(folder, api_port))))
        programs.enter_context(running(api, api_port, LOAD_CPU, folder / "api.log"))
        for kind in options.kinds.split(","):
            if not PYTHONS[kind].exists():
                print(f"missing: {PYTHONS[kind]}", file=sys.stderr)
                continue
            for tools in map(int, options.tools.split(",")):
                port = free_port()
                command = gateway(folder, PYTHONS[kind], tools, port, api_port)
                with running(command, port, GATEWAY_CPU, folder / f"{kind}-{tools}.log") as pid:
                    for work in works(tools):
                        if options.only in work.name:
                            samples = [load(work, port, pid, options.seconds, folder) for _ in range(options.rounds)]
                            print(_row(kind, tools, work, samples), flush=True)


def _row(kind: str, tools: int, work: Work, samples: list[Sample]) -> str:
    cpu_us = statistics.median(sample.cpu_us for sample in samples)
    p50_s = statistics.median(sample.p50_s for sample in samples)
    p99_s = statistics.median(sample.p99_s for sample in samples)
    rss_mib = max(sample.rss_bytes for sample in samples) / 2**20
    errors = sum(sample.errors for sample in samples)
    return (
        f"| {kind} | {tools:,} | {work.name} | {1e6 / cpu_us:,.0f} | {cpu_us:.1f} | {p50_s * 1e3:.2f} | {p99_s * 1e3:.2f} | {rss_mib:.0f}"
        f" | {errors} |"
    )


if __name__ == "__main__":
    main()
