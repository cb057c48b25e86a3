"""A batch: the requests of one POST in a revision that has batches, and their responses as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.mcp.message import INTERNAL_ERROR, INVALID_REQUEST, Fault, Message, error_response

if TYPE_CHECKING:
    from plugin_gateway.mcp.message import Read

MOST_ANSWER_BYTES: Final = 8 * 1024 * 1024
"""Two of the largest pages of tools. Without a limit, one POST could make the gateway write fifty."""


class Batch:
    """Collects the responses of a batch in the order of its requests. The place of a request in this order is its slot."""

    __slots__ = ("_bytes", "_requests", "_responses")

    def __init__(self, found: list[Read]) -> None:
        """Take all that was read of a batch."""
        self._requests = [one for one in found if isinstance(one, Fault) or one.id]
        self._responses = [b""] * len(self._requests)
        self._bytes = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is no response: there was no request, or the client has withdrawn all of them."""
        return not self._bytes

    def asked(self) -> list[tuple[int, Message]]:
        """Return the requests to answer, with their slots. The others get their errors."""
        asked: list[tuple[int, Message]] = []
        for slot, one in enumerate(self._requests):
            if isinstance(one, Fault):
                self.put(slot, error_response(one))
            elif one.method == "initialize":
                fault = Fault(INVALID_REQUEST, "`initialize` must not be part of a batch.", one.id)
                self.put(slot, error_response(fault))
            else:
                asked.append((slot, one))
        return asked

    def id_of(self, slot: int) -> bytes:
        return self._requests[slot].id

    def put(self, slot: int, response: bytes) -> None:
        """Store a response. If the answer is full, store an error in its place."""
        if self._bytes + len(response) > MOST_ANSWER_BYTES:
            detail = f"The responses of this batch exceed {MOST_ANSWER_BYTES} bytes. Send this request by itself."
            response = error_response(Fault(INTERNAL_ERROR, detail, self.id_of(slot)))
        self._bytes += len(response)
        self._responses[slot] = response

    def fill(self, fault: Fault) -> None:
        """Give the requests that have no response yet this error."""
        for slot, one in enumerate(self._requests):
            if not self._responses[slot]:
                self.put(slot, error_response(fault.for_request(one.id)))

    def answer(self) -> bytes:
        """Return the responses as one JSON array. A request that was withdrawn has none."""
        return b"[" + b",".join([one for one in self._responses if one]) + b"]"
