"""The world of the benchmarks: the operations, the key, the upstream and the work, equal for every peer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KEY = "bench-key-7d1f0a93c2e58b4f6d"
KEY_HEADER = "X-API-Key"
GATEWAY_CPU, LOAD_CPU = 0, 1
REPLY_BYTES = {"1k": 1_000, "100k": 100_000, "10M": 10_000_000}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One kind of work: the number of allowed operations, the call of the last operation, and the number of connections."""

    name: str
    operations: int = 12
    reply: str = "1k"
    connections: int = 64
    post_bytes: int = 0
    has_own_ids: bool = False
    """Whether each request has a new id, so that memos do not help."""
    has_access_log: bool = False

    @property
    def path(self) -> str:
        return f"/res{self.operations - 1:04d}/{self.reply}"

    @property
    def script(self) -> str:
        """Return wrk's Lua script, or an empty string if its command line is enough."""
        if self.post_bytes:
            return f'wrk.method = "POST"\nwrk.body = string.rep("y", {self.post_bytes})\n'
        if self.has_own_ids:
            path = self.path.removesuffix(self.reply)
            return f'local id = 0\nrequest = function()\n  id = id + 1\n  return wrk.format("GET", "{path}" .. id .. "-{self.reply}")\nend\n'
        return ""


SCENARIOS = (
    Scenario(name="12 ops, 1 kB, 64 conns"),
    Scenario(name="1000 ops, 1 kB, 64 conns", operations=1000),
    Scenario(name="12 ops, 1 kB, 64 conns, a new id in each", has_own_ids=True),
    Scenario(name="1000 ops, 1 kB, 64 conns, a new id in each", operations=1000, has_own_ids=True),
    Scenario(name="12 ops, 1 kB, 64 conns, access logs", has_access_log=True),
    Scenario(name="12 ops, 1 kB, 1 conn", connections=1),
    Scenario(name="12 ops, 1 kB, 512 conns", connections=512),
    Scenario(name="12 ops, POST 10 kB, 64 conns", post_bytes=10_000),
    Scenario(name="12 ops, 100 kB, 64 conns", reply="100k"),
    Scenario(name="12 ops, 10 MB, 8 conns", reply="10M", connections=8),
)


def patterns(operations: int) -> list[str]:
    """Return the regular expression of each allowed path, for nginx, HAProxy, Envoy and Caddy."""
    return [f"^/res{number:04d}/[^/]+$" for number in range(operations)]


def write_document(folder: Path, operations: int) -> Path:
    """Write the full OpenAPI document, with a denied operation for each allowed one."""
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    query = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("expand", "limit")]
    responses = {"200": {"description": "ok"}}
    paths = {
        f"/res{number:04d}/{{id}}": {
            "parameters": [parameter, *query],
            "get": {"operationId": f"getRes{number}", "responses": responses},
            "post": {
                "operationId": f"postRes{number}",
                "requestBody": {"content": {"application/octet-stream": {}}},
                "responses": responses,
            },
            "delete": {"operationId": f"deleteRes{number}", "responses": responses},
        }
        for number in range(operations)
    }
    file = folder / f"openapi-{operations}.json"
    file.write_text(json.dumps({"openapi": "3.0.3", "info": {"title": "Bench", "version": "1"}, "paths": paths}))
    return file


def write_upstream(folder: Path, port: int) -> Path:
    """Write the configuration of the upstream: an nginx that answers from memory or from files."""
    for name, size in REPLY_BYTES.items():
        (folder / name).write_bytes(b"x" * size)
    file = folder / "upstream.conf"
    file.write_text(f"""
        daemon off; worker_processes 1; pid {folder}/upstream.pid; error_log {folder}/upstream.err;
        # Idle peers keep their connections while another is measured: with too few descriptors, nginx would close them.
        worker_rlimit_nofile 20000; events {{ worker_connections 16384; }}
        http {{
          access_log off; sendfile on; keepalive_requests 100000000; client_max_body_size 64m;
          client_body_temp_path {folder}/upstream-body;
          server {{
            listen 127.0.0.1:{port} backlog=4096; root {folder}; default_type application/octet-stream;
            location ~ 1k$ {{ return 200 "{"x" * REPLY_BYTES["1k"]}"; }}
            location ~ (100k|10M)$ {{ try_files /$1 =404; }}
          }}
        }}""")
    return file
