"""FastMCP: `FastMCP.from_openapi`, used by an MCP client."""

import asyncio

import httpx2
from client import CALL, run
from fastmcp import Client, FastMCP


def load(_, document):
    return asyncio.run(names(document))


def call(_, document):
    return asyncio.run(add_book(document))


async def names(document):
    async with Client(server(document)) as client:
        return [tool.name for tool in await client.list_tools()]


async def add_book(document):
    async with Client(server(document)) as client:
        return (await client.call_tool("addBook", CALL)).structured_content


def server(document):
    url = document.get("servers", [{"url": ""}])[0]["url"]
    return FastMCP.from_openapi(document, client=httpx2.AsyncClient(base_url=url))


run(load, call)
