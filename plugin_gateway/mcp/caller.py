"""A caller: one MCP client, recognised by its header lines. It starts tool calls and caches repeated ones."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from plugin_gateway.mcp.held_tool_call import HeldToolCall, opens_links
from plugin_gateway.mcp.inner_fields import inner_block, trace_of
from plugin_gateway.mcp.message import as_json
from plugin_gateway.mcp.own_result import refused, wrong_arguments
from plugin_gateway.mcp.tool_call import ToolCall
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.received import Received
from plugin_gateway.refusal import Refusal
from plugin_gateway.tools.request import ToolRequest

if TYPE_CHECKING:
    from plugin_gateway.mcp.clientele import Clientele
    from plugin_gateway.mcp.message import Message
    from plugin_gateway.mcp.service import Invocation
    from plugin_gateway.mcp.tool_call import Asker
    from plugin_gateway.proxy.received import FieldBlock
    from plugin_gateway.proxy.wire import RequestFields

_MOST_BLOCKS: Final = 64
_LONGEST_FIELDS: Final = 2048
"""The bytes of longer fields are not kept: each caller has its own blocks, and a client can be many callers."""
NO_PASSTHROUGH: Final = Refusal(
    status=403,
    code="no-token-passthrough",
    detail="The API expects the caller's own credential for this operation, and MCP does not allow a server to pass on its client's token.",
    hint="The gateway's operator can give the operation a credential of the gateway, or exchange tokens.",
)

_numbers: Final = count()


class Caller:
    """Starts the tool calls of one client.

    Calls with the same fields and the same length of the body share their field lines.
    """

    __slots__ = ("_blocks", "_number", "_outer", "clientele", "received")

    def __init__(self, clientele: Clientele, outer: RequestFields, target: bytes = b"") -> None:
        self.clientele = clientele
        self.received = Received(outer, b"POST", target, None, clientele.access.consumer)
        """The request that all of the client's POSTs have in common."""
        self._outer = outer
        self._number = next(_numbers)
        """Distinguishes its calls from the calls of other callers."""
        self._blocks: dict[tuple[tuple[tuple[bytes, bytes], ...], int], FieldBlock] = {}
        """By the fields of the arguments and the length of the body."""

    def call(self, invocation: Invocation, message: Message, slot: int, asker: Asker) -> ToolCall:
        """Start the tool call of a message. Its result may come before this returns."""
        clientele, tool, arguments = self.clientele, invocation.tool, invocation.arguments
        meta = message.meta
        call = ToolCall(clientele, invocation, slot, asker)
        if tool.name in clientele.special:
            if tool.name in clientele.passed_through:
                call.end(refused(tool, NO_PASSTHROUGH, clientele.terms.limit))
                return call
            call = HeldToolCall(clientele, invocation, slot, asker)
            call.opens_links = opens_links(meta, message.params)
        trace = trace_of(meta) if "traceparent" in meta else None
        key = b""
        if trace is None:
            # Agents repeat the same calls.
            shown = as_json((tool.name, arguments))
            # A copy, because orjson's bytes keep 4 kB each.
            key = b"%d%b" % (self._number, shown) if shown else b""
            prepared = clientele.known.entries.get(key)
            if prepared is not None and not prepared.permitted.is_due():
                call.repeat(prepared)
                return call
        request = clientele.writer(tool).write(arguments)
        if not isinstance(request, ToolRequest):
            problems = [(problem.name, problem.detail) for problem in request]
            call.end(wrong_arguments(tool, problems, clientele.terms.limit))
            return call
        made = call.send(RequestHead(request.method, request.target, self._block(request, trace)), request.body)
        if made is not None and key:
            clientele.known.offer(key, made)
        return call

    def _block(self, request: ToolRequest, trace: dict[str, str] | None) -> FieldBlock:
        length = len(request.body) if request.body else -1
        key = request.fields, length
        block = self._blocks.get(key) if trace is None else None
        if block is None:
            block = inner_block(
                self._outer, request.fields, length=length, forwarded=self.clientele.forwarded, trace=trace
            )
            if trace is None and _is_worth_keeping(request.fields):
                if len(self._blocks) >= _MOST_BLOCKS:
                    self._blocks.clear()
                self._blocks[key] = block
        return block


def _is_worth_keeping(fields: tuple[tuple[bytes, bytes], ...]) -> bool:
    """Whether another call may have these fields: each multipart body has its own boundary."""
    return sum(len(value) for _, value in fields) <= _LONGEST_FIELDS and not any(
        value.startswith(b"multipart/") for _, value in fields
    )
