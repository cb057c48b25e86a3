"""`python -m benchmarks.parameters`: what judging the parameters of a new head costs, without the event loop and the kernel.

Two gateways differ in `validate.request` only: `off`, and what is measured. Slices of the same new heads go through them in turns, so
what else the machine does slows both. The figures are the median over all pairs of slices. `nothing` compares two equal gateways, and
shows how far two figures can be trusted.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tempfile
from itertools import count
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any

from benchmarks.call import ANSWER, HEAD, Turns
from benchmarks.world import KEY, KEY_HEADER
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.upstream import UpstreamConnection
from plugin_gateway.revision.build import build, load_config

if TYPE_CHECKING:
    from collections.abc import Iterator

SLICE, PAIRS = 1_000, 60
TARGET = b"/orders?limit=%d&page=%d&status=open"
PARAMETERS: list[dict[str, Any]] = [
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
    {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 0}},
    {"name": "status", "in": "query", "schema": {"type": "string", "enum": ["open", "closed"]}},
]


def main() -> None:
    asyncio.run(measure())


async def measure() -> None:
    numbers = count(1)

    def heads() -> list[bytes]:
        return [HEAD % (TARGET % (one % 100 + 1, one)) for one in (next(numbers) for _ in range(SLICE))]

    module = sys.modules[UpstreamConnection.__module__].__file__ or ""
    print(f"# {'pure Python' if module.endswith('.py') else 'compiled core'}, Python {sys.version.split()[0]}")
    for what, check in (
        ("nothing", "off"),
        ("validate.request: report", "report"),
        ("validate.request: enforce", "enforce"),
    ):
        plain, judging = Turns(Holder(revision("off"))), Turns(Holder(revision(check)))
        spent: list[tuple[float, float]] = []
        gc.collect()
        gc.freeze()
        for number in range(PAIRS + 2):
            slices = heads(), heads()
            # Which of the two goes first changes, so that neither always finds the caches warm.
            order = (0, 1) if number % 2 else (1, 0)
            pair = [0.0, 0.0]
            for which in order:
                pair[which] = seconds((plain, judging)[which], iter(slices[which]))
            spent.append((pair[0], pair[1]))
        del spent[:2]  # the validators are compiled in the first slice
        ratio = median(judged / alone for alone, judged in spent)
        more_us = median(judged - alone for alone, judged in spent) / SLICE * 1e6
        alone_us = median(alone for alone, _ in spent) / SLICE * 1e6
        print(f"{what:28} {more_us:6.2f} µs more than {alone_us:5.2f} µs, ratio {ratio:.3f}")
        assert judging.client.written.startswith(b"HTTP/1.1 200 OK\r\n")


def seconds(turns: Turns, heads: Iterator[bytes]) -> float:
    """Return the CPU time of a slice."""
    before = process_time()
    turns.play(heads, ANSWER)
    return process_time() - before


def revision(check: str) -> Any:
    """Return the revision of one operation with three parameters, of which calls are judged so."""
    operation = {"operationId": "listOrders", "parameters": PARAMETERS, "responses": {"200": {"description": "ok"}}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "openapi.json").write_text(
            json.dumps(
                {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/orders": {"get": operation}}}
            )
        )
        credential = {"header": KEY_HEADER, "value": {"env": "BENCH_KEY"}}
        config = {
            "openapi": str(folder / "openapi.json"),
            "upstream": {"url": "http://127.0.0.1:9", "credential": credential},
            "allow": ["listOrders"],
            "validate": {"request": check, "response": "off"},
        }
        file = folder / "gateway.yaml"
        file.write_text(json.dumps(config))
        return build(load_config(file, environ={"BENCH_KEY": KEY})).revision


if __name__ == "__main__":
    main()
