"""A received request, with the results that later calls with the same bytes share.

Clients repeat themselves: mostly only the request line changes between calls. `FieldBlock` keeps what was computed from field
lines for all calls with the same lines; `Received` and `Permitted` keep what was computed from a whole head for all calls with
that head.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.gate.media_type import OPAQUE, judge_body
from plugin_gateway.proxy.shaped_request import UNSHAPED, Shaped

if TYPE_CHECKING:
    from plugin_gateway.gate.media_type import ContentKind
    from plugin_gateway.gate.permit import OperationRule, Permit
    from plugin_gateway.proxy.door import Access
    from plugin_gateway.proxy.forward import RequestHead
    from plugin_gateway.proxy.plan import Plan
    from plugin_gateway.proxy.uplink import Uplink
    from plugin_gateway.proxy.wire import RequestFields
    from plugin_gateway.refusal import Refusal

_CLIENTS_TRACE: Final = re.compile(rb"(?<=\r\n)(?:traceparent|tracestate):[^\r\n]*\r\n", re.IGNORECASE)


class FieldBlock:
    """The results of one revision for one sequence of field lines. `request`, the parsed lines, never changes."""

    __slots__ = ("_access", "_access_until", "_kind", "_kind_for", "_rest", "_rest_of", "request")

    def __init__(self, request: RequestFields) -> None:
        self.request = request
        self._access: Access | None = None
        self._access_until = 0.0
        self._rest = b""
        self._rest_of: Uplink | None = None
        self._kind: ContentKind | Refusal = OPAQUE
        self._kind_for: OperationRule | None = None

    def keep_access(self, access: Access, until: float) -> None:
        """Keep the access that the door gives to the caller until a time of `time.time`."""
        self._access = access
        self._access_until = until

    def access_at(self, now: float) -> Access | None:
        """Return the caller's access; None if it is unknown or no longer valid at a time of `time.time`."""
        return self._access if now < self._access_until else None

    def body_kind(self, rule: OperationRule) -> ContentKind | Refusal:
        """Judge the type of the body, as `judge_body` does. Keep the result for the last operation."""
        if self._kind_for is not rule:
            request = self.request
            self._kind = judge_body(rule, request.values(b"content-type"), request.values(b"content-encoding"))
            self._kind_for = rule
        return self._kind

    def after_target(self, uplink: Uplink) -> bytes:
        """Return the head that goes up by an uplink, after its target. Keep the result for the last uplink."""
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

    __slots__ = ("access", "block", "body_kind", "head", "is_lasting", "plan", "query", "shaped")

    def __init__(
        self,
        plan: Plan,
        access: Access,
        head: RequestHead,
        permit: Permit,
        body_kind: ContentKind = OPAQUE,
        shaped: Shaped = UNSHAPED,
    ) -> None:
        # As `Received.__init__` does, without another frame for each new head.
        self.method = method = head.method
        self.block = block = head.block
        self.request = block.request
        self.rule, self.target, self.query = permit
        self.consumer = access.consumer
        self.is_head = method == b"HEAD"
        self.access = access
        self.plan = plan
        self.body_kind = body_kind
        """How to inspect its body (`gate.media_type`)."""
        self.shaped = shaped
        self.is_lasting = access.is_lasting and shaped.is_judged
        """Whether the request need not be judged again, however often its bytes come."""
        self.head = self.head_for(plan.uplink) if plan.granted is None else b""
        """See `head_for`. Empty if the head depends on a token that the gateway still has to get."""

    def is_due(self) -> bool:
        """Whether to judge this request now: report mode skipped it, and the worker's budget has room."""
        return not self.shaped.is_judged and self.plan.looks.take()

    def head_for(self, uplink: Uplink) -> bytes:
        """Return the head that goes up, without the request id, which differs from call to call."""
        query, injected = self.query, uplink.query
        if query and injected:
            query = b"?" + query + b"&" + injected
        elif query or injected:
            query = b"?" + (query or injected)
        rest = self.block.after_target(uplink)
        if self.shaped.lines:
            # After the request line; the block keeps its lines for calls without a shape.
            rest = _with_lines(rest, self.shaped.lines)
        return b"".join((self.method, b" ", uplink.prefix, self.target, query, rest))


def traced_head(head: bytes, lines: bytes) -> bytes:
    """Return the head of a call with the `lines` of its trace context in place of the client's."""
    return _with_lines(_CLIENTS_TRACE.sub(b"", head), lines)


def _with_lines(head: bytes, lines: bytes) -> bytes:
    """Return a head with more field lines after its first line."""
    return head.replace(b"\r\n", b"\r\n" + lines, 1)
