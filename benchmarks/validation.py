"""`python -m benchmarks.validation`: what `validate.request` costs a call, without the event loop and the kernel.

Two gateways differ in `validate.request` only: `off`, and the check that is measured. Slices of the same calls go through them in turns, so
other programs on the machine slow both. The figures are medians over all pairs of slices. The rows with `off` compare two equal gateways:
what they show is noise.
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

from benchmarks.call import ANSWER, Turns, order
from benchmarks.world import KEY, KEY_HEADER
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.upstream import UpstreamConnection
from plugin_gateway.revision.build import build, load_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SLICE, PAIRS = 1_000, 60
GET = b"GET /orders?limit=%d&page=%d&status=open HTTP/1.1\r\nHost: localhost:8080\r\n\r\n"
POST = b"POST /orders HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
PARAMETERS: list[dict[str, Any]] = [
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
    {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 0}},
    {"name": "status", "in": "query", "schema": {"type": "string", "enum": ["open", "closed"]}},
]


def main() -> None:
    asyncio.run(measure())


async def measure() -> None:
    numbers = count(1)
    body = order()

    def heads() -> list[bytes]:
        return [GET % (one % 100 + 1, one) for one in (next(numbers) for _ in range(SLICE))]

    def bodies() -> list[bytes]:
        return [POST % len(body) + body] * SLICE

    module = sys.modules[UpstreamConnection.__module__].__file__ or ""
    print(f"# {'pure Python' if module.endswith('.py') else 'compiled core'}, Python {sys.version.split()[0]}")
    for what, make in (("three parameters, new in each call", heads), ("1 kB of JSON, the same head", bodies)):
        for check in ("off", "report", "enforce"):
            print(f"{what:36} {check:8} {compared(check, make)}")


def compared(check: str, make: Callable[[], list[bytes]]) -> str:
    """Return what the check costs a call, and the ratio to a gateway without the check."""
    plain, judging = Turns(Holder(revision("off"))), Turns(Holder(revision(check)))
    spent: list[tuple[float, float]] = []
    gc.collect()
    gc.freeze()
    for number in range(PAIRS + 2):
        slices = make(), make()
        pair = [0.0, 0.0]
        # Which of the two goes first changes, so that neither always finds the caches warm.
        for which in (0, 1) if number % 2 else (1, 0):
            pair[which] = seconds((plain, judging)[which], iter(slices[which]))
        spent.append((pair[0], pair[1]))
    del spent[:2]  # the validators are compiled in the first slice
    assert judging.client.written.startswith(b"HTTP/1.1 200 OK\r\n")
    more_us, alone_us = (
        median(times) / SLICE * 1e6 for times in ([two - one for one, two in spent], [one for one, _ in spent])
    )
    return f"{more_us:6.2f} µs more than {alone_us:5.2f} µs, ratio {median(two / one for one, two in spent):.3f}"


def seconds(turns: Turns, heads: Iterator[bytes]) -> float:
    """Return the CPU time of a slice."""
    before = process_time()
    turns.play(heads, ANSWER)
    return process_time() - before


def revision(check: str) -> Any:
    """Return a revision with two operations and this value of `validate.request`."""
    responses = {"200": {"description": "ok"}}
    line = {
        "type": "object",
        "required": ["sku", "quantity"],
        "additionalProperties": False,
        "properties": {
            "sku": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"},
            "quantity": {"type": "integer", "minimum": 1},
            "text": {"type": "string"},
        },
    }
    schema = {"type": "object", "required": ["lines"], "properties": {"lines": {"type": "array", "items": line}}}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    path = {
        "get": {"operationId": "listOrders", "parameters": PARAMETERS, "responses": responses},
        "post": {"operationId": "createOrder", "requestBody": body, "responses": responses},
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "openapi.json").write_text(
            json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/orders": path}})
        )
        credential = {"header": KEY_HEADER, "value": {"env": "BENCH_KEY"}}
        config = {
            "openapi": str(folder / "openapi.json"),
            "upstream": {"url": "http://127.0.0.1:9", "credential": credential},
            "allow": ["listOrders", "createOrder"],
            "validate": {"request": check, "response": "off"},
        }
        file = folder / "gateway.yaml"
        file.write_text(json.dumps(config))
        return build(load_config(file, environ={"BENCH_KEY": KEY})).revision


if __name__ == "__main__":
    main()
