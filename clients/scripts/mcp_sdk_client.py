"""The official SDK, 1.x or 2.x, as a client of a gateway in front of the suite's API: `URL` or `-- COMMAND...` for stdio.

It prints the names of the tools and the result of each call as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from importlib.metadata import version
from typing import Any

CALLS: dict[str, dict[str, Any]] = {
    "test_simple_text": {},
    "test_image_content": {},
    "test_audio_content": {},
    "test_embedded_resource": {},
    "test_error_handling": {},
    "test_custom_header": {"region": "eu"},
    "json_schema_2020_12_tool": {"name": "Tom", "contactMethod": "phone", "phone": "1"},
}


async def main(target: list[str]) -> None:
    async with AsyncExitStack() as stack:
        session = await connected(stack, target)
        listed = await session.list_tools()
        shown: dict[str, Any] = {"tools": [tool.name for tool in listed.tools], "calls": {}}
        for name, arguments in CALLS.items():
            result = await session.call_tool(name, arguments)
            dumped = result.model_dump(mode="json", by_alias=True, exclude_none=True)
            shown["calls"][name] = dumped
        print(json.dumps(shown))


async def connected(stack: AsyncExitStack, target: list[str]) -> Any:
    is_stdio = target[0] == "--"
    if version("mcp").startswith("1."):
        from mcp import ClientSession, StdioServerParameters  # noqa: PLC0415
        from mcp.client.stdio import stdio_client  # noqa: PLC0415
        from mcp.client.streamable_http import streamablehttp_client  # noqa: PLC0415

        if is_stdio:
            parameters = StdioServerParameters(command=target[1], args=target[2:])
            streams = await stack.enter_async_context(stdio_client(parameters))
        else:
            streams = await stack.enter_async_context(streamablehttp_client(target[0]))
        session = await stack.enter_async_context(ClientSession(streams[0], streams[1]))
        await session.initialize()
        return session
    from mcp import Client, StdioServerParameters  # noqa: PLC0415
    from mcp.client.stdio import stdio_client  # noqa: PLC0415

    server = stdio_client(StdioServerParameters(command=target[1], args=target[2:])) if is_stdio else target[0]
    return await stack.enter_async_context(Client(server))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
