"""`python -m benchmarks.console`: what an open Traffic page costs the calls of a gateway.

Two equal gateways run on one core; a viewer reads the traffic of one of them. Slices of load alternate between them, so a machine
that slows down slows both. The viewer changes sides with each pair, because two processes that do the same can differ by three
percent. The figure is the CPU time of the whole gateway, its supervisor included, per call. The table shows the ratio of the medians,
and the ratio of the lowest costs: other programs can only make a call more expensive.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import socket
import statistics
import tempfile
import threading
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import START_TIMEOUT_S, cpu_ns, free_port, load, running, tree
from benchmarks.peers import PEERS, Command, Site
from benchmarks.world import GATEWAY_CPU, LOAD_CPU, Scenario, write_upstream
from plugin_gateway.config.address import Address
from plugin_gateway.console.key_file import read_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.peers import Peer


@dataclass(frozen=True, kw_only=True)
class Refused(Scenario):
    """Calls that the gateway refuses."""

    @property
    def path(self) -> str:
        return "/not/allowed"


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(name="forwarded, 64 conns"),
    Scenario(name="forwarded, 64 conns, a new id in each", has_own_ids=True),
    Scenario(name="forwarded, 1 conn", connections=1),
    Refused(name="refused, 64 conns"),
)


_MARKS = count(1)


class Viewer:
    """Reads the traffic stream in a thread, as a browser does, and counts the records."""

    def __init__(self, port: int) -> None:
        self.records = self.dropped = 0
        self._port = port
        self._mark = b"/mark/%d" % next(_MARKS)
        self._has_mark = threading.Event()
        admin_port = port + 1000
        self._connection = http.client.HTTPConnection("127.0.0.1", admin_port, timeout=30)
        cookie = self._enter(admin_port)
        self._socket = self._connection.sock
        self._connection.request("GET", "/console/api/traffic", headers={"Cookie": cookie})
        self._answer = self._connection.getresponse()
        if self._answer.status != 200:
            raise SystemExit(f"the traffic is answered with {self._answer.status}: {self._answer.read()!r}")
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _enter(self, admin_port: int) -> str:
        key = read_key(Address("127.0.0.1", admin_port), os.environ)
        self._connection.request("POST", "/console/token", headers={"Authorization": f"Bearer {key}"})
        path = json.loads(self._connection.getresponse().read())["path"]
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        answer.read()
        return (answer.getheader("set-cookie") or "").partition(";")[0]

    def catch_up(self) -> None:
        """Wait until the page has all earlier calls: make one more, and wait for its record, which comes after theirs."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        connection.request("GET", self._mark.decode())
        connection.getresponse().read()
        connection.close()
        if not self._has_mark.wait(START_TIMEOUT_S):
            raise SystemExit("the page does not show the call that was made for it")

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _read(self) -> None:
        event = b""
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            for line in self._answer:
                if line.startswith(b"event: "):
                    event = line
                elif line.startswith(b"data: "):
                    if event == b"event: dropped\n":
                        self.dropped += int(line[6:])
                    else:
                        self.records += 1
                        if self._mark in line:
                            self._has_mark.set()


@contextlib.contextmanager
def viewing(port: int) -> Iterator[Viewer]:
    """Open the page of the gateway on this port, and wait until it has all earlier calls."""
    viewer = Viewer(port)
    try:
        viewer.catch_up()
        yield viewer
    finally:
        viewer.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console", description=__doc__)
    parser.add_argument("--pairs", type=int, default=12, help="pairs of slices for each scenario (12)")
    parser.add_argument("--seconds", type=int, default=4, help="duration of each slice (4)")
    parser.add_argument("--scenarios", default="", help="a part of the names (default: all)")
    names = ("plugin-gateway", "plugin-gateway compiled")
    parser.add_argument("--peer", default=names[0], choices=names, help="the gateway to measure (`%(default)s`)")
    options = parser.parse_args()
    peer = next(one for one in PEERS if one.name == options.peer)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        measure(
            Path(name),
            peer,
            [one for one in SCENARIOS if options.scenarios in one.name],
            options.pairs,
            options.seconds,
        )


def measure(folder: Path, peer: Peer, scenarios: list[Scenario], pairs: int, seconds: int) -> None:
    folder.chmod(0o755)
    upstream_port = free_port()
    upstream = Command(argv=("nginx", "-p", str(folder), "-c", str(write_upstream(folder, upstream_port))))
    with (
        running(upstream, upstream_port, LOAD_CPU, folder / "upstream.log"),
        gateway(peer, folder / "one", upstream_port) as one,
        gateway(peer, folder / "other", upstream_port) as other,
    ):
        print(f"# {peer.name}, {pairs} pairs of {seconds} s; CPU µs per call, closed / open > 0.97 is the aim")
        print(f"{'':40} {'closed':>8} {'open':>8} {'ratio':>6} {'of least':>8}   records shown, left out")
        for scenario in scenarios:
            costs: dict[tuple[int, bool], list[float]] = {}
            shown = dropped = 0
            for port, pid in (one, other):
                cost_us(scenario, port, pid, 1, folder)
            for number in range(pairs):
                order = (one, other) if number % 4 < 2 else (other, one)
                watched = (one, other)[number % 2]
                with viewing(watched[0]) as viewer:
                    for gateway_ in order:
                        costs.setdefault((gateway_[0], gateway_ is watched), []).append(
                            cost_us(scenario, *gateway_, seconds, folder)
                        )
                shown, dropped = shown + viewer.records, dropped + viewer.dropped
            closed, opened = ([costs[port, is_open] for port, _ in (one, other)] for is_open in (False, True))
            print(
                f"{scenario.name:40} {mean_of(closed, statistics.median):8.1f} {mean_of(opened, statistics.median):8.1f}"
                f" {mean_of(closed, statistics.median) / mean_of(opened, statistics.median):6.3f}"
                f" {mean_of(closed, min) / mean_of(opened, min):8.3f}   {shown:,}, {dropped:,}",
                flush=True,
            )


def mean_of(costs: list[list[float]], choose: Callable[[list[float]], float]) -> float:
    """Return the geometric mean over the gateways."""
    return statistics.geometric_mean(map(choose, costs))


def cost_us(scenario: Scenario, port: int, pid: int, seconds: int, folder: Path) -> float:
    """Load a gateway for some seconds; return the CPU time of one call."""
    processes = tree(pid)
    before_ns = sum(map(cpu_ns, processes))
    sample = load(scenario, port, pid, seconds, folder)
    return (sum(map(cpu_ns, processes)) - before_ns) / 1e3 / (sample.rate * seconds)


@contextlib.contextmanager
def gateway(peer: Peer, folder: Path, upstream_port: int) -> Iterator[tuple[int, int]]:
    """Run a gateway; yield its port and its pid."""
    folder.mkdir()
    port = free_port()
    with running(
        peer.configure(Site(folder=folder, port=port, upstream_port=upstream_port)),
        port,
        GATEWAY_CPU,
        folder / "gateway.log",
    ) as pid:
        yield port, pid


if __name__ == "__main__":
    main()
