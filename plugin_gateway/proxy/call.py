"""A call: one request on its way to whoever answers it, the upstream or the app, and what both sides of it must offer."""

from __future__ import annotations

from time import monotonic, time
from typing import TYPE_CHECKING, Protocol

from plugin_gateway.proxy.request_id import new_request_ids
from plugin_gateway.telemetry.record import AccessRecord

if TYPE_CHECKING:
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.proxy.downlink import Answer
    from plugin_gateway.proxy.wire import RequestFields
    from plugin_gateway.refusal import Refusal

# What `AccessRecord(...)` comes down to, without the two Python frames that a named tuple puts in between.
_make_record = tuple.__new__


class Client(Protocol):
    """The side that faces whoever called. It owns the call: it starts it, feeds it, and cancels it when it is gone."""

    @property
    def address(self) -> str:
        """Where the client called from."""

    def on_answer(self, answer: Answer, extra: bytes, body: bytes, *, is_complete: bool) -> None:
        """Send the head (`extra` are further field lines) and the first piece of the body, perhaps all of it."""

    def on_whole_answer(self, answer: Answer, extra: bytes, body: bytes) -> None:
        """Send an answer that is all there, head and body."""

    def on_content(self, data: bytes, *, is_complete: bool) -> None:
        """Send the next piece of the body, perhaps the last."""

    def on_failure(self, refusal: Refusal) -> None:
        """Answer with the refusal, or cut the answer short where one has begun, so that it never looks complete."""

    def on_became(self, call: Call) -> None:
        """Take another call for the one that was pending; it is about to be started."""

    def on_continue(self) -> None:
        """Ask for the body that the client holds back (RFC 9110, 10.1.1)."""

    def pause_body(self) -> None:
        """Stop delivering the request body."""

    def resume_body(self) -> None:
        """Deliver it again."""


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


class Call:
    """What the client's side needs of either kind, and what is recorded of it."""

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


def refusal_record(
    refusal: Refusal, method: bytes, target: bytes, size: int, *, request_id: bytes, client: str, consumer: str = ""
) -> AccessRecord:
    """What is known of a request that became no call; `size` is that of the answer's body."""
    return AccessRecord(
        time(), method, target, None, refusal.status, 0, size, 0.0, refusal.code, request_id, client, consumer
    )
