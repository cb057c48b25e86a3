"""openai-agents as a client of a gateway in front of the suite's API: `URL CALLS`, the calls in JSON.

It prints the names of the tools, and the text and status of each call, as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from agents import Agent, RunContextWrapper
from agents.mcp import MCPServerStreamableHttp
from agents.tool_context import ToolContext


async def main(url: str, calls: dict[str, dict[str, Any]]) -> None:
    async with MCPServerStreamableHttp({"url": url}) as server:
        agent = Agent(name="judge", mcp_servers=[server])
        tools = {tool.name: tool for tool in await agent.get_mcp_tools(RunContextWrapper(None))}
        shown: dict[str, Any] = {"tools": [*tools], "calls": {}}
        for name, arguments in calls.items():
            written = json.dumps(arguments)
            context = ToolContext(None, tool_name=name, tool_call_id="1", tool_arguments=written)
            # What the model reads does not say whether the call failed; what the server object returns does.
            output = await tools[name].on_invoke_tool(context, written)
            result = await server.call_tool(name, arguments)
            shown["calls"][name] = {"text": output["text"], "isError": result.is_error}
        print(json.dumps(shown))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
