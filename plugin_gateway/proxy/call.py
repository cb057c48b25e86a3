"""A call: one request on its way to the upstream or the app, and the interface of both sides of it."""

from __future__ import annotations

from time import monotonic, time
from typing import TYPE_CHECKING, Final

from plugin_gateway.proxy.request_id import new_request_ids
from plugin_gateway.telemetry.record import AccessRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.errors import UpstreamError
    from plugin_gateway.proxy.answer_head import Answer
    from plugin_gateway.proxy.downlink import Downlink
    from plugin_gateway.proxy.received import Received
    from plugin_gateway.proxy.upstream import UpstreamConnection
    from plugin_gateway.refusal import Refusal

# The same as `AccessRecord(...)`, without the two Python frames of a named tuple's constructor.
_make_record: Final = tuple.__new__
# The same as `next(...)`; compiled code would look up `next` by its name at each call.
_next_id: Final = new_request_ids.__next__


class Client:
    """The client's side. It owns the call: it starts it, feeds it, and cancels it when the client is gone.

    This is an abstract class and not a protocol because compiled code calls the methods of a class without looking up
    their names.
    """

    __slots__ = ("address", "call", "on_begin")

    def __init__(self, address: str = "") -> None:
        self.address = address
        """The IP address of the client; empty if it has none."""
        self.call: Call | None = None
        """The call in flight; it sets itself when it starts."""
        self.on_begin: Callable[[Call], object] | None = None
        """Called with each call when the gateway has decided to forward it, to refuse it or to answer it itself.

        Its access record follows at the end, with the same id. While the caller is unknown, the call has not begun; if it ends
        then, it still has a record.
        """

    def on_answer(self, answer: Answer, extra: bytes, body: bytes, *, is_complete: bool) -> None:
        """Send the head, with `extra` field lines, and the first piece of the body or all of it."""
        raise NotImplementedError

    def on_whole_answer(self, answer: Answer, extra: bytes, body: bytes) -> None:
        """Send a complete answer, head and body."""
        raise NotImplementedError

    def on_content(self, data: bytes, *, is_complete: bool) -> None:
        """Send the next piece of the body, which may be the last."""
        raise NotImplementedError

    def on_failure(self, refusal: Refusal) -> None:
        """Answer with the refusal. If an answer has begun, cut it so that it never looks complete."""
        raise NotImplementedError

    def on_continue(self) -> None:
        """Ask for the body that the client holds back (RFC 9110, 10.1.1)."""
        raise NotImplementedError

    def pause_body(self) -> None:
        """Stop delivering the request body."""
        raise NotImplementedError

    def resume_body(self) -> None:
        """Deliver the request body again."""
        raise NotImplementedError


class Call:
    """The interface of every call to the client's side, and the data for its access record.

    It is an abstract class for the reason that `Client` gives.
    """

    __slots__ = (
        "_client",
        "answered_at",
        "bytes_in",
        "bytes_out",
        "cause",
        "received",
        "request_id",
        "sent_at",
        "started_at",
        "status",
    )

    def __init__(self, client: Client, received: Received) -> None:
        self._client = client
        self.received = received
        self.request_id = received.request.request_id or _next_id()
        self.started_at = self.sent_at = monotonic()
        """When the head had arrived, and when the whole request had. The upload does not count as the upstream's time."""
        self.answered_at = 0.0
        """When the head of a streaming answer arrived; 0 if the answer came at once or not at all."""
        self.status = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.cause = ""
        """Why the call failed, for the operator's log only."""

    def add_trace(self, lines: bytes) -> None:
        """Send these field lines up in place of the client's trace context.

        Called before the call begins. A call that sends nothing up ignores them.
        """

    def start(self, body: bytes, is_whole: bool, pending: Call | None = None) -> None:
        """Become the client's call, and begin with the part of the request body that has arrived.

        `pending` is the call that waited in its place while the caller was judged.
        """
        client = self._client
        client.call = self
        if pending is not None:
            self.request_id = pending.request_id
            self.started_at = pending.started_at
        if client.on_begin is not None:
            client.on_begin(self)
        self._begin(body, is_whole)

    def _begin(self, body: bytes, is_whole: bool) -> None:
        raise NotImplementedError

    def send(self, data: bytes, *, is_last: bool) -> None:
        """Pass on the next piece of the request body."""
        raise NotImplementedError

    def cancel(self) -> None:
        """End the call: the client is gone."""
        raise NotImplementedError

    def pause_answer(self) -> None:
        """Stop sending the answer until `resume_answer`."""
        raise NotImplementedError

    def resume_answer(self) -> None:
        raise NotImplementedError

    def on_tick(self, now: float) -> None:
        """Fail the call if a deadline has passed at `now`."""

    def record(self, reason: str, address: str) -> AccessRecord:
        """Return the record of a call that ends now."""
        return self.record_at(monotonic(), reason, address)

    def record_at(self, now: float, reason: str, address: str) -> AccessRecord:
        """Return the record of a call that ended at `now`."""
        received = self.received
        return _make_record(
            AccessRecord,
            (
                time(),
                received.method,
                received.target,
                received.rule,
                self.status,
                self.bytes_in,
                self.bytes_out,
                now - self.started_at,
                reason,
                self.request_id,
                address,
                received.consumer,
                self.cause,
                (self.answered_at or now) - self.sent_at if received.rule is not None else 0.0,
            ),
        )


class RefusedCall(Call):
    """A call that is refused when it begins."""

    __slots__ = ("_refusal",)

    def __init__(self, client: Client, received: Received, refusal: Refusal) -> None:
        super().__init__(client, received)
        self._refusal = refusal

    def _begin(self, body: bytes, is_whole: bool) -> None:  # noqa: ARG002  # it ignores the body
        self._client.on_failure(self._refusal)

    def send(self, data: bytes, *, is_last: bool) -> None:
        """Ignore the rest of the body."""

    def cancel(self) -> None:
        """Do nothing: the call has ended."""

    def pause_answer(self) -> None:
        """Its answer is one piece."""

    def resume_answer(self) -> None:
        """Its answer is one piece."""


class Receiver(Call):
    """A call that the upstream answers: the interface for the pool and its connections.

    It is an abstract class for the reason that `Client` gives.
    """

    __slots__ = ("downlink", "is_over", "is_sent")

    downlink: Downlink
    """Reads the head of the answer."""
    is_sent: bool
    """Whether the whole request body has come."""
    is_over: bool

    def on_connected(self, upstream: UpstreamConnection) -> None:
        """Send the request over this connection."""
        raise NotImplementedError

    def on_broken(self, error: UpstreamError) -> None:
        """Fail: there is no connection, it broke, or its answer cannot be read."""
        raise NotImplementedError

    def on_stale(self) -> None:
        """Retry or fail: a kept-alive connection was closed before the first byte of an answer."""
        raise NotImplementedError

    def on_whole_answer(self, answer: Answer, body: bytes) -> None:
        """Take an answer that came at once, with its body."""
        raise NotImplementedError

    def on_answer(self, answer: Answer, body: bytes, *, is_complete: bool) -> None:
        """Take the head of an answer and the first piece of its body."""
        raise NotImplementedError

    def on_body(self, data: bytes, *, is_complete: bool) -> None:
        """Take the next piece of the body."""
        raise NotImplementedError

    def on_activity(self) -> None:
        """Note that bytes came that are not content yet."""
        raise NotImplementedError

    def on_upstream_full(self) -> None:
        """Stop the request body: the upstream accepts no more for now."""
        raise NotImplementedError

    def on_upstream_ready(self) -> None:
        raise NotImplementedError
