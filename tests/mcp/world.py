"""A world for tests of the MCP endpoint: an API on loopback, a compiled revision, and requests in process."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
import yaml

from plugin_gateway.config.load import load_text
from plugin_gateway.mcp.endpoint import McpEndpoint, McpEndpoints
from plugin_gateway.openapi.document import Document
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.in_process import InProcessClient, field_block
from plugin_gateway.revision.compile import compile_revision
from tests.bounds import BOUND_S
from tests.loopback import in_front_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from plugin_gateway.mcp.clientele import Clientele
    from plugin_gateway.mcp.result import Result
    from plugin_gateway.proxy.call import Call
    from plugin_gateway.revision import Revision
    from plugin_gateway.telemetry.record import AccessRecord

    Api: TypeAlias = Callable[[bytes, bytes], bytes | None]

SECRET = "sekret-7f3a9c"
DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "7", description: About pets., contact: {email: a@example.com}, termsOfService: "https://example.com/t"}
paths:
  /pets:
    get:
      operationId: listPets
      summary: List pets
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
        - {name: page, in: query, schema: {type: integer}}
        - {name: cursor, in: query, schema: {type: string}}
      responses: {"200": {description: ok, content: {application/json: {schema: {type: object, properties: {items: {type: array}}}}}}}
    post:
      operationId: createPet
      summary: Create a pet
      requestBody:
        required: true
        content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}}
      responses: {"201": {description: ok}}
  /pets/{petId}:
    get:
      operationId: getPet
      summary: Get a pet
      parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok}}
    delete:
      operationId: deletePet
      summary: Delete a pet
      parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
      responses: {"204": {description: gone}}
"""
ALLOW = "listPets, createPet, getPet"
MODERN_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def revision_of(
    more: str = "", allow: str = ALLOW, port: int = 1, number: int = 1, document: str = DOCUMENT
) -> Revision:
    text = (
        f"openapi: x\nupstream: {{url: 'http://127.0.0.1:{port}', credential: {{header: X-Key, value: {{env: KEY}}}}}}\n"
        f"public: {{url: 'https://gw.example'}}\nallow: [{allow}]\n{more}\n"
    )
    loaded = load_text(text, path=None, environ={"KEY": SECRET, "TOKEN": "t0ken-of-tom-77"})
    return compile_revision(loaded, Document(root=yaml.safe_load(document), name="openapi.yaml"), number=number)


@dataclass
class Reply:
    status: int
    fields: dict[bytes, bytes]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Any]:
        """The messages of a stream of events."""
        lines = self.body.decode().split("\n")
        return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]

    @property
    def result(self) -> Any:
        return self.json["result"]

    @property
    def text(self) -> Any:
        return self.result["content"][0]["text"]


@dataclass
class World:
    holder: Holder
    endpoints: McpEndpoints
    port: int = 0
    records: list[AccessRecord] = field(default_factory=list)
    heads: list[tuple[bytes, bytes]] = field(default_factory=list)
    """The heads and bodies that the API got."""
    begun: list[Call] = field(default_factory=list)
    """The calls to the MCP endpoint that began."""

    @property
    def endpoint(self) -> McpEndpoint:
        endpoint = self.holder.serving.endpoints[b"/mcp"]
        assert isinstance(endpoint, McpEndpoint)
        return endpoint

    @property
    def clientele(self) -> Clientele:
        """The clientele of callers without a credential."""
        return self.endpoint._clientele(self.holder.serving, self.holder.serving.anybody)

    def break_writer(self) -> None:
        """Make the gateway fail at calls of getPet."""
        broken: Any = object()
        self.clientele._writers["getPet"] = broken

    def begin(
        self,
        body: bytes,
        fields: Any = (),
        method: bytes = b"POST",
        address: str = "192.0.2.1",
        target: bytes = b"/mcp",
    ) -> InProcessClient:
        """Start a request; return its client."""
        given = {b"host": b"gw.example", b"content-type": b"application/json"}
        given |= {b"accept": b"application/json, text/event-stream", b"content-length": b"%d" % len(body)}
        given |= dict(fields)
        block = field_block([(name, value) for name, value in given.items() if value is not None])
        client = InProcessClient(self.holder.clock, self.records.append, address)
        client.on_begin = self.begun.append
        serving = self.holder.serving
        serving.endpoints[b"/mcp"].read(RequestHead(method, target, block)).begin(serving, client, body, True)
        return client

    async def post(self, message: Any, fields: Any = (), **more: Any) -> Reply:
        """Send one POST and wait for its answer."""
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        client = self.begin(body, fields, **more)
        try:
            return await read(client)
        finally:
            client.close()

    async def ask(self, method: str, params: Any = None, fields: Any = (), id_: int = 1) -> Reply:
        """Send a legacy request."""
        message = {"jsonrpc": "2.0", "id": id_, "method": method, "params": params or {}}
        return await self.post(message, {b"mcp-protocol-version": b"2025-11-25", **dict(fields)})

    async def ask_modern(self, method: str, params: Any = None, fields: Any = (), id_: int = 1) -> Reply:
        """Send a modern request, with header fields that say the same as the body."""
        params = {"_meta": MODERN_META, **(params or {})}
        said = {b"mcp-protocol-version": b"2026-07-28", b"mcp-method": method.encode()}
        if "name" in params:
            said[b"mcp-name"] = str(params["name"]).encode()
        if "uri" in params:
            said[b"mcp-name"] = params["uri"].encode()
        message = {"jsonrpc": "2.0", "id": id_, "method": method, "params": params}
        return await self.post(message, {**said, **dict(fields)})

    async def call(self, name: str, arguments: Any = None, **more: Any) -> Reply:
        """Call a tool as a legacy client."""
        return await self.ask("tools/call", {"name": name, "arguments": arguments or {}}, **more)


async def read(client: InProcessClient) -> Reply:
    status, fields = await client.head()
    body = b""
    while piece := await client.read():
        body += piece
    return Reply(status, {name.lower(): value for name, value in fields}, body)


def answer(
    body: bytes = b'{"ok": true}', media_type: str = "application/json", status: str = "200 OK", more: str = ""
) -> Api:
    """Return an API that answers each request so."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return lambda _head, _body: head.encode() + body


def play(
    scene: Callable[[World], Awaitable[object]],
    api: Api | None = None,
    more: str = "",
    allow: str = ALLOW,
    document: str = DOCUMENT,
) -> World:
    """Run `scene(world)`; `api(head, body)` returns the bytes of the API's answer, or None to answer never."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [line[15:] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
                body = await reader.readexactly(int(lengths[0]) if lengths else 0)
                heads.append((head, body))
                out = (api or answer())(head, body)
                if out is not None:
                    writer.write(out)

    async def whole() -> World:
        endpoints = McpEndpoints(records.append)

        def make_holder(port: int) -> Holder:
            return Holder(revision_of(more, allow, port, document=document), endpoints=endpoints)

        async with asyncio.timeout(BOUND_S), in_front_of(serve, make_holder) as holder:
            world = World(holder, endpoints, holder.revision.upstream.port, records, heads)
            await scene(world)
        return world

    records: list[AccessRecord] = []
    heads: list[tuple[bytes, bytes]] = []
    return asyncio.run(whole())


def parsed(found: Result) -> dict[str, Any]:
    """Return the members of a result, with `_meta`."""
    members = json.loads(b"{" + found.members + b"}")
    return {**members, "_meta": json.loads(b"{" + found.meta + b"}")}


def written(found: Result) -> int:
    """Return the size of a result's content and structured content."""
    members = json.loads(b"{" + found.members + b"}")
    return sum(len(orjson.dumps(one)) for one in members["content"]) + len(
        orjson.dumps(members.get("structuredContent", ""))
    )


def seen(message: Any, fields: Any = (), **more: Any) -> Reply:
    found = []

    async def scene(world: World) -> None:
        found.append(await world.post(message, fields, **more))

    play(scene)
    return found[0]


def call_message(meta: Any = None) -> bytes:
    params = {"name": "getPet", "arguments": {"petId": "1"}, **({"_meta": meta} if meta else {})}
    return json.dumps({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": params}).encode()


async def when_asked(world: World, calls: int = 1) -> None:
    while len(world.heads) < calls:  # noqa: ASYNC110  # the stub API has no event
        await asyncio.sleep(0)
