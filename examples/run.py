"""`make run`: run the example API with the gateway in front of it until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
DEMO_KEY = "legacy-demo-key"
API_PORT = 9100
"""The port that gateway.yaml names."""

_READY_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 15.0
_POLL_S = 0.05


class Program(NamedTuple):
    """One of the two running programs."""

    name: str
    process: subprocess.Popen[bytes]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both programs until one ends or a signal arrives. Return 0 after a signal, 1 after a failure."""
    ports = _parse(arguments)
    taken = [port for port in (ports.api_port, ports.port, ports.admin_port) if not _is_free(port)]
    if taken:
        print(
            f"port {', '.join(map(str, taken))} is taken on 127.0.0.1: stop the program that listens there, or choose other ports: "
            "make run API_PORT=… PORT=… ADMIN_PORT=…",
            file=sys.stderr,
        )
        return 1
    environment = {"LEGACY_API_KEY": DEMO_KEY, **os.environ}
    if ports.api_port != API_PORT:
        environment["PLUGIN_GATEWAY__UPSTREAM__URL"] = f"http://127.0.0.1:{ports.api_port}/api/v2"
    api = ["examples.legacy_api", "--port", str(ports.api_port)]
    gateway = [
        *("plugin_gateway", "serve", "--config", str(ROOT / "gateway.yaml")),
        *("--listen", f"127.0.0.1:{ports.port}", "--admin", f"127.0.0.1:{ports.admin_port}"),
    ]
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with ExitStack() as block:
            programs: list[Program] = []
            for name, module, port in (("the example API", api, ports.api_port), ("the gateway", gateway, ports.port)):
                programs.append(block.enter_context(_running(name, module, environment)))
                if not _wait_ready(programs, port):
                    return 1
            _print_what_to_try(ports.port, ports.admin_port)
            while not _say_ended(programs):
                time.sleep(_POLL_S)
            return 1
    except KeyboardInterrupt:
        return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m examples.run", description=__doc__)
    parser.add_argument("--api-port", type=int, default=API_PORT, help="of the example API (default %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="of the gateway (default %(default)s)")
    parser.add_argument("--admin-port", type=int, default=8081, help="of its health and metrics (default %(default)s)")
    return parser.parse_args(arguments)


def _interrupt(_: int, __: object) -> None:
    raise KeyboardInterrupt


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@contextmanager
def _running(name: str, module: Sequence[str], environment: Mapping[str, str]) -> Iterator[Program]:
    """Run `python -m module`, and end it, by its process id, at the end of the block.

    It runs in a new session, so Ctrl-C reaches only this program, which then ends the gateway before the API.
    """
    process = subprocess.Popen([sys.executable, "-m", *module], cwd=ROOT, env=environment, start_new_session=True)  # noqa: S603
    try:
        yield Program(name, process)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_ready(programs: Sequence[Program], port: int) -> bool:
    """Wait until the port accepts connections. Print a message and return False if a program ends first or the time is up."""
    deadline = time.monotonic() + _READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if _say_ended(programs):
            return False
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(_POLL_S)
        else:
            return True
    print(f"nothing answers on port {port} after {_READY_TIMEOUT_S:g} s", file=sys.stderr)
    return False


def _say_ended(programs: Sequence[Program]) -> bool:
    """Report programs that ended by themselves. Return whether any did."""
    ended = [program for program in programs if program.process.poll() is not None]
    for program in ended:
        print(f"{program.name} ended with exit code {program.process.returncode}", file=sys.stderr)
    return bool(ended)


def _print_what_to_try(port: int, admin_port: int) -> None:
    url = f"http://localhost:{port}"
    # An absolute path, since the other terminal may be in another folder.
    command = shlex.join(
        [str(Path(sys.executable).with_name("plugin-gateway")), "console", "--admin", f"127.0.0.1:{admin_port}"]
    )
    print(
        f"""
Try, from another terminal:

  curl '{url}/orders?status=open'             # permitted: the gateway adds the API key
  curl '{url}/admin/users'                    # denied: 404, like an unknown path
  curl '{url}/.well-known/ai-plugin.json'     # the manifest

To see and edit the allow-list in a browser, open the link that this command prints:

  {command}

Ctrl-C stops both.
""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
