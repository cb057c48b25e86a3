"""Google ADK: `OpenAPIToolset`."""

import asyncio

from client import CALL, run
from google.adk.tools.openapi_tool import OpenAPIToolset


def load(_, document):
    return [tool.name for tool in tools(document)]


def call(_, document):
    (tool,) = [tool for tool in tools(document) if tool.name == "add_book"]
    # ADK names arguments in snake case.
    names = {"shelfId": "shelf_id", "X-Reason": "x_reason"}
    arguments = {names.get(name, name): value for name, value in CALL.items()}
    return asyncio.run(tool.call(args=arguments, tool_context=None))


def tools(document):
    return asyncio.run(OpenAPIToolset(spec_dict=document, allow_private_network_access=True).get_tools())


run(load, call)
