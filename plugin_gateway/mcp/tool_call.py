"""A tool call: the client's side of the request that one `tools/call` makes, which passes the gate like every other call."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from plugin_gateway.mcp.own_result import refused
from plugin_gateway.mcp.reply import Reply, result_of
from plugin_gateway.proxy.body import too_large
from plugin_gateway.proxy.call import Call, Client
from plugin_gateway.proxy.exchange import Exchange
from plugin_gateway.proxy.forward import forward
from plugin_gateway.proxy.own_answer import FAILED
from plugin_gateway.refusal import refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.mcp.clientele import Clientele
    from plugin_gateway.mcp.result import Result
    from plugin_gateway.mcp.service import Invocation
    from plugin_gateway.proxy.answer_head import Answer
    from plugin_gateway.proxy.forward import RequestHead
    from plugin_gateway.proxy.received import Permitted
    from plugin_gateway.refusal import Refusal

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


class Asker:
    """Where the results of tool calls go: a POST to the endpoint, or a session on standard input."""

    __slots__ = ("address", "call", "on_begin", "on_result")

    def __init__(
        self,
        on_result: Callable[[int, Result], object],
        address: str = "",
        call: Call | None = None,
        on_begin: Callable[[Call], object] | None = None,
    ) -> None:
        self.on_result = on_result
        """Called with the slot of a call and its result."""
        self.address = address
        self.call = call
        """The call that the tool calls belong to."""
        self.on_begin = on_begin
        """As in `Client`."""


class ToolCall(Client):
    """One tool call, as a client of the proxy.

    It ends with exactly one result for its slot, unless it is cancelled, and with one access record if it got a `Call`.
    """

    __slots__ = ("_answer", "_asker", "_body", "_clientele", "_invocation", "_target", "slot")

    def __init__(self, clientele: Clientele, invocation: Invocation, slot: int, asker: Asker) -> None:
        super().__init__(asker.address)
        self.on_begin = asker.on_begin
        self._clientele = clientele
        self._invocation = invocation
        self.slot = slot
        self._asker = asker
        self._answer: Answer | None = None
        self._body: bytearray | None = None
        """The part of an answer that has come, if it does not come at once."""
        self._target = b""

    def repeat(self, prepared: Prepared) -> None:
        """Send a request that was permitted before."""
        self._target = prepared.target
        Exchange(self, prepared.permitted).start(prepared.body, True, self._asker.call)

    def send(self, head: RequestHead, body: bytes) -> Prepared | None:
        """Send a request through `forward`; return it if all calls of the same bytes are permitted."""
        self._target = head.target
        clientele = self._clientele
        limit = clientele.serving.limits.request_body_bytes
        if len(body) > limit:
            self.end(refused(self._invocation.tool, refusal_of(too_large(limit)), clientele.terms.limit))
            return None
        permitted = forward(
            clientele.serving, self, head, body, True, access=clientele.access, pending=self._asker.call
        )
        return None if permitted is None else Prepared(permitted, body, head.target)

    def end(self, result: Result) -> None:
        """End with a result."""
        self._asker.on_result(self.slot, result)

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
        elif len(body) > max(self._clientele.terms.limit, MOST_READ_BYTES):
            self.call.cancel()
            self._end(_CUT, bytes(body), has_more=True)

    def on_failure(self, refusal: Refusal) -> None:
        call, self.call = self.call, None
        if call is None:
            return
        if self._answer is None:
            call.status = refusal.status
        self._clientele.on_record(call.record(refusal.code, self.address))
        limit = self._clientele.terms.limit
        begun = (self._body or b"")[:limit].decode("utf-8", "replace")
        is_text = begun.isprintable() or "\n" in begun
        self.end(self.refused(refusal, limit, begun if is_text else ""))

    def refused(self, refusal: Refusal, limit: int, begun: str) -> Result:
        """Return the result of a call that the gateway refused, or whose answer broke off after `begun`."""
        return refused(self._invocation.tool, refusal, limit, begun)

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
        clientele, invocation = self._clientele, self._invocation
        clientele.on_record(call.record(reason, self.address))
        reply = Reply(invocation, self._target, answer, body, clientele.terms, has_more=has_more)
        try:
            result = result_of(reply)
        except Exception:
            # The exception would end the connection to the API, and the client would wait forever.
            _logger.exception("No result could be made of an answer to %s", invocation.tool.name)
            result = refused(invocation.tool, FAILED, clientele.terms.limit)
        self.end(result)
