"""`python -m benchmarks.mcp_call`: the CPU time of one tool call in the gateway's code, without the event loop; see `benchmarks.call`.

"repeated" and "with other arguments each time" call one tool. "the next tool each time" calls all 1,000, one after the other.
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import count
from typing import TYPE_CHECKING

from benchmarks.call import CALLS, Turns, least_us, prepared
from benchmarks.mcp import ITEM
from plugin_gateway.mcp.endpoint import McpEndpoints
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.upstream import UpstreamConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugin_gateway.telemetry.record import AccessRecord

REPLY = json.dumps({"items": [ITEM] * 7}, separators=(",", ":")).encode()
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Mon, 23 Nov 2026 00:00:00 GMT\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: keep-alive\r\n\r\n" % len(REPLY)
) + REPLY
TOOLS = 1_000
FIELDS = b"Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
MODERN_FIELDS = FIELDS + b"MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: getRes%d\r\n"
MODERN_META = (
    '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",'
    '"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}},'
)
KINDS = ("repeated", "with other arguments each time", "the next tool each time")


def main() -> None:
    asyncio.run(measure())


async def measure() -> None:
    def ignore(record: AccessRecord) -> None:
        del record

    holder = Holder(prepared(TOOLS), endpoints=McpEndpoints(ignore))
    turns = Turns(holder, ignore)
    numbers = count(1_000_000)

    def posts(kind: str, *, is_modern: bool) -> Callable[[], Iterator[bytes]]:
        def post() -> bytes:
            number = next(numbers)
            tool = number % TOOLS if kind == "the next tool each time" else 7
            item = number if kind == "with other arguments each time" else 1
            meta = MODERN_META if is_modern else ""
            params = f'{meta}"name":"getRes{tool}","arguments":{{"id":"{item}-1k","limit":"20"}}'
            body = f'{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{{{params}}}}}'.encode()
            fields = MODERN_FIELDS % tool if is_modern else FIELDS + b"MCP-Protocol-Version: 2025-11-25\r\n"
            return b"POST /mcp HTTP/1.1\r\nHost: localhost:8080\r\n%bContent-Length: %d\r\n\r\n%b" % (
                fields,
                len(body),
                body,
            )

        return lambda: iter([post() for _ in range(CALLS)])

    def call(requests: Iterator[bytes]) -> None:
        turns.play(requests, ANSWER)

    module = sys.modules[UpstreamConnection.__module__].__file__ or ""
    print(f"# {'pure Python' if module.endswith('.py') else 'compiled core'}, Python {sys.version.split()[0]}")
    for era in ("2025-11-25", "2026-07-28"):
        for kind in KINDS:
            print(f"{f'{era}, {kind}':44} {least_us(call, posts(kind, is_modern=era == '2026-07-28')):6.2f} µs")
    assert b'"isError":false' in turns.client.written
    assert b'"structuredContent":{"items":' in turns.client.written


if __name__ == "__main__":
    main()
