"""`python -m benchmarks.mcp_call`: the CPU time of one tool call in the gateway's code, without the event loop; see `benchmarks.call`."""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import count
from typing import TYPE_CHECKING

from benchmarks.call import CALLS, OPERATIONS, Turns, least_us, prepared
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
TOOL = f"getRes{OPERATIONS - 1}"
FIELDS = b"Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
ERAS = {
    "2025-11-25": (FIELDS + b"MCP-Protocol-Version: 2025-11-25\r\n", ""),
    "2026-07-28": (
        FIELDS + b"MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: " + TOOL.encode() + b"\r\n",
        (
            '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",'
            '"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}},'
        ),
    ),
}


def main() -> None:
    asyncio.run(measure())


async def measure() -> None:
    def ignore(record: AccessRecord) -> None:
        del record

    holder = Holder(prepared(), endpoints=McpEndpoints(ignore))
    turns = Turns(holder, ignore)
    numbers = count(1_000_000)

    def posts(era: str, *, is_varied: bool) -> Callable[[], Iterator[bytes]]:
        fields, meta = ERAS[era]

        def post() -> bytes:
            number = next(numbers)
            params = f'{meta}"name":"{TOOL}","arguments":{{"id":"{number if is_varied else 1}-1k","limit":"20"}}'
            body = f'{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{{{params}}}}}'.encode()
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
    for era in ERAS:
        for name, is_varied in (("repeated", False), ("with other arguments each time", True)):
            print(f"{f'{era}, {name}':44} {least_us(call, posts(era, is_varied=is_varied)):6.2f} µs")
    assert b'"isError":false' in turns.client.written
    assert b'"structuredContent":{"items":' in turns.client.written


if __name__ == "__main__":
    main()
