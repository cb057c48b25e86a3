"""A service: the answers to each method of the protocol, for the callers of one view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from plugin_gateway import __version__
from plugin_gateway.mcp.era import ERAS, negotiated
from plugin_gateway.mcp.listing import Listing
from plugin_gateway.mcp.message import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    RESOURCE_NOT_FOUND,
    Fault,
    response,
)
from plugin_gateway.mcp.result import InputRequired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.mcp.era import Era
    from plugin_gateway.mcp.message import Message
    from plugin_gateway.mcp.result import Result
    from plugin_gateway.revision.mcp import McpSettings
    from plugin_gateway.tools.tool import Tool
    from plugin_gateway.tools.tool_set import ToolSet

LIST_TTL_MS: Final = 300_000
DISCOVER_TTL_MS: Final = 3_600_000
LOG_LEVELS: Final = frozenset({"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"})
_LONGEST_URI: Final = 2048
_SERVER_KEY: Final = b'"io.modelcontextprotocol/serverInfo":'


class Invocation:
    """The tool of a call and its arguments. The call goes to the API."""

    __slots__ = ("arguments", "tool")

    def __init__(self, tool: Tool, arguments: dict[str, Any]) -> None:
        self.tool = tool
        self.arguments = arguments


class Listening:
    """A subscription to changes of the list of tools: the part of it that the gateway grants."""

    __slots__ = ("has_tools",)

    def __init__(self, *, has_tools: bool) -> None:
        self.has_tools = has_tools

    def acknowledged(self, subscription: bytes) -> bytes:
        """Return the notification that begins the subscription; `subscription` is the JSON of its id."""
        granted = b'{"toolsListChanged":true}' if self.has_tools else b"{}"
        return (
            b'{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":'
            b'{"io.modelcontextprotocol/subscriptionId":%b},"notifications":%b}}' % (subscription, granted)
        )


class Offer:
    """The tools that a mode lists, and the meaning of a call by name.

    It is an abstract class for the reason that `proxy.call.Client` gives.
    """

    def definitions(self) -> tuple[bytes, ...]:
        """Return the listed definitions, in a fixed order."""
        raise NotImplementedError

    def resolve(self, name: str, arguments: dict[str, Any]) -> Invocation | Result | None:
        """Return the call that the client means, or the result if no call is needed; None if there is no such tool."""
        raise NotImplementedError

    def call_of(self, tool: Tool, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the tool name and the arguments by which a client makes a call of the API; the reverse of `resolve`."""
        raise NotImplementedError


class ToolOffer(Offer):
    """One tool for each operation."""

    def __init__(self, tools: ToolSet) -> None:
        self._tools = tools
        self._by_name = tools.by_name

    def definitions(self) -> tuple[bytes, ...]:
        return tuple(tool.definition for tool in self._tools)

    def call_of(self, tool: Tool, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return tool.name, arguments

    def resolve(self, name: str, arguments: dict[str, Any]) -> Invocation | Result | None:
        tool = self._by_name.get(name)
        return None if tool is None else Invocation(tool, arguments)


class Service:
    """Answers requests. It holds no state of clients."""

    __slots__ = (
        "_asking",
        "_discover",
        "_empty",
        "_legacy",
        "_list_end",
        "_listing",
        "_meta",
        "_result",
        "_settings",
        "mirrored",
        "offer",
    )

    def __init__(self, settings: McpSettings, offer: Offer, *, is_private: bool) -> None:
        """Prepare; `is_private` says that other callers may be shown other tools."""
        self._settings = settings
        self.offer = offer
        definitions = offer.definitions()
        self._listing = Listing(definitions)
        self.mirrored = mirrored_arguments(definitions)
        """By tool, the arguments that the client repeats in header fields: each field's end and the path of the argument."""
        server: dict[str, Any] = {"name": settings.name, "version": settings.version or __version__}
        if settings.title:
            server["title"] = settings.title
        info = orjson.dumps(server)
        self._meta = b'{"resultType":"complete","_meta":{' + _SERVER_KEY + info
        self._asking = b'{"resultType":"input_required","_meta":{' + _SERVER_KEY + info
        self._result = b',"result":' + self._meta + b"},"
        scope = b"private" if is_private else b"public"
        self._list_end = b',"ttlMs":%d,"cacheScope":"%b"' % (LIST_TTL_MS, scope)
        instructions = orjson.dumps(settings.instructions)
        self._legacy = b',"capabilities":%b,"serverInfo":%b,"instructions":%b}' % (
            b'{"tools":{"listChanged":false},"prompts":{},"resources":{},"logging":{}}',
            info,
            instructions,
        )
        self._discover = self._modern(
            b'"supportedVersions":%b,"capabilities":{"tools":{"listChanged":true},"prompts":{},"resources":{}},"instructions":%b'
            b',"ttlMs":%d,"cacheScope":"%b"' % (orjson.dumps([*ERAS]), instructions, DISCOVER_TTL_MS, scope)
        )
        self._empty = {
            "prompts/list": b'"prompts":[]',
            "resources/list": b'"resources":[]',
            "resources/templates/list": b'"resourceTemplates":[]',
        }

    def answer(self, era: Era, message: Message) -> bytes | Fault | Invocation | Result | Listening:
        """Return a result as JSON, a tool's result still to be finished, a fault, a call to make, or a subscription."""
        method, params = message.method, message.params
        if method == "tools/call":
            return self._call(params)
        if method == "tools/list":
            return self._list(era, params)
        if method in self._empty:
            if params.get("cursor"):
                return Fault(INVALID_PARAMS, "The list has no such cursor.")
            return (
                self._modern(self._empty[method] + self._list_end) if era.is_modern else b"{%b}" % self._empty[method]
            )
        if method == "prompts/get":
            return Fault(INVALID_PARAMS, "This server has no prompts.")
        if method == "resources/read":
            uri = params.get("uri")
            if not isinstance(uri, str):
                return Fault(INVALID_PARAMS, "`uri` must be a string.")
            return Fault(
                INVALID_PARAMS if era.is_modern else RESOURCE_NOT_FOUND,
                "This server has no such resource.",
                data={"uri": uri[:_LONGEST_URI]},
            )
        return self._answer_modern(method, params) if era.is_modern else self._answer_legacy(method, params)

    def finished(self, era: Era, result: Result) -> bytes:
        """Return the JSON of a tool's result."""
        if not era.is_modern:
            return b'{%b,"_meta":{%b}}' % (result.members, result.meta) if result.meta else b"{%b}" % result.members
        if result.meta:
            head = self._asking if isinstance(result, InputRequired) else self._meta
            return b"".join((head, b",", result.meta, b"},", result.members, b"}"))
        return b"".join((self._meta, b"},", result.members, b"}"))

    def finished_response(self, era: Era, id_: bytes, result: Result) -> bytes:
        """Return the response to a request with a tool's result."""
        if result.meta:
            return response(id_, self.finished(era, result))
        if era.is_modern:
            return b"".join((b'{"jsonrpc":"2.0","id":', id_, self._result, result.members, b"}}"))
        return b"".join((b'{"jsonrpc":"2.0","id":', id_, b',"result":{', result.members, b"}}"))

    def closed(self, subscription: bytes) -> bytes:
        """Return the JSON of the result that ends a subscription."""
        return b"".join((self._meta, b',"io.modelcontextprotocol/subscriptionId":', subscription, b"}}"))

    def _modern(self, members: bytes) -> bytes:
        return b"".join((self._meta, b"},", members, b"}"))

    def _call(self, params: dict[str, Any]) -> Invocation | Result | Fault:
        name, arguments = params.get("name"), params.get("arguments")
        if not isinstance(name, str):
            return Fault(INVALID_PARAMS, "`name` must be a string.")
        if arguments is None:
            arguments = {}
        elif not isinstance(arguments, dict):
            return Fault(INVALID_PARAMS, "`arguments` must be an object.")
        found = self.offer.resolve(name, arguments)
        return Fault(INVALID_PARAMS, f"Unknown tool: {name[:128]}") if found is None else found

    def _list(self, era: Era, params: dict[str, Any]) -> bytes | Fault:
        cursor = params.get("cursor") or ""
        page = self._listing.page(cursor) if isinstance(cursor, str) else None
        if page is None:
            return Fault(
                INVALID_PARAMS, "The list has no such cursor. It may have changed; ask for the first page again."
            )
        if era.is_modern:
            return b"".join((self._meta, b"},", page, self._list_end, b"}"))
        return b"{%b}" % page

    def _answer_modern(self, method: str, params: dict[str, Any]) -> bytes | Fault | Listening:
        if method == "server/discover":
            return self._discover
        if method == "subscriptions/listen":
            wanted = params.get("notifications")
            if not isinstance(wanted, dict):
                return Fault(INVALID_PARAMS, "`notifications` must be an object.")
            return Listening(has_tools=wanted.get("toolsListChanged") is True)
        return _unknown(method)

    def _answer_legacy(self, method: str, params: dict[str, Any]) -> bytes | Fault:
        if method == "ping":
            return b"{}"
        if method == "initialize":
            version = params.get("protocolVersion")
            if not isinstance(version, str):
                return Fault(INVALID_PARAMS, "`protocolVersion` must be a string.")
            return b'{"protocolVersion":"%b"' % negotiated(version).version.encode() + self._legacy
        if method == "logging/setLevel":
            level = params.get("level")
            if not isinstance(level, str) or level not in LOG_LEVELS:
                return Fault(INVALID_PARAMS, f"`level` must be one of {', '.join(sorted(LOG_LEVELS))}.")
            return b"{}"
        return _unknown(method)


def _unknown(method: str) -> Fault:
    return Fault(METHOD_NOT_FOUND, f"Method not found: {method[:128]}")


def mirrored_arguments(definitions: tuple[bytes, ...]) -> Mapping[str, tuple[tuple[bytes, tuple[str, ...]], ...]]:
    """Return, by tool, the ends of the Mcp-Param fields in lower case and the paths of the arguments that they repeat."""
    found: dict[str, tuple[tuple[bytes, tuple[str, ...]], ...]] = {}
    for definition in definitions:
        if b'"x-mcp-header"' in definition:
            tool = orjson.loads(definition)
            found[tool["name"]] = tuple(_mirrored(tool["inputSchema"], ()))
    return found


def _mirrored(schema: Any, path: tuple[str, ...]) -> list[tuple[bytes, tuple[str, ...]]]:
    if not isinstance(schema, dict):
        return []
    found: list[tuple[bytes, tuple[str, ...]]] = []
    header = schema.get("x-mcp-header")
    if isinstance(header, str) and path:
        found.append((header.lower().encode(), path))
    properties = schema.get("properties")
    if isinstance(properties, dict):
        for name, member in properties.items():
            found += _mirrored(member, (*path, name))
    return found
