"""The programs that a trial starts: APIs, gateways, the scripts of clients and npm. Each ends within a bound."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import ExitStack

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(__file__).with_name("scripts")
SCRIPT_BOUND_S = 120
INSTALL_BOUND_S = 1800  # some clients are gigabytes
START_BOUND_S = 20.0
_STOP_BOUND_S = 20


def run_script(command: Sequence[str], bound_s: float = SCRIPT_BOUND_S, given: str = "") -> tuple[str, str]:
    """Run a client's script with `given` on its standard input. Return what it printed, and why it failed or an empty text."""
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=bound_s,
            cwd=SCRIPTS,
            env=without_proxy(),
        )
    except subprocess.TimeoutExpired as late:
        printed = late.stdout or b""  # bytes, even with text=True
        return printed if isinstance(printed, str) else printed.decode(), f"it took longer than {bound_s:g} s"
    complaint = " ".join(done.stderr.split())[-300:]
    return done.stdout, f"it ended with {done.returncode}: {complaint}" if done.returncode else ""


def start(programs: ExitStack, port: int, *arguments: str, quiet: bool = True, **environment: str) -> None:
    """Run a Python module until `programs` closes, and wait until it listens on `port`."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**without_proxy(), **environment},
        stderr=subprocess.DEVNULL if quiet else None,
    )
    programs.callback(process.wait, _STOP_BOUND_S)
    programs.callback(process.terminate)
    give_up = time.monotonic() + START_BOUND_S
    while process.poll() is None and time.monotonic() < give_up:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)  # another program does not say when it listens
        else:
            return
    raise RuntimeError(f"nothing answers on port {port}")


def npm_install(folder: Path, packages: Sequence[str]) -> str:
    """Install npm packages into `folder`. Return why that failed, or an empty text."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    folder.mkdir(parents=True, exist_ok=True)
    print(f"installing {', '.join(packages)} into {folder}", file=sys.stderr)
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *packages]
    failed = subprocess.run(command, check=False, timeout=INSTALL_BOUND_S).returncode
    return f"npm cannot install {', '.join(packages)}" if failed else ""


def node_in(folder: Path) -> Path:
    """Return the Node that npm's package `node` has put into `folder`."""
    return folder / "node_modules" / "node" / "bin" / "node"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def without_proxy() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
