"""An MCP call: one POST to the endpoint, from its body to its answer, with the tool calls that its messages make."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Final, assert_never

from plugin_gateway.mcp.batch import Batch
from plugin_gateway.mcp.era import Era, era_of_post, unsupported
from plugin_gateway.mcp.http_answer import EVENTS, JSON, EventStream, Heads, event_of, status_of
from plugin_gateway.mcp.message import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    NO_ID,
    Fault,
    Message,
    error_response,
    notification,
    read,
    response,
)
from plugin_gateway.mcp.result import Result
from plugin_gateway.mcp.service import Invocation, Listening
from plugin_gateway.mcp.tool_call import Asker
from plugin_gateway.proxy.call import Call
from plugin_gateway.proxy.own_answer import FAILED
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from plugin_gateway.mcp.caller import Caller
    from plugin_gateway.mcp.message import Read
    from plugin_gateway.mcp.mirror import Mirror
    from plugin_gateway.mcp.tool_call import ToolCall
    from plugin_gateway.mcp.under_way import UnderWay
    from plugin_gateway.proxy.call import Client

PROGRESS_AFTER_S: Final = 1.0
"""An answer within this time is plain JSON. After it, a client that asked for progress gets an event in each such interval."""
TOO_MANY_BODIES: Final = Refusal(
    status=503,
    code="too-many-calls",
    detail="The gateway holds too many unfinished messages; try again shortly.",
    headers=((b"Retry-After", b"1"),),
)
INTERNAL: Final = Fault(INTERNAL_ERROR, FAILED.detail)

_logger = logging.getLogger("plugin_gateway.mcp")


class McpCall(Call):
    """One POST, whose messages the caller's service answers.

    The tool calls of a batch run beside each other, and one answer has the responses to all its requests.
    """

    __slots__ = (
        "_batch",
        "_body",
        "_caller",
        "_calls",
        "_era",
        "_events",
        "_head",
        "_id",
        "_is_over",
        "_left",
        "_mirror",
        "_subscription",
        "_token",
        "_under_way",
    )

    def __init__(self, client: Client, caller: Caller, mirror: Mirror, under_way: UnderWay) -> None:
        super().__init__(client, caller.received)
        self._head = mirror.head
        self._mirror = mirror
        self._caller = caller
        self._under_way = under_way
        self._body: bytearray | None = None
        """The part of a body that has come, if it does not come at once."""
        self._batch: Batch | None = None
        """None while the body is unread, and for one message."""
        self._calls: tuple[ToolCall, ...] = ()
        self._id = b""
        """The id of the request; empty for a notification and for a batch."""
        self._left = 0
        """The number of tool calls without a result."""
        self._era: Era | None = None
        self._is_over = False
        self._events: EventStream | None = None
        """The answer, if it has begun as a stream of events."""
        self._token: str | int | None = None
        self._subscription = b""

    def _begin(self, body: bytes, is_whole: bool) -> None:
        if is_whole:
            self.bytes_in = len(body)
            self._run(body)
            return
        if not body and self.received.request.expects_continue:
            self._client.on_continue()
        self.send(body, is_last=False)

    def send(self, data: bytes, *, is_last: bool) -> None:
        self.bytes_in += len(data)
        if self._is_over:
            return
        body = self._body
        if body is None:
            body = self._body = bytearray()
        body += data
        self._under_way.held_bytes += len(data)
        if is_last:
            self.sent_at = monotonic()
            self._release(body)
            self._run(bytes(body))
        elif self._under_way.held_bytes > self._under_way.most_held_bytes:
            self._end()
            self._client.on_failure(TOO_MANY_BODIES)

    def cancel(self) -> None:
        """End the call: the client is gone, which cancels its requests (Streamable HTTP, "Cancellation")."""
        self._stop("client-gone")

    def pause_answer(self) -> None:
        """Do nothing: the events of an answer are few and small."""

    def resume_answer(self) -> None:
        """Do nothing: the events of an answer are few and small."""

    def on_tick(self, now: float) -> None:
        for call in self._calls:
            call.on_tick(now)
        if self._is_over:
            return
        events = self._events
        if self._token is not None and self._left:
            spoke_at = events.spoke_at if events is not None else self.sent_at
            if now - spoke_at >= PROGRESS_AFTER_S:
                elapsed_s = round(now - self.sent_at, 1)
                params = {"progressToken": self._token, "progress": elapsed_s, "message": "Waiting for the API."}
                self._tell(notification("notifications/progress", params)).spoke_at = now
        elif events is not None:
            events.on_tick(now)

    def on_withdrawn(self, id_: bytes) -> None:
        """End a request without a response: the client sent `notifications/cancelled` for its id."""
        if self._is_over:
            return
        batch = self._batch
        if batch is not None:
            for call in self._calls:
                if call.call is not None and batch.id_of(call.slot) == id_:
                    call.cancel("client-cancelled")
                    self._left -= 1
            self._finish_batch(batch)
            return
        self._stop("client-cancelled")
        if self._events is not None:
            self._events.end()
        else:
            self._answer(202, b"")

    def on_tools_changed(self) -> None:
        """Tell a subscriber that the list of tools may have changed."""
        if self._subscription and not self._is_over:
            self._tell(
                b'{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":'
                b'{"io.modelcontextprotocol/subscriptionId":%b}}}' % self._subscription
            )

    def on_drain(self) -> None:
        """End a subscription: the worker stops."""
        if self._subscription and not self._is_over:
            self._finish(200, response(self._subscription, self._caller.clientele.service.closed(self._subscription)))

    # The messages

    def _run(self, data: bytes) -> None:
        try:
            self._take(data)
        except Exception as error:  # noqa: BLE001  # `_fail` logs it
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Answer although the gateway itself failed: without an answer the client would wait forever."""
        if self._is_over:
            raise error
        _logger.error("A message to the MCP endpoint could not be answered", exc_info=error)
        calls = self._calls
        self._finish(500, self._failure())
        for call in calls:
            call.cancel(FAILED.code)

    def _failure(self) -> bytes:
        if self._batch is None:
            return error_response(INTERNAL.for_request(self._id or NO_ID))
        self._batch.fill(INTERNAL)
        return self._batch.answer()

    def _take(self, data: bytes) -> None:
        found = read(data)
        if isinstance(found, list):
            era = self._head.era
            if era is None:
                self._refuse(unsupported(self._head.version.decode("latin-1")))
            elif era.has_batches:
                self._take_batch(found, era)
            else:
                self._refuse(Fault(INVALID_REQUEST, "This revision has no batches: send one message."))
            return
        if isinstance(found, Fault):
            self._refuse(found)
            return
        self._id = found.id
        judged = era_of_post(found, self._mirror, self._caller.clientele.service.mirrored)
        if isinstance(judged, Fault):
            self._refuse(judged.for_request(found.id) if found.id else judged)
            return
        if not found.id:
            self._take_notice(found, judged)
            self._answer(202, b"")
            return
        self._era = judged
        self._ask(0, found, judged)

    def _take_batch(self, found: list[Read], era: Era) -> None:
        self._era = era
        for one in found:
            if isinstance(one, Message) and not one.id:
                self._take_notice(one, era)
        batch = self._batch = Batch(found)
        # Hold the answer back until the last request has begun.
        self._left = 1
        for slot, message in batch.asked():
            self._ask(slot, message, era)
        self._left -= 1
        self._finish_batch(batch)

    def _take_notice(self, message: Message, era: Era) -> None:
        """Act on a notification: a legacy client withdraws a request that it sent in another POST."""
        if message.method == "notifications/cancelled" and not era.is_modern:
            self._under_way.withdraw(self.received.request, message.params.get("requestId"))

    def _ask(self, slot: int, message: Message, era: Era) -> None:
        service = self._caller.clientele.service
        answer = service.answer(era, message)
        match answer:
            case Invocation():
                self._call_tool(slot, message, answer, era)
            case bytes():
                self._respond(slot, response(message.id, answer))
            case Result():
                self._respond(slot, service.finished_response(era, message.id, answer))
            case Listening():
                self._listen(message.id, answer)
            case Fault():
                self.cause = _cause(answer)
                self._respond(slot, error_response(answer.for_request(message.id)), status_of(answer, era))
            case _:
                assert_never(answer)

    def _call_tool(self, slot: int, message: Message, invocation: Invocation, era: Era) -> None:
        self._left += 1
        meta = message.meta
        if meta:
            token = meta.get("progressToken")
            if (isinstance(token, str) or type(token) is int) and self._head.takes_events and self._id:
                self._token = token
        client = self._client
        asker = Asker(self._on_result, client.address, self, client.on_begin)
        call = self._caller.call(invocation, message, slot, asker)
        if call.call is not None:
            self._calls += (call,)
            if not era.is_modern and self.received.request.authorizations:
                self._under_way.enter(self.received.request, message.id, self)

    def _on_result(self, slot: int, result: Result) -> None:
        era = self._era
        if self._is_over or era is None:
            return
        self._left -= 1
        try:
            self._respond(slot, self._caller.clientele.service.finished_response(era, self._id_of(slot), result))
        except Exception as error:  # noqa: BLE001  # `_fail` logs it
            self._fail(error)

    def _listen(self, id_: bytes, wanted: Listening) -> None:
        if not self._head.takes_events:
            self._refuse(Fault(INVALID_REQUEST, "A subscription needs `Accept: text/event-stream`.", id_))
            return
        self._tell(wanted.acknowledged(id_))
        self._subscription = id_
        self._under_way.subscribe(self, has_tools=wanted.has_tools)

    # The answer

    def _refuse(self, fault: Fault) -> None:
        self.cause = _cause(fault)
        self._finish(400, error_response(fault))

    def _id_of(self, slot: int) -> bytes:
        return self._id if self._batch is None else self._batch.id_of(slot)

    def _respond(self, slot: int, done: bytes, status: int = 200) -> None:
        batch = self._batch
        if batch is None:
            self._finish(status, done)
        else:
            batch.put(slot, done)
            self._finish_batch(batch)

    def _finish_batch(self, batch: Batch) -> None:
        if self._left or self._is_over:
            return
        if batch.is_empty:
            self._answer(202, b"")
        else:
            self._finish(200, batch.answer())

    def _finish(self, status: int, message: bytes) -> None:
        """Send the response, as JSON or as the last event."""
        if self._is_over:
            return
        if self._events is not None:
            self._end()
            self._events.send(message, is_last=True)
        elif self._head.takes_json or status != 200:
            self._answer(status, message)
        else:
            self._answer(status, event_of(message), EVENTS)

    def _answer(self, status: int, body: bytes, lines: bytes = JSON) -> None:
        self._end()
        self.status = status
        self.bytes_out = len(body)
        self._client.on_whole_answer(_heads.get(status, lines, len(body)), self._head.cors, body)

    def _tell(self, message: bytes) -> EventStream:
        """Send a message before the response."""
        events = self._events
        if events is None:
            events = self._events = EventStream(self._client, self, self._head.cors, message)
        else:
            events.send(message)
        return events

    def _stop(self, reason: str) -> None:
        calls = self._calls
        self._end()
        for call in calls:
            call.cancel(reason)

    def _release(self, body: bytearray) -> None:
        self._under_way.held_bytes -= len(body)
        self._body = None

    def _end(self) -> None:
        self._is_over = True
        if self._body is not None:
            self._release(self._body)
        if self._subscription or self._calls:
            self._under_way.leave(self)
            # Each tool call refers to this call. Without the cycle, no garbage collection is needed.
            self._calls = ()


def _cause(fault: Fault) -> str:
    """Return the cause for the log. The text of a fault may quote the client, so it is left out."""
    return f"JSON-RPC error {fault.code}"


_heads: Final = Heads()
