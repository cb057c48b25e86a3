"""A received request, with the results that later calls with the same bytes share.

Clients repeat themselves: mostly only the request line changes between calls. `FieldBlock` keeps what was computed from field
lines for all calls with the same lines; `Received` and `Permitted` keep what was computed from a whole head for all calls with
that head.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.gate.media_type import OPAQUE, judge_body

if TYPE_CHECKING:
    from plugin_gateway.gate.permit import OperationRule, Permit
    from plugin_gateway.proxy.door import Access
    from plugin_gateway.proxy.endpoint import Note
    from plugin_gateway.proxy.plan import Plan
    from plugin_gateway.proxy.uplink import Uplink
    from plugin_gateway.proxy.wire import RequestFields
    from plugin_gateway.refusal import Refusal

_CLIENTS_TRACE: Final = re.compile(rb"(?<=\r\n)(?:traceparent|tracestate):[^\r\n]*\r\n", re.IGNORECASE)


class FieldBlock:
    """The results of one revision for one sequence of field lines. `request`, the parsed lines, never changes."""

    __slots__ = ("_kind", "_kind_for", "_rest", "_rest_of", "access", "access_until", "note", "request")

    def __init__(self, request: RequestFields) -> None:
        self.request = request
        self.access: Access | None = None
        """The caller's access until `access_until`, in seconds of `time.time`; None while it is unknown."""
        self.access_until = 0.0
        self.note: Note | None = None
        self._rest = b""
        self._rest_of: Uplink | None = None
        self._kind: int | Refusal = OPAQUE
        self._kind_for: OperationRule | None = None

    def body_kind(self, rule: OperationRule) -> int | Refusal:
        """Judge the type of the body, as `judge_body` does. The result for the last operation is kept."""
        if self._kind_for is not rule:
            request = self.request
            self._kind = judge_body(rule, request.values(b"content-type"), request.values(b"content-encoding"))
            self._kind_for = rule
        return self._kind

    def after_target(self, uplink: Uplink) -> bytes:
        """Return the head that goes up by an uplink, after its target. The result for the last uplink is kept."""
        if self._rest_of is not uplink:
            self._rest = uplink.after_target(self.request)
            self._rest_of = uplink
        return self._rest


class Received:
    """The request of a call. It never changes, so all calls with the same bytes share it.

    `target` is as the client sent it, with the mount. `rule` is the operation's rule, or None if the app answers the request or
    the gate has not judged it yet. With a rule, `target` may be the path alone, without the mount.
    """

    __slots__ = ("consumer", "is_head", "method", "request", "rule", "target")

    def __init__(
        self,
        request: RequestFields,
        method: bytes,
        target: bytes,
        rule: OperationRule | None = None,
        consumer: str = "",
    ) -> None:
        self.request = request
        self.method = method
        self.target = target
        self.rule = rule
        self.consumer = consumer
        self.is_head = method == b"HEAD"


class Permitted(Received):
    """A request that may go up, with its plan and its head."""

    __slots__ = ("access", "block", "body_kind", "head", "is_judged", "lines", "permit", "plan", "refused", "selection")

    def __init__(
        self,
        access: Access,
        plan: Plan,
        method: bytes,
        permit: Permit,
        block: FieldBlock,
        body_kind: int,
        lines: bytes = b"",
        selection: tuple[tuple[str, ...], ...] | None = None,
        refused: Refusal | None = None,
        is_judged: bool = True,
    ) -> None:
        # As `Received.__init__` does, without another frame for each new head.
        self.request = block.request
        self.method = method
        self.rule, self.target, _ = permit
        self.consumer = access.consumer
        self.is_head = method == b"HEAD"
        self.access = access
        self.plan = plan
        self.permit = permit
        self.block = block
        self.body_kind = body_kind
        """How to inspect its body (`gate.media_type`)."""
        self.selection = selection
        """The places of the answer that the caller asked for, as tokens of JSON pointers; None for the whole answer."""
        self.refused = refused
        """The refusal of its parameters, which waits for the problems of its body. If it is set, nothing goes up."""
        self.is_judged = is_judged
        """Whether each step that depends on the bytes judged them. A shape that only reports skips most requests of a busy
        worker."""
        self.lines = lines
        """Field lines that the operation's shape adds to the head."""
        self.head = self.head_for(plan.uplink) if plan.granted is None else b""
        """See `head_for`. Empty if the head depends on a token that the gateway still has to get."""

    def is_due(self) -> bool:
        """Whether to judge the remembered request again: a report skipped it, and the worker has a look to spare now."""
        return not self.is_judged and self.plan.looks.take()

    def head_for(self, uplink: Uplink) -> bytes:
        """Return the head that goes up, without the request id, which differs from call to call."""
        query, injected = self.permit[2], uplink.query
        if query and injected:
            query = b"?" + query + b"&" + injected
        elif query or injected:
            query = b"?" + (query or injected)
        rest = self.block.after_target(uplink)
        if self.lines:
            # After the request line; the block keeps its lines for calls without a shape.
            rest = rest.replace(b"\r\n", b"\r\n" + self.lines, 1)
        return b"".join((self.method, b" ", uplink.prefix, self.permit[1], query, rest))


class Traced(Permitted):
    """One request that may go up, with its own trace context in place of the client's."""

    __slots__ = ("_trace",)

    def __init__(self, permitted: Permitted, trace: bytes) -> None:
        """Copy a permitted request, which other calls may share; `trace` are the field lines."""
        self._trace = trace
        super().__init__(
            permitted.access,
            permitted.plan,
            permitted.method,
            permitted.permit,
            permitted.block,
            permitted.body_kind,
            permitted.lines,
            permitted.selection,
            permitted.refused,
            permitted.is_judged,
        )

    def head_for(self, uplink: Uplink) -> bytes:
        head = _CLIENTS_TRACE.sub(b"", super().head_for(uplink))
        return head.replace(b"\r\n", b"\r\n" + self._trace, 1)
