"""`python -m benchmarks.documents`: compare processes that prune a large document with processes that only parse it.

Rounds are interleaved, so a machine that slows down slows both. The output has medians and their ratio. Compare CPU times if other
programs use the machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.large_document import OPERATIONS

_KEPT = 10
_YAML_OPERATIONS = 19_400
_JSON_LOADS = "import orjson, sys; orjson.loads(open(sys.argv[1], 'rb').read())"
_YAML_EVENTS = """
import sys
from yaml._yaml import CParser
next_event = CParser(open(sys.argv[1], "rb").read()).get_event
while next_event() is not None: pass
"""


class Cost(NamedTuple):
    wall_s: float
    cpu_s: float
    peak_mib: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.documents", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        compare(folder / "large.json", OPERATIONS, "orjson.loads", _JSON_LOADS, rounds)
        compare(folder / "large.yaml", _YAML_OPERATIONS, "libyaml's events", _YAML_EVENTS, rounds)


def compare(file: Path, operations: int, peer: str, script: str, rounds: int) -> None:
    # A separate process writes the file: a child's peak memory is at least that of its parent at the fork.
    write = [sys.executable, "-m", "benchmarks.large_document", str(file), "--operations", str(operations)]
    keys = subprocess.run(write, check=True, capture_output=True, text=True).stdout.splitlines()
    allow = [f"--allow={key}" for key in keys[:: len(keys) // _KEPT][:_KEPT]]
    ours = [sys.executable, "-m", "plugin_gateway", "prune", str(file), *allow, "-o", os.devnull]
    costs = [(run([sys.executable, "-c", script, str(file)]), run(ours)) for _ in range(rounds)]
    theirs, pruned = (Cost(*map(statistics.median, zip(*each, strict=True))) for each in zip(*costs, strict=True))
    print(
        f"{file.name}, {file.stat().st_size / 1e6:.1f} MB: {peer} {shown(theirs)}; prune to {_KEPT} {shown(pruned)}; "
        f"ratio {pruned.wall_s / theirs.wall_s:.2f} of the time, {pruned.cpu_s / theirs.cpu_s:.2f} of the CPU time"
    )


def shown(cost: Cost) -> str:
    return f"{cost.wall_s:.2f} s ({cost.cpu_s:.2f} s CPU, {cost.peak_mib:.0f} MiB)"


def run(command: list[str]) -> Cost:
    begin = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[:4]} failed")
    return Cost(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
