"""`python -m fuzz.origins`: send random targets to a running gateway in front of real origins.

Forwarded requests must not reach a denied route, leave the base path or carry the caller's credentials. Each must carry exactly one
key, the gateway's. Honest requests must get through. The exit status is 1 if one of these rules is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Final

import uvloop

from fuzz.origins.caller import Caller
from fuzz.origins.grammar import Target, describe, draw
from fuzz.origins.programs import PROGRAMS, ROOT, Origin, find_programs, free_ports, running, wait_until_listening
from fuzz.origins.surface import HEADER_KEY, QUERY_KEY, document, gateway_yaml
from fuzz.origins.tee import Tee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fuzz.origins.verdict import Hole

_SHOWN: Final = 40
_PROGRESS_EVERY: Final = 10_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz.origins", description=__doc__)
    parser.add_argument("--targets", type=int, default=100_000, help="number of targets (100000)")
    parser.add_argument("--seed", type=int, help="seed of the random generator (default: a new one for each run)")
    parser.add_argument(
        "--front", default="connection", choices=("connection", "asgi"), help="the gateway's front (connection)"
    )
    parser.add_argument(
        "--origin",
        action="append",
        default=[],
        choices=[one.name for one in PROGRAMS],
        help="use only this origin; repeatable",
    )
    options = parser.parse_args()
    seed = secrets.randbelow(1 << 32) if options.seed is None else options.seed
    programs, lacks = find_programs(options.origin)
    sys.stdout.write("".join(f"{lack}\n" for lack in lacks) + f"seed {seed}\n")
    sys.stdout.flush()
    if not programs:
        sys.stderr.write("no origin can run on this machine\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="origins-") as name, running(programs, Path(name)) as origins:
        return uvloop.run(_fuzz(origins, Path(name), options.targets, seed, options.front))


async def _fuzz(origins: list[Origin], folder: Path, count: int, seed: int, front: str) -> int:
    tee = Tee(origins)
    server = await asyncio.start_server(tee.serve, "127.0.0.1", 0, limit=1 << 20)
    upstream_port = server.sockets[0].getsockname()[1]
    (folder / "gateway").mkdir()
    sent: list[Target] = []
    with _gateway(folder / "gateway", upstream_port, front) as (port, process):
        await asyncio.to_thread(wait_until_listening, port, process, folder / "gateway" / "log")
        caller = Caller(port)
        started_at = monotonic()
        await caller.send(_kept(draw(count, Random(seed)), sent, started_at))  # must be repeatable
        took = monotonic() - started_at
    server.close()
    await tee.ended()
    return _report(tee, caller, sent, took, seed)


def _kept(targets: Iterator[Target], sent: list[Target], started_at: float) -> Iterator[Target]:
    for target in targets:
        sent.append(target)
        yield target
        if len(sent) % _PROGRESS_EVERY == 0:
            sys.stdout.write(f"{len(sent)} sent, {len(sent) / (monotonic() - started_at):.0f}/s\n")
            sys.stdout.flush()


@contextmanager
def _gateway(folder: Path, upstream_port: int, front: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    (folder / "openapi.json").write_text(document())
    (folder / "gateway.yaml").write_text(gateway_yaml(upstream_port))
    port = free_ports(1)[0]
    command = [sys.executable, "-m", "plugin_gateway", "serve", "-c", str(folder / "gateway.yaml"), "--front", front]
    environment = os.environ | {"ORIGINS_HEADER_KEY": HEADER_KEY, "ORIGINS_QUERY_KEY": QUERY_KEY}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            [*command, "--listen", f"127.0.0.1:{port}", "--admin", "127.0.0.1:0"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        yield port, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _report(tee: Tee, caller: Caller, sent: list[Target], took: float, seed: int) -> int:
    say = sys.stdout.write
    statuses = ", ".join(f"{count} x {status}" for status, count in sorted(caller.answered.items()))
    say(f"{len(sent)} targets, {len(tee.forwarded)} forwarded, {len(sent) / took:.0f}/s; {statuses}\n")
    for origin, reached in tee.reached.items():
        say(f"  {origin}: " + ", ".join(f"{name} {count}" for name, count in reached.most_common()) + "\n")
    honest = [target for target in sent if target.expected]
    blocked = [target for target in honest if target.number not in tee.forwarded]
    say(f"{len(honest)} honest, {len(blocked)} of them blocked\n")
    for target in blocked[:_SHOWN]:
        say(f"BLOCKED {describe(target)}\n")
    holes = _shortest(tee, sent)
    for (number, what), wheres in holes.items():
        say(
            f"HOLE {what}: {describe(sent[number]) if number >= 0 else 'unnumbered'}\n     on {', '.join(sorted(wheres))}\n"
        )
    if holes or blocked:
        say(f"repeat with --seed {seed}\n")
    return 1 if holes or blocked else 0


def _shortest(tee: Tee, sent: list[Target]) -> dict[tuple[int, str], list[str]]:
    """Return the shortest target for each hole in each origin, with all origins where that target opened it."""
    shortest: dict[Hole, int] = {}
    for found in tee.found:
        known = shortest.get(found.hole)
        if known is None or len(sent[found.number].data) < len(sent[known].data):
            shortest[found.hole] = found.number
    told: dict[tuple[int, str], list[str]] = {}
    for hole, number in shortest.items():
        told.setdefault((number, hole.what), []).append(hole.where)
    return told


if __name__ == "__main__":
    sys.exit(main())
