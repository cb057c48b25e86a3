"""An upload: the request body of one call on its way up, inspected, held or watched, framed for the upstream, and buffered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.proxy.chunked import LAST_CHUNK, chunk
from plugin_gateway.proxy.consent import AS_IT_IS
from plugin_gateway.proxy.held_body import HeldBody, media_type_of
from plugin_gateway.proxy.inspection import inspect
from plugin_gateway.proxy.watched_body import WatchedBody
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.request.invalid_request import joined

if TYPE_CHECKING:
    from plugin_gateway.proxy.inspection import Inspection
    from plugin_gateway.proxy.received import Permitted


class Upload:
    """Takes the body piece by piece, and returns the bytes that may go up."""

    __slots__ = (
        "_inspection",
        "_is_chunked",
        "_kind",
        "_plan",
        "_refused",
        "held",
        "is_awaited",
        "is_paused",
        "pending",
    )

    def __init__(self, permitted: Permitted) -> None:
        plan, request = permitted.plan, permitted.request
        self._plan = plan
        self._is_chunked = request.is_chunked
        self._refused = permitted.shaped.refusal
        self._kind = permitted.body_kind
        self._inspection: Inspection | None = None
        """Made when the first piece comes; a `WatchedBody` is made earlier."""
        self.pending = b""
        """The framed bytes that wait for a connection."""
        self.is_awaited = False
        """Whether the exchange takes a connection only when more of the body comes."""
        self.is_paused = False
        """Whether the client was told to pause."""
        self.held: HeldBody | None = None
        """Gathers the body if no byte may go up before all have come: the operation's shape or a person must judge it."""
        shape = plan.rule.shape
        if shape is None:
            return
        bodies = shape.body
        if bodies is not None and plan.only_reports_bodies:
            # The question for a look comes first: under load most calls get none, and do no further work.
            if plan.looks.take() and bodies.judges(media_type := media_type_of(request)):
                self._inspection = WatchedBody(self._inspect(), bodies, media_type, plan.rule, plan.mismatches)
            bodies = None
        if bodies is None and not shape.needs_approval:
            return
        media_type = media_type_of(request)
        if bodies is not None and bodies.judges(media_type):
            self.held = HeldBody(bodies, media_type, self._refused)
        elif shape.needs_approval:
            self.held = HeldBody(AS_IT_IS, media_type)

    def feed(self, data: bytes, *, is_last: bool) -> bytes | Refusal:
        """Take the next piece of the body. Return what may go up after it, framed, or the refusal of the call."""
        if self._inspection is None:
            self._inspection = self._inspect()
        if self._inspection is not None:
            passed = self._inspection.feed(data, is_last=is_last)
            if isinstance(passed, Refusal):
                return passed if self._refused is None else joined([self._refused, passed])
            data = passed
        if self.held is not None:
            passed = self.held.feed(data, is_last=is_last)
            if self.held.problems:
                self._plan.mismatches.note(self._plan.rule.operation_id, "request", self.held.problems)
            if isinstance(passed, Refusal):
                return passed
            data = passed
        if not self._is_chunked:
            return data
        return chunk(data) + LAST_CHUNK if is_last else chunk(data)

    def _inspect(self) -> Inspection | None:
        return inspect(self._kind, self._plan.body_names) if self._kind else None
