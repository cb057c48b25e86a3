#!/usr/bin/env python3
"""Run mutmut, and fail if a mutation passes all tests but is not in `equivalent-mutants.toml`.

`python .ci/mutants.py PATTERN...` runs those whose names match. It needs `mutmut` beside the Python that runs it (`make mutants`).
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

MUTMUT = Path(sys.executable).with_name("mutmut")
EQUIVALENT = Path(__file__).with_name("equivalent-mutants.toml")
DEAD = {"killed", "timeout"}


def answer_of(*words: str) -> str:
    return subprocess.run([MUTMUT, *words], check=True, capture_output=True, text=True).stdout


def change_of(name: str) -> tuple[str, str, str]:
    """Return a mutation as the list has it: the function, the line before, and the line after; other lines are joined."""
    lines = answer_of("show", name).splitlines()
    before, after = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign) and not line.startswith(sign * 3))
        for sign in "-+"
    )
    module, _, function = name.rpartition("__mutmut_")[0].rpartition(".")
    # mutmut writes `x_function` and `xǁClassǁmethod`.
    return f"{module}.{function[2:].replace('ǁ', '.')}", before, after


def main(patterns: list[str]) -> int:
    subprocess.run([MUTMUT, "run", *patterns], check=False)
    lines = answer_of("results", "--all", "true").splitlines()
    verdicts = [line.strip().rpartition(": ")[::2] for line in lines if ": " in line]
    if patterns:
        verdicts = [(name, verdict) for name, verdict in verdicts if verdict != "not checked"]
    if not any(verdict in DEAD for _, verdict in verdicts):
        print("no mutation failed a test, so mutmut has not run", file=sys.stderr)
        return 1
    listed = {(one["function"], one["before"], one["after"]) for one in tomllib.loads(EQUIVALENT.read_text())["mutant"]}
    open_ones = {name: change_of(name) for name, verdict in verdicts if verdict not in DEAD}
    found = [name for name, change in open_ones.items() if change not in listed]
    for name in found:
        print(answer_of("show", name))
    unused = set() if patterns else listed - set(open_ones.values())
    for function, before, after in sorted(unused):
        print(
            f"{EQUIVALENT.name}: no mutation that passes all tests is `{before}` -> `{after}` in {function}; take the entry out"
        )
    print(
        f"{len(verdicts)} mutations: {len(found)} pass all tests, {len(open_ones) - len(found)} are known to change nothing"
    )
    return 1 if found or unused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
