"""A tool call: the client's side of the request that one `tools/call` makes, which passes the gate like every other call."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.mcp.own_result import refused
from plugin_gateway.mcp.reply import Reply, result_of
from plugin_gateway.proxy.body import too_large
from plugin_gateway.proxy.call import Call, Client
from plugin_gateway.proxy.exchange import start_exchange
from plugin_gateway.proxy.forward import forward
from plugin_gateway.proxy.own_answer import FAILED
from plugin_gateway.refusal import refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.mcp.clientele import Clientele
    from plugin_gateway.mcp.result import Result
    from plugin_gateway.proxy.answer_head import Answer
    from plugin_gateway.proxy.door import Access
    from plugin_gateway.proxy.received import FieldBlock, Permitted
    from plugin_gateway.proxy.serving import Serving
    from plugin_gateway.refusal import Refusal
    from plugin_gateway.tools.tool import Tool

MOST_READ_BYTES: Final = 1_000_000
"""How much the gateway reads of an answer that is too large for a result, in order to say how much is left out."""
_CUT: Final = "response-too-large"

_logger = logging.getLogger("plugin_gateway.mcp")


class Prepared:
    """A request that was permitted once, with its body, for the calls with the same arguments."""

    __slots__ = ("body", "permitted", "target")

    def __init__(self, permitted: Permitted, body: bytes, target: bytes) -> None:
        self.permitted = permitted
        self.body = body
        self.target = target


class ToolCall(Client):
    """One tool call, as a client of the proxy.

    It ends with exactly one result for its slot, unless it is cancelled, and with one access record if it got a `Call`.
    """

    __slots__ = ("_answer", "_arguments", "_body", "_clientele", "_on_result", "_target", "_tool", "slot")

    def __init__(
        self,
        on_result: Callable[[int, Result], object],
        slot: int,
        tool: Tool,
        arguments: dict[str, Any],
        address: str,
        clientele: Clientele,
    ) -> None:
        super().__init__(address)
        self._on_result = on_result
        self.slot = slot
        self._tool = tool
        self._arguments = arguments
        self._clientele = clientele
        self._answer: Answer | None = None
        self._body: bytearray | None = None
        """The part of an answer that has come, if it does not come at once."""
        self._target = b""

    def repeat(self, prepared: Prepared, pending: Call | None) -> None:
        """Send a request that was permitted before."""
        self._target = prepared.target
        start_exchange(self, prepared.permitted, prepared.body, is_whole=True, pending=pending)

    def send(
        self,
        serving: Serving,
        access: Access,
        method: bytes,
        target: bytes,
        block: FieldBlock,
        body: bytes,
        pending: Call | None,
    ) -> Prepared | None:
        """Send a request through `forward`; return it if all calls of the same bytes are permitted."""
        self._target = target
        if len(body) > serving.limits.request_body_bytes:
            refusal = refusal_of(too_large(serving.limits.request_body_bytes))
            self._on_result(self.slot, refused(self._tool, refusal, self._clientele.settings.result_bytes))
            return None
        permitted = forward(serving, self, access, method, target, block, body, is_whole=True, pending=pending)
        return None if permitted is None else Prepared(permitted, body, target)

    def cancel(self, reason: str) -> None:
        """End the call: the client no longer wants its result."""
        call, self.call = self.call, None
        if call is not None:
            call.cancel()
            self._clientele.on_record(call.record(reason, self.address))

    def on_tick(self, now: float) -> None:
        if self.call is not None:
            self.call.on_tick(now)

    # What the call asks of its client's side

    def on_whole_answer(self, answer: Answer, extra: bytes, body: bytes) -> None:  # noqa: ARG002  # `extra` is for browsers
        self._answer = answer
        self._end("", body, has_more=False)

    def on_answer(self, answer: Answer, extra: bytes, body: bytes, *, is_complete: bool) -> None:  # noqa: ARG002  # `extra` is for browsers
        self._answer = answer
        self.on_content(body, is_complete=is_complete)

    def on_content(self, data: bytes, *, is_complete: bool) -> None:
        if self.call is None:
            return
        body = self._body
        if body is None:
            body = self._body = bytearray()
        body += data
        if is_complete:
            self._end("", bytes(body), has_more=False)
        elif len(body) > max(self._clientele.settings.result_bytes, MOST_READ_BYTES):
            self.call.cancel()
            self._end(_CUT, bytes(body), has_more=True)

    def on_failure(self, refusal: Refusal) -> None:
        call, self.call = self.call, None
        if call is None:
            return
        if self._answer is None:
            call.status = refusal.status
        self._clientele.on_record(call.record(refusal.code, self.address))
        limit = self._clientele.settings.result_bytes
        begun = (self._body or b"")[:limit].decode("utf-8", "replace")
        is_text = begun.isprintable() or "\n" in begun
        self._on_result(self.slot, self.refused(refusal, limit, begun if is_text else ""))

    def refused(self, refusal: Refusal, limit: int, begun: str) -> Result:
        """Return the result of a call that the gateway refused, or whose answer broke off after `begun`."""
        return refused(self._tool, refusal, limit, begun)

    def on_continue(self) -> None:
        """Do nothing: the body is here."""

    def pause_body(self) -> None:
        """Do nothing: the body is here."""

    def resume_body(self) -> None:
        """Do nothing: the body is here."""

    def _end(self, reason: str, body: bytes, *, has_more: bool) -> None:
        call, self.call = self.call, None
        answer = self._answer
        if call is None or answer is None:
            return
        self._clientele.on_record(call.record(reason, self.address))
        clientele = self._clientele
        limit = clientele.settings.result_bytes
        reply = Reply(
            self._tool,
            self._arguments,
            self._target,
            answer,
            body,
            has_more,
            limit,
            clientele.public_url,
            clientele.service.offer,
        )
        try:
            result = result_of(reply)
        except Exception:
            # The exception would end the connection to the API, and the client would wait forever.
            _logger.exception("No result could be made of an answer to %s", self._tool.name)
            result = refused(self._tool, FAILED, limit)
        self._on_result(self.slot, result)
