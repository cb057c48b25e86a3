"""A batch: the requests of one POST in a revision that has batches, and their responses as they come."""

from __future__ import annotations

from typing import Final

from plugin_gateway.mcp.message import INTERNAL_ERROR, Fault, error_response

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
