"""A call: one request on its way to whoever answers it, the upstream or the app, and what both sides of it must offer."""

from __future__ import annotations

from time import monotonic, time
from typing import TYPE_CHECKING

from plugin_gateway.proxy.request_id import new_request_ids
from plugin_gateway.telemetry.record import AccessRecord

if TYPE_CHECKING:
    from plugin_gateway.errors import UpstreamError
    from plugin_gateway.proxy.asked import Asked
    from plugin_gateway.proxy.downlink import Answer, Downlink
    from plugin_gateway.proxy.upstream import UpstreamConnection
    from plugin_gateway.refusal import Refusal

# What `AccessRecord(...)` comes down to, without the two Python frames that a named tuple puts in between.
_make_record = tuple.__new__


class Client:
    """The side that faces whoever called. It owns the call: it starts it, feeds it, and cancels it when it is gone.

    An abstract class and no protocol, because a compiled call finds the methods of a class without looking up their names.
    """

    __slots__ = ("address", "call")

    def __init__(self, address: str = "") -> None:
        self.address = address
        """The IP address of the client; empty where there is none."""
        self.call: Call | None = None
        """The call under way, put here before it is started."""

    def on_answer(self, answer: Answer, extra: bytes, body: bytes, *, is_complete: bool) -> None:
        """Send the head (`extra` are further field lines) and the first piece of the body, perhaps all of it."""
        raise NotImplementedError

    def on_whole_answer(self, answer: Answer, extra: bytes, body: bytes) -> None:
        """Send an answer that is all there, head and body."""
        raise NotImplementedError

    def on_content(self, data: bytes, *, is_complete: bool) -> None:
        """Send the next piece of the body, perhaps the last."""
        raise NotImplementedError

    def on_failure(self, refusal: Refusal) -> None:
        """Answer with the refusal, or cut the answer short where one has begun, so that it never looks complete."""
        raise NotImplementedError

    def on_continue(self) -> None:
        """Ask for the body that the client holds back (RFC 9110, 10.1.1)."""
        raise NotImplementedError

    def pause_body(self) -> None:
        """Stop delivering the request body."""
        raise NotImplementedError

    def resume_body(self) -> None:
        """Deliver it again."""
        raise NotImplementedError


class Call:
    """What the client's side needs of every kind, and what is recorded of it."""

    __slots__ = (
        "_client",
        "answered_at",
        "asked",
        "bytes_in",
        "bytes_out",
        "cause",
        "request_id",
        "sent_at",
        "started_at",
        "status",
    )

    def __init__(self, client: Client, asked: Asked) -> None:
        self._client = client
        self.asked = asked
        self.request_id = asked.request.request_id or next(new_request_ids)
        self.started_at = self.sent_at = monotonic()
        """When its head was here, and when all of it: what the client took for its body is not the upstream's time."""
        self.answered_at = 0.0
        """When the head of an answer that streams was here; 0 where all of an answer came at once, or none."""
        self.status = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.cause = ""
        """Why it failed, for the operator's log only."""

    def follow(self, pending: Call) -> None:
        """Take the place of a call that waited for the same request to be judged."""
        self.request_id = pending.request_id
        self.started_at = pending.started_at

    def start(self, body: bytes, *, is_whole: bool) -> None:
        """Begin with what there is of the request body."""
        raise NotImplementedError

    def send(self, data: bytes, *, is_last: bool) -> None:
        """Pass on the next piece of the request body."""
        raise NotImplementedError

    def cancel(self) -> None:
        """The client is gone."""
        raise NotImplementedError

    def pause_answer(self) -> None:
        """The client does not take more for now."""
        raise NotImplementedError

    def resume_answer(self) -> None:
        raise NotImplementedError

    def on_tick(self, now: float) -> None:
        """Fail if it is late at `now`."""

    def record(self, reason: str, address: str) -> AccessRecord:
        """What is known of the call when it is over, which is now."""
        return self.record_at(monotonic(), reason, address)

    def record_at(self, now: float, reason: str, address: str) -> AccessRecord:
        """What is known of the call that was over at `now`."""
        asked = self.asked
        return _make_record(
            AccessRecord,
            (
                time(),
                asked.method,
                asked.target,
                asked.rule,
                self.status,
                self.bytes_in,
                self.bytes_out,
                now - self.started_at,
                reason,
                self.request_id,
                address,
                asked.consumer,
                self.cause,
                (self.answered_at or now) - self.sent_at if asked.rule is not None else 0.0,
            ),
        )


class RefusedCall(Call):
    """A call that ends where it begins."""

    __slots__ = ("_refusal",)

    def __init__(self, client: Client, asked: Asked, refusal: Refusal) -> None:
        super().__init__(client, asked)
        self._refusal = refusal

    def start(self, body: bytes, *, is_whole: bool) -> None:  # noqa: ARG002  # it reads none of it
        self._client.on_failure(self._refusal)

    def send(self, data: bytes, *, is_last: bool) -> None:
        """The rest of its body is of no use."""

    def cancel(self) -> None:
        """It is over."""

    def pause_answer(self) -> None:
        """Its answer is one piece."""

    def resume_answer(self) -> None:
        """Its answer is one piece."""


class Receiver(Call):
    """A call that the upstream answers: what a pool and its connections ask of it."""

    __slots__ = ("downlink", "is_over", "is_sent")

    def __init__(self, client: Client, asked: Asked, downlink: Downlink) -> None:
        super().__init__(client, asked)
        self.downlink = downlink
        """How the head of its answer is read."""
        self.is_sent = False
        """All of the request body has come."""
        self.is_over = False

    def on_connected(self, upstream: UpstreamConnection) -> None:
        """Send the request over this connection."""
        raise NotImplementedError

    def on_broken(self, error: UpstreamError) -> None:
        """There is no connection, or it broke, or its answer cannot be read."""
        raise NotImplementedError

    def on_stale(self) -> None:
        """A kept-alive connection was closed before the first byte of an answer."""
        raise NotImplementedError

    def on_whole_answer(self, answer: Answer, body: bytes) -> None:
        """Take an answer that came at once, body and all."""
        raise NotImplementedError

    def on_answer(self, answer: Answer, body: bytes, *, is_complete: bool) -> None:
        """Take the head of an answer and the first piece of its body."""
        raise NotImplementedError

    def on_body(self, data: bytes, *, is_complete: bool) -> None:
        """Take the next piece of the body."""
        raise NotImplementedError

    def on_activity(self) -> None:
        """Bytes came that are no content yet."""
        raise NotImplementedError

    def on_upstream_full(self) -> None:
        """The upstream does not take more of the request body for now."""
        raise NotImplementedError

    def on_upstream_ready(self) -> None:
        raise NotImplementedError
