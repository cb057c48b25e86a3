"""Search mode: instead of a tool for each operation, three tools find, describe and call the operations of a view.

The definitions of a thousand tools do not fit into a model's context; these three do. Directories of plugins refuse such tools,
because a reviewer cannot see what `call_operation` reaches.
"""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING, Any, Final

import orjson

from plugin_gateway.mcp.message import read_text
from plugin_gateway.mcp.result import Result, clean, of_json, of_texts
from plugin_gateway.mcp.service import Invocation, Offer, ToolOffer
from plugin_gateway.ranking.lookup import find
from plugin_gateway.ranking.subject import plain
from plugin_gateway.ranking.words import pairs_of, similarity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.revision.mcp import McpSettings
    from plugin_gateway.tools.tool import Tool
    from plugin_gateway.tools.tool_set import ToolSet

SEARCH: Final = "search_operations"
DESCRIBE: Final = "describe_operation"
CALL: Final = "call_operation"
FEWEST: Final = 1
USUAL: Final = 5
MOST: Final = 25
"""How many operations one search may return."""
_LONGEST_LINE: Final = 160
_LONGEST_NAME: Final = 64
_SIMILAR: Final = 0.6
_OTHER_LENGTH: Final = 4
_MOST_NEAR: Final = 3
_READS: Final = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
_WRITES: Final = {"readOnlyHint": False, "destructiveHint": True, "idempotentHint": False, "openWorldHint": False}
_NO_MATCH: Final = "No operation has these words. Try other words, or an empty query to see the first operations."
_ID: Final = {"type": "string", "description": f"The operation's id, as {SEARCH} returns it."}


class SearchOffer(Offer):
    """The three tools over the operations of one view. What the view does not have is never found, described or called."""

    def __init__(self, tools: ToolSet, *, title: str, result_bytes: int) -> None:
        self._tools = tools.tools
        self._by_name = tools.by_name
        self._index = tools.index
        self._result_bytes = result_bytes
        self._definitions = tuple(orjson.dumps(one) for one in _definitions(title, len(self._tools)))

    def definitions(self) -> tuple[bytes, ...]:
        return self._definitions

    def call_of(self, tool: Tool, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return CALL, {"id": tool.name, "arguments": arguments}

    def resolve(self, name: str, arguments: dict[str, Any]) -> Invocation | Result | None:
        if name == SEARCH:
            return self._search(arguments)
        if name == DESCRIBE:
            return self._describe(arguments)
        return self._call(arguments) if name == CALL else None

    def _search(self, arguments: dict[str, Any]) -> Result:
        query, limit = arguments.get("query"), arguments.get("limit", USUAL)
        problems = _unknown(SEARCH, arguments, ("query", "limit"))
        if not isinstance(query, str):
            problems.append("`query` must be a string.")
        if isinstance(limit, float) and limit.is_integer():
            limit = int(limit)
        if not isinstance(limit, int) or isinstance(limit, bool) or not FEWEST <= limit <= MOST:
            problems.append(f"`limit` must be an integer from {FEWEST} to {MOST}.")
        if problems or not isinstance(query, str):
            return _error(" ".join(problems))
        if query.strip():
            result = find(self._index, query, limit)
            matches, tools = result.matches, [self._tools[one.number] for one in result.found]
        else:
            # The client asks what there is.
            matches, tools = len(self._tools), [*self._tools[:limit]]
        lines = [_line_of(tool) for tool in tools]
        while True:
            found: dict[str, Any] = {"operations": lines, "matches": matches, "total": len(self._tools)}
            if not lines and self._tools:
                found["hint"] = _NO_MATCH
            value = orjson.dumps(found)
            if _size_of(value) <= self._result_bytes or not lines:
                return _structured(value)
            lines.pop()

    def _describe(self, arguments: dict[str, Any]) -> Result:
        tool = self._by_name.get(arguments["id"]) if isinstance(arguments.get("id"), str) else None
        problems = _unknown(DESCRIBE, arguments, ("id",))
        if problems or tool is None:
            return _error(" ".join(problems or [self._no_operation(arguments.get("id"))]))
        definition = tool.definition
        if _size_of(definition) <= self._result_bytes:
            return _structured(definition)
        text = orjson.dumps(definition.decode())
        if len(text) <= self._result_bytes:
            return of_texts([text])
        return _error(
            f"The definition of `{tool.name}` has {len(definition)} bytes, and results of this server have at most "
            f"{self._result_bytes}. Its arguments are: {_names_of(tool)}."
        )

    def _call(self, arguments: dict[str, Any]) -> Invocation | Result:
        name, inner = arguments.get("id"), arguments.get("arguments")
        tool = self._by_name.get(name) if isinstance(name, str) else None
        problems = _unknown(CALL, arguments, ("id", "arguments"))
        if problems and tool is not None:
            problems.append(f"The operation's own arguments ({_names_of(tool)}) belong in the object `arguments`.")
        if isinstance(inner, str):
            # Some models write the object as text.
            inner = _object_in(inner)
        if inner is not None and not isinstance(inner, dict):
            problems.append("`arguments` must be an object.")
        if tool is None:
            problems.append(self._no_operation(name))
        if problems or tool is None:
            return _error(" ".join(problems))
        return Invocation(tool, inner or {})

    def _no_operation(self, name: object) -> str:
        if not isinstance(name, str):
            return "`id` must be a string, the id of an operation."
        near = self._near(name) if len(name) <= _LONGEST_NAME else []
        suggestion = f" Did you mean {' or '.join(f'`{other}`' for other in near)}?" if near else ""
        return f"There is no operation `{_shortened(name, _LONGEST_NAME)}`.{suggestion} Find ids with {SEARCH}."

    def _near(self, name: str) -> list[str]:
        """Return the ids that were probably meant.

        The client chooses the name, so only those with its first letter are compared.
        """
        pairs = pairs_of(name.casefold())
        alike = [
            (similarity(pairs, other.casefold()), other)
            for other in self._by_name
            if other[:1].casefold() == name[:1].casefold() and abs(len(other) - len(name)) <= _OTHER_LENGTH
        ]
        near = [other for share, other in nlargest(_MOST_NEAR, alike) if share >= _SIMILAR]
        return near or [self._tools[one.number].name for one in find(self._index, name, _MOST_NEAR).found]


def offer_of(tools: ToolSet, settings: McpSettings) -> Offer:
    """Return the tools that the mode in gateway.yaml lists."""
    if settings.mode == "search":
        return SearchOffer(tools, title=settings.title, result_bytes=settings.result_bytes)
    return ToolOffer(tools)


def _definitions(title: str, count: int) -> tuple[dict[str, Any], ...]:
    api = f"{title}, an API with" if title else "an API with"
    return (
        {
            "name": SEARCH,
            "title": "Search operations",
            "description": (
                f"Finds operations of {api} {count} operation{'' if count == 1 else 's'}, the best match first. Begin here: then read an "
                f"operation with {DESCRIBE} and call it with {CALL}. `tokens` is the cost of reading its description."
            ),
            "inputSchema": {
                "type": "object",
                "properties": {
                    "query": {
                        "type": "string",
                        "description": "A few words that say what to do, such as `create invoice`.",
                    },
                    "limit": {"type": "integer", "minimum": FEWEST, "maximum": MOST, "default": USUAL},
                },
                "required": ["query"],
                "additionalProperties": False,
            },
            "annotations": _READS,
        },
        {
            "name": DESCRIBE,
            "title": "Describe an operation",
            "description": f"Returns what an operation does and the JSON Schema of its arguments. Read it before the first {CALL}.",
            "inputSchema": {
                "type": "object",
                "properties": {"id": _ID},
                "required": ["id"],
                "additionalProperties": False,
            },
            "annotations": _READS,
        },
        {
            "name": CALL,
            "title": "Call an operation",
            "description": f"Calls an operation and returns the API's answer. It may change data: see the hints in {DESCRIBE}.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "id": _ID,
                    "arguments": {
                        "type": "object",
                        "description": f"The operation's arguments, by the schema from {DESCRIBE}.",
                    },
                },
                "required": ["id"],
                "additionalProperties": False,
            },
            "annotations": _WRITES,
        },
    )


def _line_of(tool: Tool) -> dict[str, Any]:
    """Return one operation as a search shows it."""
    line = {"id": tool.name}
    if tool.title != tool.name:
        line["title"] = tool.title
    about = plain(tool.description[: 4 * _LONGEST_LINE])
    if about and about != tool.title:
        line["about"] = _shortened(about, _LONGEST_LINE)
    return {**line, "method": tool.method, "path": tool.path_template, "tokens": tool.tokens}


def _structured(value: bytes) -> Result:
    return of_json([orjson.dumps(value.decode())], value)


def _error(text: str) -> Result:
    return of_texts([orjson.dumps(clean(text))], is_error=True)


def _size_of(value: bytes) -> int:
    return len(orjson.dumps(value.decode())) + len(value)


def _unknown(name: str, arguments: dict[str, Any], known: Sequence[str]) -> list[str]:
    others = [f"`{_shortened(other, _LONGEST_NAME)}`" for other in arguments if other not in known]
    return [f"{name} has no argument {', '.join(others[:8])}."] if others else []


def _object_in(text: str) -> Any:
    try:
        return read_text(text)
    except (ValueError, RecursionError):
        return text


def _names_of(tool: Tool) -> str:
    return ", ".join(f"`{argument.name}`" for argument in tool.arguments) or "none"


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
