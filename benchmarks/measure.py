"""Measuring: a pinned process, a bounded load on it, and the cost of the load."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from benchmarks.world import LOAD_CPU

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.peers import Command

START_TIMEOUT_S = 60.0
SETTLE_TIMEOUT_S = 15.0
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


class Load(Protocol):
    """What wrk needs to know of a kind of work."""

    @property
    def path(self) -> str: ...
    @property
    def script(self) -> str: ...
    @property
    def connections(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One bounded load on one peer: requests a second, seconds, CPU microseconds a request, resident bytes.

    `system_share` is the kernel's share of the CPU time.
    """

    rate: float
    p50_s: float
    p99_s: float
    cpu_us: float
    system_share: float
    rss_bytes: int
    errors: int


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def running(command: Command, port: int, cpu: int, log: Path) -> Iterator[int]:
    """Run a program on one processor: wait until it accepts connections, yield its pid, end it."""
    environ = {**os.environ, **dict(command.environ)}
    with log.open("wb") as out:
        argv = ("taskset", "-c", str(cpu), *command.argv)
        process = subprocess.Popen(argv, stdout=out, stderr=out, env=environ)
        try:
            _wait_until_open(port, process, log)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_open(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < give_up:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)  # another program does not say when it listens
    raise SystemExit(f"{process.args!r} does not answer on port {port}:\n{log.read_text(errors='replace')[-2000:]}")


def load(scenario: Load, port: int, pid: int, seconds: int, folder: Path) -> Sample:
    """Load a peer with wrk for some seconds and measure the cost."""
    argv = ["taskset", "-c", str(LOAD_CPU), shutil.which("wrk") or "wrk", "-t1", f"-c{scenario.connections}"]
    argv += [f"-d{seconds}s", "--latency"]
    if scenario.script:
        script = folder / "requests.lua"
        script.write_text(scenario.script)
        argv += ["-s", str(script)]
    user_before_s, system_before_s = cpu_s(pid)
    out = subprocess.run([*argv, f"http://127.0.0.1:{port}{scenario.path}"], capture_output=True, text=True, check=True)
    user_after_s, system_after_s = cpu_s(pid)
    user_s, system_s = user_after_s - user_before_s, system_after_s - system_before_s
    _settle(pid)
    requests = int(_find(r"(\d+) requests in", out.stdout))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out.stdout)
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out.stdout)
    return Sample(
        rate=float(_find(r"Requests/sec:\s+([\d.]+)", out.stdout)),
        p50_s=_seconds(_find(r"(?m)^\s+50%\s+(\S+)", out.stdout)),
        p99_s=_seconds(_find(r"(?m)^\s+99%\s+(\S+)", out.stdout)),
        cpu_us=(user_s + system_s) / max(requests, 1) * 1e6,
        system_share=system_s / max(user_s + system_s, 1 / CLOCK_TICKS),
        rss_bytes=sum(rss_bytes(one) for one in tree(pid)),
        errors=(int(bad[1]) if bad else 0) + (sum(map(int, sockets.groups())) if sockets else 0),
    )


def _settle(pid: int) -> None:
    """Wait until the program is idle: its work for closed connections would slow the next measurement."""
    give_up = time.monotonic() + SETTLE_TIMEOUT_S
    spent_s = sum(cpu_s(pid))
    while time.monotonic() < give_up:
        time.sleep(0.2)
        before_s, spent_s = spent_s, sum(cpu_s(pid))
        if spent_s - before_s < 0.05 * 0.2:
            return


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"unexpected output of wrk:\n{text}")
    return found[1]


def _seconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]  # wrk's own format
    return float(number) * UNITS_S[unit]


def tree(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            found += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
    return found


def cpu_s(pid: int) -> tuple[float, float]:
    """Return the CPU seconds of the program so far, in user mode and in the kernel."""
    user = system = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
            # Include the time of ended children: otherwise the sum would shrink when a compile process ends.
            user += int(fields[11]) + int(fields[13])
            system += int(fields[12]) + int(fields[14])
    return user / CLOCK_TICKS, system / CLOCK_TICKS


def cpu_ns(pid: int) -> int:
    """Return the CPU time of one process so far. Linux counts it in nanoseconds, and not in ticks of 10 ms as in `/proc`."""
    # The CPU clock of a process is the complement of its id, shifted by three bits; 2 chooses the scheduler's count.
    return time.clock_gettime_ns((~pid << 3) | 2)


def rss_bytes(pid: int) -> int:
    """Return the resident memory of one process; 0 if it has ended."""
    try:
        return int(_find(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())) * 1024
    except OSError:
        return 0
