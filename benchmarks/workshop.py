"""`python -m benchmarks.workshop [DOCUMENT …]`: how large the console's index is, and how long a preview takes.

Without a document, it makes one of 5,000 operations whose names repeat as those of real APIs do; the names of
`benchmarks.large_document` are random, so they do not compress. Each preview ticks another operation beside ten allowed ones, so the workshop
cannot answer from an earlier preview. The wall time includes the way to the workshop and back. Compare CPU times if other programs use the
machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import cpu_ns, rss_bytes
from plugin_gateway.console.answer import unpacked
from plugin_gateway.console.workshop import Workshop
from plugin_gateway.openapi.read.source import read_document

_OPERATIONS: Final = 5_000
_ALLOWED: Final = 10
_WARM_UP: Final = 10
_LIMIT_BYTES: Final = 60_000
_LIMIT_MS: Final = 50.0


def main() -> int:
    """Measure each document; return 1 if a budget is exceeded."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workshop", description=__doc__)
    parser.add_argument("documents", nargs="*", type=Path, metavar="DOCUMENT")
    parser.add_argument("--previews", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        documents = options.documents or [made(folder / "made.json")]
        return max([asyncio.run(measure(folder, document.absolute(), options.previews)) for document in documents])


def made(file: Path) -> Path:
    """Write a document of a thousand things in forty areas, each with five operations and a schema that refers to others."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {f"Kind{number}": {"type": "string", "enum": ["a", "b"]} for number in range(20)}
    for number in range(_OPERATIONS // 5):
        area, name = f"area{number % 40}", f"Thing{number}"
        parent = {"$ref": f"#/components/schemas/Thing{number // 2}"}
        kind = {"$ref": f"#/components/schemas/Kind{number % 20}"}
        properties = {"id": {"type": "string"}, "name": {"type": "string"}, "parent": parent, "kind": kind}
        schemas[name] = {"type": "object", "properties": properties}
        collection, one = f"/{area}/things{number}", f"/{area}/things{number}/{{id}}"
        for path, method, verb in (
            (collection, "get", "List"), (collection, "post", "Create"),
            (one, "get", "Get"), (one, "patch", "Update"), (one, "delete", "Delete"),
        ):  # fmt: skip
            paths.setdefault(path, {})[method] = _operation(verb, name, area, has_id=path == one)
    root = {
        "openapi": "3.1.0",
        "info": {"title": "Made", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }
    file.write_text(json.dumps(root))
    return file


def _operation(verb: str, name: str, area: str, *, has_id: bool) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    operation: dict[str, Any] = {
        "operationId": f"{verb.lower()}{name}",
        "summary": f"{verb} {name}",
        "tags": [area],
        "responses": {"200": {"description": "ok", "content": content}},
    }
    if has_id:
        operation["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    if verb in ("Create", "Update"):
        operation["requestBody"] = {"content": content}
    return operation


async def measure(folder: Path, document: Path, previews: int) -> int:
    keys = list(read_document(str(document)).operations)
    step = len(keys) // _ALLOWED
    allowed = [keys[number * step] for number in range(_ALLOWED)]
    config = folder / f"{document.name}.gateway.yaml"
    entries = "".join(f"  - {json.dumps(str(key))}\n" for key in allowed)
    config.write_text(f"openapi: {document}\nupstream: {{url: https://api.example.com}}\nallow:\n{entries}")
    workshop = Workshop(config, {}, mark_key=b"key")
    try:
        began = time.perf_counter()
        index = await workshop.ask("operations", b"")
        took_s = time.perf_counter() - began
        packed, whole = len(index.body), unpacked(index).body
        base = json.loads(whole)["base"]
        times: list[float] = []
        cpu: list[float] = []
        others = [number for number, key in enumerate(keys) if key not in allowed]
        for count in range(_WARM_UP + previews):
            question = json.dumps({"base": base, "add": [others[count * 37 % len(others)]]}).encode()
            assert workshop.pid is not None
            before_ns, began = cpu_ns(workshop.pid), time.perf_counter()
            answer = await workshop.ask("preview", question)
            if answer.status != 200:
                sys.exit(answer.body.decode())
            times.append((time.perf_counter() - began) * 1000)
            cpu.append((cpu_ns(workshop.pid) - before_ns) / 1e6)
        assert workshop.pid is not None
        memory_bytes = rss_bytes(workshop.pid)
    finally:
        await workshop.close()
    times, cpu = times[_WARM_UP:], cpu[_WARM_UP:]
    print(f"{document.name}: {len(keys)} operations")
    print(f"  index    {packed / 1000:.1f} kB gzip ({len(whole) / 1000:.0f} kB), first in {took_s:.2f} s")
    print(f"  preview  {shown(times)} ms wall, {statistics.mean(cpu):.0f} ms CPU")
    print(f"  memory   {memory_bytes / 2**20:.0f} MiB")
    return int(packed > _LIMIT_BYTES or statistics.median(times) > _LIMIT_MS)


def shown(times: list[float]) -> str:
    return f"{min(times):.0f} / {statistics.median(times):.0f} / {statistics.quantiles(times, n=20)[-1]:.0f} (least/median/p95)"


if __name__ == "__main__":
    sys.exit(main())
