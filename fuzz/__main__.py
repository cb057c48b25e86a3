"""`python -m fuzz`: feed mutated requests to the connection front, and mutated responses to its upstream side.

The gateway's output must be strict HTTP/1.1. It may forward only allowed operations, with the gateway's credentials. Each response
must belong to its request.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import deque
from random import Random
from time import monotonic

from fuzz.invariant import ViolationError
from fuzz.mutation import REQUESTS, mutate, split
from fuzz.world import Loop, World

_PROGRESS_EVERY = 50_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000, help="number of requests (100000)")
    parser.add_argument(
        "--seed", type=int, default=1, help="seed of the random generator; equal seeds give equal runs (1)"
    )
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(_fuzz(options.requests, options.seed))


async def _fuzz(requests: int, seed: int) -> int:
    loop = asyncio.get_running_loop()
    if not isinstance(loop, Loop):
        raise TypeError(loop)
    world = World(loop)
    started_at = monotonic()
    random = Random(seed)  # runs must be repeatable, not unpredictable
    sent, told = 0, _PROGRESS_EVERY
    recent: deque[bytes] = deque(maxlen=50)
    while sent < requests:
        messages = [
            # Repeat recent messages, to test the memos of the gateway.
            random.choice(recent) if recent and random.random() < 0.3 else mutate(random.choice(REQUESTS), random)
            for _ in range(random.choice((1, 1, 2, 3)))
        ]
        recent.extend(messages)
        pieces = split(b"".join(messages), random)
        before = sent
        sent += len(messages)
        try:
            await world.play(pieces, random)
        except Exception as error:
            # Any exception is a finding: print the bytes that caused it.
            kind = "" if isinstance(error, ViolationError) else f"{type(error).__name__}: "
            sys.stderr.write(f"seed {seed}, after {before} requests: {kind}{error}\n{pieces!r}\n")
            raise
        if sent >= told or sent >= requests:
            told += _PROGRESS_EVERY
            statuses = ", ".join(f"{count} x {status}" for status, count in sorted(world.answered.items()))
            rate = sent / (monotonic() - started_at)
            sys.stdout.write(f"{sent} requests, {world.forwarded} forwarded, {rate:.0f}/s; {statuses}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
