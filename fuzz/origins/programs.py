"""Programs: the real servers that run the API, with their commands and requirements."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from fuzz.origins.sites import apache_conf, caddyfile, nginx_conf
from fuzz.origins.surface import BASE, OPERATIONS, routes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

APPS: Final = Path(__file__).parent / "apps"
ROOT: Final = Path(__file__).parents[2]
_JARS: Final = Path("/usr/share/java")
_TOMCAT: Final = ("tomcat10-embed-core.jar", "tomcat10-annotations-api.jar")
_TOMCAT_PACKAGES: Final = "libtomcat10-embed-java libtomcat10-java"
_START_S: Final = 30.0
# Concrete paths with their own script or mapping, which also handles all paths below.
_OWN: Final = tuple(one for one in OPERATIONS if one.is_concrete and "?" not in one.path and one.path.count("/") > 1)


class Origin(NamedTuple):
    """A listening origin: its name and its port on loopback."""

    name: str
    port: int


class Program(NamedTuple):
    """A server: its missing requirement (empty if it can run), its number of ports, and its command."""

    name: str
    missing: Callable[[], str]
    styles: tuple[str, ...]
    command: Callable[[list[int], Path], list[str]]


class StartError(Exception):
    """Raised if an origin does not start."""


def find_programs(names: list[str]) -> tuple[list[Program], list[str]]:
    """Return the programs that can run here, and a line for each of the others with its requirement. Empty `names` means all."""
    wanted = [program for program in PROGRAMS if not names or program.name in names]
    lacks = {program.name: program.missing() for program in wanted}
    present = [program for program in wanted if not lacks[program.name]]
    return present, [f"{name} is left out: it needs {lack}" for name, lack in lacks.items() if lack]


@contextmanager
def running(programs: list[Program], folder: Path) -> Iterator[list[Origin]]:
    """Start each program in its own folder and yield the listening origins. End the programs after the block.

    Raises:
        StartError: a program ended or did not listen in time. The message includes its log.
    """
    processes: list[tuple[Program, list[int], subprocess.Popen[bytes], Path]] = []
    try:
        for program in programs:
            ports = free_ports(len(program.styles))
            place = folder / program.name
            place.mkdir()
            with (place / "log").open("wb") as log:
                process = subprocess.Popen(  # noqa: S603
                    program.command(ports, place),
                    cwd=place,
                    env=_environment(ports[0], place),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            processes.append((program, ports, process, place / "log"))
        for _, ports, process, log_path in processes:
            for port in ports:
                wait_until_listening(port, process, log_path)
        yield [
            Origin(f"{program.name}{'/' if style else ''}{style}", port)
            for program, ports, _, _ in processes
            for style, port in zip(program.styles, ports, strict=True)
        ]
    finally:
        for _, _, process, _ in processes:
            # Kill the whole group: some programs have workers. They have no data to save.
            # One that ended by itself is the error that is on its way up; do not hide it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until_listening(port: int, process: subprocess.Popen[bytes], log_path: Path) -> None:
    """Wait until the port answers a request.

    Raises:
        StartError: the process ended first, or it took too long.
    """
    give_up = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < give_up:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                if client.recv(9) == b"HTTP/1.1 ":
                    return
        except OSError:
            pass
        with contextlib.suppress(subprocess.TimeoutExpired):
            # Sleep for 20 ms, but return at once if the program ends.
            process.wait(0.02)
    log = log_path.read_text(errors="replace")[-2000:]
    raise StartError(f"{log_path.parent.name} does not answer on {port} (exit status {process.poll()}):\n{log}")


def free_ports(count: int) -> list[int]:
    """Return free ports. All are held open until the last is chosen, so they differ."""
    held = [socket.socket() for _ in range(count)]
    for sock in held:
        sock.bind(("127.0.0.1", 0))
    ports = [sock.getsockname()[1] for sock in held]
    for sock in held:
        sock.close()
    return ports


def _environment(port: int, place: Path) -> Mapping[str, str]:
    table = json.loads(routes())["routes"]
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "ORIGIN_ROUTES": routes(),
        "ORIGIN_PORT": str(port),
        "ORIGIN_FOLDER": str(place),
        "ORIGIN_BASE": BASE,
        "ORIGIN_LINES": "\n".join(f"{route['name']}\t{route['method']}\t{route['path']}" for route in table),
        "ORIGIN_OWN": "".join(f" {operation.name} " for operation in _OWN),
    }


def _needs(program: str, package: str) -> Callable[[], str]:
    return lambda: "" if shutil.which(program) else f"`{program}` (apt-get install {package})"


def _needs_module(name: str) -> Callable[[], str]:
    return lambda: "" if importlib.util.find_spec(name) else f"`{name}` (pip install {name})"


def _needs_node() -> str:
    if not shutil.which("node"):
        return "`node` 20 or later"
    return "" if (APPS / "node_modules" / "express").is_dir() else f"Express (npm ci --prefix {APPS})"


def _needs_tomcat() -> str:
    if not shutil.which("javac"):
        return "`javac` 17 or later (apt-get install openjdk-17-jdk-headless)"
    return "" if all((_JARS / name).is_file() for name in _TOMCAT) else f"Tomcat (apt-get install {_TOMCAT_PACKAGES})"


def _gunicorn(ports: list[int], _place: Path) -> list[str]:
    options = ["--worker-class", "gthread", "--threads", "32", "--keep-alive", "600", "--log-level", "error"]
    return [sys.executable, "-m", "gunicorn", *options, "-b", f"127.0.0.1:{ports[0]}", "fuzz.origins.apps.wsgi:app"]


def _waitress(ports: list[int], _place: Path) -> list[str]:
    options = ["--threads", "16", "--channel-timeout", "600", "--host", "127.0.0.1", "--port", str(ports[0])]
    return [sys.executable, "-m", "waitress", *options, "fuzz.origins.apps.wsgi:app"]


def _uvicorn(ports: list[int], _place: Path) -> list[str]:
    options = ["--host", "127.0.0.1", "--port", str(ports[0]), "--log-level", "error", "--timeout-keep-alive", "600"]
    return [sys.executable, "-m", "uvicorn", *options, "--no-access-log", "fuzz.origins.apps.asgi:app"]


def _node(_ports: list[int], _place: Path) -> list[str]:
    return ["node", "--no-deprecation", str(APPS / "origin.mjs")]


def _php(ports: list[int], place: Path) -> list[str]:
    root = place / "root"
    for operation in OPERATIONS:
        if operation in _OWN:
            own = root / f"{BASE}{operation.path}".lstrip("/")
            own.mkdir(parents=True, exist_ok=True)
            (own / "own").touch()
    for folder in (root, *(place for place in root.rglob("*") if place.is_dir())):
        (folder / "index.php").write_bytes((APPS / "origin.php").read_bytes())
    return ["php", "-d", "display_errors=0", "-S", f"127.0.0.1:{ports[0]}", "-t", str(root)]


def _nginx(ports: list[int], place: Path) -> list[str]:
    (place / "nginx.conf").write_text(nginx_conf(ports, place))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    return [program, "-p", str(place), "-c", str(place / "nginx.conf"), "-e", str(place / "log")]


def _apache(ports: list[int], place: Path) -> list[str]:
    (place / "apache.conf").write_text(apache_conf(ports, place))
    return [shutil.which("apache2") or "apache2", "-D", "FOREGROUND", "-f", str(place / "apache.conf")]


def _caddy(ports: list[int], place: Path) -> list[str]:
    (place / "Caddyfile").write_text(caddyfile(ports))
    return [
        "env",
        f"XDG_CONFIG_HOME={place}",
        f"XDG_DATA_HOME={place}",
        "caddy",
        "run",
        "--config",
        str(place / "Caddyfile"),
        "--adapter",
        "caddyfile",
    ]


def _tomcat(_ports: list[int], place: Path) -> list[str]:
    compiled = place / "classes"
    jars = ":".join(str(_JARS / name) for name in _TOMCAT)
    javac = [shutil.which("javac") or "javac", "-nowarn", "-d", str(compiled), "-cp", jars, str(APPS / "Origin.java")]
    subprocess.run(javac, check=True, capture_output=True)  # noqa: S603
    return ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{compiled}:{jars}", "Origin"]


PROGRAMS: Final = (
    Program("gunicorn", _needs_module("gunicorn"), ("",), _gunicorn),
    Program("waitress", _needs_module("waitress"), ("",), _waitress),
    Program("uvicorn", _needs_module("uvicorn"), ("",), _uvicorn),
    Program("node", _needs_node, ("",), _node),
    Program("php", _needs("php", "php-cli"), ("",), _php),
    Program("nginx", _needs("nginx", "nginx-light"), ("exact", "caseless", "prefix", "chained"), _nginx),
    Program("apache", _needs("apache2", "apache2-bin"), ("rewrite", "rewrite-nc", "location"), _apache),
    Program("caddy", _needs("caddy", "caddy"), ("path", "path-regexp", "prefix"), _caddy),
    Program("tomcat", _needs_tomcat, ("",), _tomcat),
)
