"""What a call asks: its field lines, its method and target, and, once it is permitted, the head that goes up for it.

Clients repeat themselves. All but the request line is mostly the same from call to call, so what follows from the field lines
alone is found once; and what follows from all of a head is found once for all calls with that head.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.proxy.request_id import FIELD

if TYPE_CHECKING:
    from plugin_gateway.gate.permit import OperationRule, Permit
    from plugin_gateway.proxy.door import Access
    from plugin_gateway.proxy.plan import Plan
    from plugin_gateway.proxy.uplink import Uplink
    from plugin_gateway.proxy.wire import RequestFields


class FieldBlock:
    """The cache of one serving revision for one sequence of field lines. `request`, what they say, never changes."""

    __slots__ = ("_lines", "_lines_of", "access", "access_until", "request")

    def __init__(self, request: RequestFields) -> None:
        self.request = request
        self.access: Access | None = None
        """What the caller may do, until `access_until` in seconds of `time.time`; None while that is not known."""
        self.access_until = 0.0
        self._lines = b""
        self._lines_of: Uplink | None = None

    def lines_for(self, uplink: Uplink) -> bytes:
        """The field lines that go up by an uplink. Those for the uplink that was asked last are kept."""
        if self._lines_of is not uplink:
            self._lines = uplink.lines(self.request)
            self._lines_of = uplink
        return self._lines


class Asked:
    """What is asked by a call. It never changes, so that all calls of the same bytes can share it.

    `target` is as the client sent it; `rule` is that of the operation, None for what the app answers or what is not judged
    yet. A rule tells more than a target, which then may be the path alone.
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


class Permitted(Asked):
    """A request that may go up: by which plan, and with which head."""

    __slots__ = ("access", "block", "body_kind", "head", "permit", "plan")

    def __init__(
        self, access: Access, plan: Plan, method: bytes, permit: Permit, block: FieldBlock, body_kind: int
    ) -> None:
        super().__init__(block.request, method, permit[1], permit[0], access.consumer)
        self.access = access
        self.plan = plan
        self.permit = permit
        self.block = block
        self.body_kind = body_kind
        """How its body is inspected (`gate.media_type`)."""
        self.head = self.head_for(plan.uplink) if plan.granted is None else b""
        """See `head_for`; empty where it depends on a token that is yet to be got."""

    def head_for(self, uplink: Uplink) -> bytes:
        """The head that goes up, as far as it is the same for every call of these bytes: the request id comes after it."""
        query, injected = self.permit[2], uplink.query
        if query and injected:
            query = b"?" + query + b"&" + injected
        elif query or injected:
            query = b"?" + (query or injected)
        lines = self.block.lines_for(uplink)
        return b"".join((self.method, b" ", uplink.prefix, self.permit[1], query, uplink.after_target, lines, FIELD))
