"""A batch call: one POST in a revision that has batches. Its body is one message, or a batch of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.mcp.call import INTERNAL, McpCall
from plugin_gateway.mcp.message import INTERNAL_ERROR, INVALID_REQUEST, Fault, Message, error_response

if TYPE_CHECKING:
    from plugin_gateway.mcp.caller import Caller
    from plugin_gateway.mcp.era import Era
    from plugin_gateway.mcp.message import Read
    from plugin_gateway.mcp.mirror import Mirror
    from plugin_gateway.mcp.under_way import UnderWay
    from plugin_gateway.proxy.call import Client
    from plugin_gateway.proxy.received import Received

MOST_ANSWER_BYTES: Final = 8 * 1024 * 1024
"""Two of the largest pages of tools. Without a limit, one POST could make the gateway write fifty."""


class Batch:
    """Collects the responses of a batch in the order of its requests."""

    __slots__ = ("_bytes", "_ids", "_responses")

    def __init__(self, ids: list[bytes]) -> None:
        self._ids = ids
        self._responses = [b""] * len(ids)
        self._bytes = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is no response: the client has withdrawn all requests."""
        return not self._bytes

    def id_of(self, slot: int) -> bytes:
        return self._ids[slot]

    def put(self, slot: int, response: bytes) -> None:
        """Take a response; one for which the answer has no room becomes an error."""
        if self._bytes + len(response) > MOST_ANSWER_BYTES:
            detail = f"The responses of this batch exceed {MOST_ANSWER_BYTES} bytes. Send this request by itself."
            response = error_response(Fault(INTERNAL_ERROR, detail, self._ids[slot]))
        self._bytes += len(response)
        self._responses[slot] = response

    def fill(self, fault: Fault) -> None:
        """Give the requests that have no response yet this error."""
        for slot, id_ in enumerate(self._ids):
            if not self._responses[slot]:
                self.put(slot, error_response(fault.for_request(id_)))

    def answer(self) -> bytes:
        """Return the responses as one JSON array. A request that was withdrawn has none."""
        return b"[" + b",".join([one for one in self._responses if one]) + b"]"


class BatchCall(McpCall):
    """The tool calls of a batch run beside each other, and one answer has the responses to all its requests."""

    __slots__ = ("_batch",)

    def __init__(self, client: Client, received: Received, mirror: Mirror, caller: Caller, under_way: UnderWay) -> None:
        super().__init__(client, received, mirror, caller, under_way)
        self._batch: Batch | None = None
        """None while the body is unread, and for one message."""

    def on_withdrawn(self, id_: bytes) -> None:
        batch = self._batch
        if batch is None:
            super().on_withdrawn(id_)
            return
        for call in self._calls:
            if call.call is not None and batch.id_of(call.slot) == id_:
                call.cancel("client-cancelled")
                self._left -= 1
        self._finish_if_done(batch)

    def _take_batch(self, found: list[Read], era: Era) -> None:
        self._era = era
        requests = [one for one in found if isinstance(one, Fault) or one.id]
        for one in found:
            if isinstance(one, Message) and not one.id:
                self._take_notice(one, era)
        if not requests:
            self._answer(202, b"")
            return
        self._batch = batch = Batch([one.id for one in requests])
        # Hold the answer back until the last request has begun.
        self._left = 1
        for slot, one in enumerate(requests):
            if isinstance(one, Fault):
                batch.put(slot, error_response(one))
            elif one.method == "initialize":
                fault = Fault(INVALID_REQUEST, "`initialize` must not be part of a batch.", one.id)
                batch.put(slot, error_response(fault))
            else:
                self._ask(slot, one, era)
        self._left -= 1
        self._finish_if_done(batch)

    def _id_of(self, slot: int) -> bytes:
        return self._id if self._batch is None else self._batch.id_of(slot)

    def _failure(self) -> bytes:
        if self._batch is None:
            return super()._failure()
        self._batch.fill(INTERNAL)
        return self._batch.answer()

    def _respond(self, slot: int, done: bytes, status: int = 200) -> None:
        if self._batch is None:
            super()._respond(slot, done, status)
        else:
            self._batch.put(slot, done)
            self._finish_if_done(self._batch)

    def _finish_if_done(self, batch: Batch) -> None:
        if self._left or self._is_over:
            return
        if batch.is_empty:
            self._answer(202, b"")
        else:
            self._finish(200, batch.answer())
