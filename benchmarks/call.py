"""`python -m benchmarks.call`: the CPU time of one forwarded call in the gateway's code, without the event loop and the kernel.

Both transports are stand-ins that record writes, so only the code between them is measured. The figures are steady enough to show a
change of 0.1 µs. The minimum of several rounds counts, because noise only adds time.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tempfile
from itertools import count, islice
from pathlib import Path
from random import Random
from time import process_time
from typing import TYPE_CHECKING

from uvicorn import Config
from uvicorn.server import ServerState

from benchmarks.world import KEY, KEY_HEADER, REPLY_BYTES, write_document
from plugin_gateway.proxy.fronts.connection import connection_front
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.masking import Mask
from plugin_gateway.proxy.upstream import UpstreamConnection
from plugin_gateway.revision.build import build, load_config
from plugin_gateway.shape.request.bodies import Bodies, DeclaredType, JudgedBody
from plugin_gateway.shape.request.json_body import JsonBody
from plugin_gateway.shape.values.validator import Validator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugin_gateway.revision import Revision
    from plugin_gateway.telemetry.record import AccessRecord

OPERATIONS = 12
CLIENTS = 32
CALLS, ROUNDS = 20_000, 15
QUOTE = 'he said "yes"\n'
"""Text whose line has escapes, like comments written by people."""
WORDS = (
    "an",
    "Open",
    "Queue",
    "of",
    "Jobs",
    "for",
    "Zones",
    "and",
    "Xeon",
    "Boxes",
    "in",
    "Your",
    "JSON",
    "with",
    "Hooks",
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Mon, 23 Nov 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
    b"Content-Length: %d\r\nConnection: keep-alive\r\n\r\n" % REPLY_BYTES["1k"]
) + b"x" * REPLY_BYTES["1k"]
BODY = b"y" * 10_000
POST = b"POST %b HTTP/1.1\r\nHost: localhost:8080\r\nContent-Length: %d\r\n\r\n"
HEAD = b"GET %b HTTP/1.1\r\nHost: localhost:8080\r\n\r\n"


class Wire:
    """Stands in for a transport."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written = data

    def is_closing(self) -> bool:
        return False

    def get_extra_info(self, name: str) -> None:
        """Know nothing."""

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...


class Turns:
    """Connections of clients and to the upstream, on which calls come as in turns of the loop."""

    def __init__(self, holder: Holder, on_record: Callable[[AccessRecord], object] = bool) -> None:
        self.client, self.wire = Wire(), Wire()
        self._pool = holder.serving.pool
        make, state = connection_front(holder, on_record), ServerState()
        self._fronts = [make(Config(lambda: None), state, {}) for _ in range(CLIENTS)]
        for front in self._fronts:
            front.connection_made(self.client)  # type: ignore[arg-type]  # a stand-in
        self._upstreams = [self._pool.new_connection() for _ in range(CLIENTS)]
        for upstream in self._upstreams:
            upstream.connection_made(self.wire)  # type: ignore[arg-type]  # a stand-in
            self._pool.release(upstream)

    def play(self, requests: Iterator[bytes], answer: bytes) -> None:
        """Let requests come, go up together, and be answered."""
        while turn := list(islice(requests, CLIENTS)):
            self.send(turn)
            self.answer(answer, len(turn))

    def send(self, requests: list[bytes]) -> None:
        """Let each request come on a connection, and all go up together."""
        for front, request in zip(self._fronts, requests, strict=False):
            front.data_received(request)
        self._pool.settle()

    def answer(self, answer: bytes, calls: int = 1) -> None:
        """Let the upstream answer the last calls."""
        for upstream in self._upstreams[-calls:]:
            upstream.data_received(answer)


def main() -> None:
    asyncio.run(measure())


async def measure() -> None:
    holder = Holder(prepared())
    turns = Turns(holder)
    last = f"/res{OPERATIONS - 1:04d}/".encode()
    same = HEAD % (last + b"1k")
    numbers = count(1)

    def repeated() -> Iterator[bytes]:
        return copies(same, CALLS)

    def varied() -> Iterator[bytes]:
        return iter([HEAD % (last + b"%d" % next(numbers)) for _ in range(CALLS)])

    def with_query() -> Iterator[bytes]:
        return iter([HEAD % (last + b"%d?expand=all&limit=20" % next(numbers)) for _ in range(CALLS)])

    def with_body() -> Iterator[bytes]:
        return copies(POST % (last + b"1k", len(BODY)) + BODY, CALLS // 10)

    def call(heads: Iterator[bytes]) -> None:
        turns.play(heads, ANSWER)

    def judge(heads: Iterator[bytes]) -> None:
        decide = holder.revision.gate.judge
        for head in heads:
            decide(b"GET", head[4 : head.index(b" HTTP")])

    shape = body_shape()

    def judge_bodies(bodies: Iterator[bytes]) -> None:
        for body in bodies:
            assert isinstance(shape.write(b"application/json", body), JudgedBody)

    def orders() -> Iterator[bytes]:
        return iter([order()] * CALLS)

    mask = Mask(holder.revision.secrets)

    def cover(bodies: Iterator[bytes]) -> None:
        for body in bodies:
            mask.cover(body)

    def of(size: int, text: str = "he said yes", indent: int | None = None) -> Callable[[], Iterator[bytes]]:
        body = json_body(size, text, indent)
        return lambda: iter([body] * (CALLS if size < 10_000 else CALLS // 20))

    module = sys.modules[UpstreamConnection.__module__].__file__ or ""
    print(f"# {'pure Python' if module.endswith('.py') else 'compiled core'}, Python {sys.version.split()[0]}")
    rows: list[tuple[str, Callable[[Iterator[bytes]], None], Callable[[], Iterator[bytes]]]] = [
        ("a repeated call", call, repeated),
        ("a call with a new id", call, varied),
        ("a call with a new id and a query", call, with_query),
        ("a repeated call, with a body of 10 kB", call, with_body),
        ("the gate alone, with a query", judge, with_query),
        ("the gate alone", judge, varied),
        ("the schema of a body alone, 1 kB of JSON", judge_bodies, orders),
        ("the mask alone, 1 kB of JSON", cover, of(1000)),
        ("the mask alone, 1 kB with escapes", cover, of(1000, QUOTE)),
        ("the mask alone, 100 kB of JSON", cover, of(100_000)),
        ("the mask alone, 100 kB with an indent", cover, of(100_000, indent=2)),
        ("the mask alone, 100 kB with escapes", cover, of(100_000, QUOTE)),
        ("the mask alone, 100 kB with escaped letters", cover, of(100_000, "er sagte jä")),
    ]
    for name, work, heads in rows:
        print(f"{name:42} {least_us(work, heads):6.2f} µs")
    assert turns.client.written.startswith(b"HTTP/1.1 200 OK\r\n")
    assert turns.client.written.endswith(b"x" * 8)
    assert KEY.encode() in turns.wire.written


def json_body(size: int, text: str, indent: int | None = None) -> bytes:
    """Return a list of records with ids, hashes and dates, in which all letters and digits occur as in answers of APIs."""
    draw = Random(size)
    records = [
        {
            "id": draw.randrange(10_000_000),
            "sha": draw.randbytes(20).hex(),
            "url": f"https://api.example.com/v2/items/{draw.randrange(10_000_000)}?expand=all",
            "created_at": f"2026-11-{draw.randrange(10, 30)}T08:00:00Z",
            "name": " ".join(draw.choice(WORDS) for _ in range(6)),
            "text": text,
        }
        for _ in range(size // 200 + 1)
    ]
    return json.dumps(records, indent=indent).encode()[:size]


def order() -> bytes:
    """Return an order of 1 kB, as clients write JSON."""
    lines = [{"sku": f"AB-{number}", "quantity": number, "text": "some text for the line"} for number in range(1, 14)]
    return json.dumps({"customer": "C-1", "date": "2026-11-27T08:00:00Z", "lines": lines}).encode()


def body_shape() -> Bodies:
    """Return the shape that `validate.request: enforce` makes of the orders' schema."""
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
    properties = {
        "customer": {"type": "string", "maxLength": 50},
        "date": {"type": "string", "format": "date-time"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
    }
    schema = {"type": "object", "required": ["lines"], "properties": properties, "$defs": {"Line": line}}
    return Bodies((DeclaredType(b"application/json", JsonBody(Validator(schema))),), is_required=True, is_enforced=True)


def copies(data: bytes, count: int) -> Iterator[bytes]:
    """Return equal bytes that are new each time, as those of a socket are: a `bytes` that was hashed before knows its hash."""
    return iter([bytes(bytearray(data)) for _ in range(count)])


def least_us(work: Callable[[Iterator[bytes]], None], heads: Callable[[], Iterator[bytes]]) -> float:
    """Return the minimum CPU time of one call over all rounds, in microseconds."""
    gc.collect()
    gc.freeze()
    spent: list[float] = []
    for _ in range(ROUNDS):
        asked = heads()
        calls = asked.__length_hint__()  # type: ignore[attr-defined]  # of a list's iterator
        before = process_time()
        work(asked)
        spent.append((process_time() - before) / calls)
    return min(spent) * 1e6


def prepared(operations: int = OPERATIONS, **more: object) -> Revision:
    """Return the revision of the scenarios; `more` are further keys of its gateway.yaml."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        document = write_document(folder, operations)
        config = {
            "openapi": str(document),
            "upstream": {
                "url": "http://127.0.0.1:9",
                "credential": {"header": KEY_HEADER, "value": {"env": "BENCH_KEY"}},
            },
            "allow": [f"{method}Res{number}" for number in range(operations) for method in ("get", "post")],
            **more,
        }
        file = folder / "gateway.yaml"
        file.write_text(json.dumps(config))
        return build(load_config(file, environ={"BENCH_KEY": KEY})).revision


if __name__ == "__main__":
    main()
