"""langchain-mcp-adapters as a client of a gateway in front of the suite's API: `URL CALLS`, the calls in JSON.

It prints the names of the tools, and the text and status of each call, as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from langchain_mcp_adapters.client import MultiServerMCPClient


async def main(url: str, calls: dict[str, dict[str, Any]]) -> None:
    client = MultiServerMCPClient({"gateway": {"url": url, "transport": "streamable_http"}})
    tools = {tool.name: tool for tool in await client.get_tools()}
    shown: dict[str, Any] = {"tools": [*tools], "calls": {}}
    for name, arguments in calls.items():
        message = await tools[name].ainvoke({"type": "tool_call", "id": "1", "name": name, "args": arguments})
        text = "".join(block["text"] for block in message.content)
        shown["calls"][name] = {"text": text, "isError": message.status == "error"}
    print(json.dumps(shown))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
