"""An exchange: one call on its way up and its answer on the way down, streaming, with backpressure both ways.

Callbacks, no task: the client side calls `send` and `end`, the upstream side calls `on_answer` and `on_body`, each at the
moment its bytes arrive. Nothing is buffered here but what comes before there is a connection.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Protocol

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.call import Call
from plugin_gateway.proxy.chunked import LAST_CHUNK, chunk
from plugin_gateway.proxy.coding import ContentDecoder, unreadable
from plugin_gateway.proxy.entrance import Entrance
from plugin_gateway.proxy.inspection import inspect
from plugin_gateway.proxy.masking import MaskedBody
from plugin_gateway.proxy.overflow import CappedAnswer
from plugin_gateway.proxy.own_answer import refusal_of
from plugin_gateway.proxy.place import place
from plugin_gateway.refusal import CREDENTIAL_REFUSED, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.proxy.call import Client
    from plugin_gateway.proxy.downlink import Answer
    from plugin_gateway.proxy.granted import Links
    from plugin_gateway.proxy.inspection import Inspection
    from plugin_gateway.proxy.plan import Permitted
    from plugin_gateway.proxy.uplink import Uplink
    from plugin_gateway.proxy.upstream import UpstreamConnection


class Stage(Protocol):
    """What the body of an answer passes on its way to the client; a stage may hold back what it cannot judge yet."""

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; return what can go on now."""

    def finish(self) -> bytes:
        """The body has ended; return what was held back."""


class Exchange(Call):
    """One pass: a call that is forwarded."""

    __slots__ = (
        "_active_at",
        "_capped",
        "_entrance",
        "_inspection",
        "_is_answer_paused",
        "_is_body_paused",
        "_is_retried",
        "_masked",
        "_pending",
        "_permitted",
        "_plan",
        "_stages",
        "_uplink",
        "_upstream",
        "downlink",
        "is_over",
        "is_sent",
    )

    def __init__(self, client: Client, permitted: Permitted) -> None:
        super().__init__(client, permitted)
        plan = permitted.plan
        self._permitted = permitted
        self._plan = plan
        self._upstream: UpstreamConnection | None = None
        self._pending = b""
        self._stages: Sequence[Stage] = ()
        """What the body of the answer passes on its way to the client, in this order."""
        self._masked: MaskedBody | None = None
        """The stage among them that covers secrets."""
        self._is_answer_paused = False
        self._is_body_paused = False
        self._is_retried = False
        self._uplink: Uplink | None = None
        """In place of the plan's, where a call carries a token of its own."""
        self._capped: CappedAnswer | None = None
        self._entrance: Entrance | None = None
        self._inspection: Inspection | None = None
        self.downlink = plan.downlink
        self.is_sent = False
        self.is_over = False
        self._active_at = self.started_at

    @property
    def address(self) -> str:
        return self._client.address

    def start(self, body: bytes, *, is_whole: bool) -> None:
        self.is_sent = is_whole
        if self._permitted.request.has_body:
            self.bytes_in = len(body)
            if self._permitted.body_kind:
                self._inspection = inspect(self._permitted.body_kind, self._plan.rule.declared_overrides)
                looked_at = self._inspection.feed(body, is_last=is_whole)
                if isinstance(looked_at, Refusal):
                    self.on_refused(looked_at)
                    return
                body = looked_at
            self._pending = self._framed(body, is_last=is_whole)
        if self._plan.is_open:
            self._connect()
        else:
            self._entrance = Entrance(self, self._permitted, self._pending)
            self._entrance.ask()

    def _connect(self) -> None:
        request = self._permitted.request
        if request.expects_continue and not self.bytes_in and request.has_body:
            self._client.on_continue()
        upstream = self._plan.pool.take()
        if upstream is not None:
            self.on_connected(upstream)
        else:
            self._queue()

    def send(self, data: bytes, *, is_last: bool) -> None:
        self.is_sent = is_last
        self.bytes_in += len(data)
        self._active_at = self.sent_at = monotonic()
        if self._inspection is not None:
            looked_at = self._inspection.feed(data, is_last=is_last)
            if isinstance(looked_at, Refusal):
                self.cancel()
                self._client.on_failure(looked_at)
                return
            data = looked_at
        framed = self._framed(data, is_last=is_last)
        if self._entrance is not None:
            self._entrance.keep(framed)
        if self._upstream is not None:
            self._upstream.write(framed)
        elif not self.is_over:
            self._pending += framed

    def cancel(self) -> None:
        # The upstream learns at once, by the close of its connection, that nobody waits for the answer.
        upstream = self._upstream
        self._end()
        if upstream is not None:
            upstream.abort()
        else:
            self._plan.pool.withdraw(self)

    def pause_answer(self) -> None:
        self._is_answer_paused = True
        if self._upstream is not None:
            self._upstream.pause_reading()

    def resume_answer(self) -> None:
        self._is_answer_paused = False
        self._active_at = monotonic()
        if self._upstream is not None:
            self._upstream.resume_reading()

    def on_tick(self, now: float) -> None:
        pool = self._plan.pool
        target = pool.target
        if self.is_over:
            return
        if self.is_sent and 0 < target.total_timeout_s < now - self.sent_at:
            self._expire(504, "upstream-timeout", "The call took longer than it may.", target.total_timeout_s)
        elif self._upstream is None:
            is_late = 0 < target.connect_timeout_s < now - self._active_at
            if is_late and pool.is_full and not pool.is_opening_for(self):
                detail = "All upstream connections are busy; try again shortly."
                self._expire(503, "upstream-busy", detail, target.connect_timeout_s)
        # While the client owes body bytes the upstream has nothing to answer, and a slow reader is no fault of it.
        elif (
            (self.is_sent or self._is_body_paused)
            and not self._is_answer_paused
            and (0 < target.read_timeout_s < now - self._active_at)
        ):
            detail = "The upstream did not answer in time."
            self._expire(504, "upstream-timeout", detail, target.read_timeout_s)

    def on_connected(self, upstream: UpstreamConnection) -> None:
        self._upstream = upstream
        if self._is_body_paused:
            self.on_upstream_ready()
        permitted, uplink, pending = self._permitted, self._uplink, self._pending
        head = permitted.head
        if uplink is not None:
            head = uplink.head(permitted.method, permitted.permit, permitted.request)
        if pending:
            self._pending = b""
            head += pending
        upstream.begin(self, head)
        if self._is_answer_paused:
            upstream.pause_reading()

    def on_entered(self, links: Links | None) -> None:
        """Nothing more needs to be asked; with a grant the links are those for this caller and moment."""
        if links is not None:
            self._uplink = links.uplink
            self._active_at = monotonic()
        self._connect()

    def on_refused(self, refusal: Refusal) -> None:
        """The call does not pass, or its answer does not."""
        self._end()
        self._client.on_failure(refusal)

    def on_activity(self) -> None:
        self._active_at = monotonic()

    def on_upstream_full(self) -> None:
        if not self._is_body_paused and not self.is_sent:
            self._is_body_paused = True
            self._client.pause_body()

    def on_upstream_ready(self) -> None:
        if self._is_body_paused:
            self._is_body_paused = False
            self._active_at = monotonic()
            self._client.resume_body()

    def on_whole_answer(self, answer: Answer, body: bytes) -> None:
        """Take an answer that came at once, body and all, as most do."""
        if not self._plan.passes_whole_answers or answer.is_special:
            self.on_answer(answer, body, is_complete=True)
            return
        self.is_over = True
        self._upstream = None
        body = self.downlink.mask.cover(body)
        self.status = answer.status
        self.bytes_out = len(body)
        origin = self._permitted.request.origin
        self._client.on_whole_answer(answer, self._plan.cors.get(origin, b"") if origin else b"", body)

    def on_answer(self, answer: Answer, body: bytes, *, is_complete: bool) -> None:
        plan, entrance = self._plan, self._entrance
        if entrance is not None and answer.status == 401 and entrance.can_renew:
            self._drop()
            self._pending = entrance.replay or b""
            entrance.renew()
            return
        if answer.is_challenge and plan.rule.credential:
            self._drop()
            self.on_refused(CREDENTIAL_REFUSED)
            return
        if answer.has_body and not self.asked.is_head:
            if answer.unreadable:
                self._drop()
                self.on_broken(unreadable(answer.unreadable))
                return
            answer, body = self._open_body(answer, body, is_complete=is_complete)
        else:
            answer = self._choose_stages(answer.uncoded)
        cap = plan.cap
        if cap is not None and answer.has_body and not self.asked.is_head and not 0 <= answer.length <= cap.limit_bytes:
            self._capped = CappedAnswer(cap, answer)
            self._on_capped(self._capped, body, is_complete=is_complete)
            return
        if is_complete:
            self._end()
        else:
            self._active_at = self.answered_at = monotonic()
        self._answer(answer, body, is_complete=is_complete)

    def _open_body(self, answer: Answer, body: bytes, *, is_complete: bool) -> tuple[Answer, bytes]:
        """Pass the first piece of a body through its stages; return the head that fits what comes out."""
        if answer.codings:
            head = self._choose_stages(answer.uncoded, ContentDecoder(answer.codings))
            try:
                return head, self._through_stages(body, is_complete=is_complete)
            except UpstreamError:
                if not self.downlink.passes_unreadable:
                    raise
        head = self._choose_stages(answer)
        return head, self._through_stages(body, is_complete=is_complete)

    def _choose_stages(self, answer: Answer, decoder: ContentDecoder | None = None) -> Answer:
        """Set what a body passes, and return its head. What is decoded can be searched, and what is covered may be changed."""
        links = self._plan.links
        self._masked = MaskedBody(self.downlink.mask, is_coded=answer.is_coded)
        stages: list[Stage] = [self._masked] if decoder is None else [decoder, self._masked]
        self._stages = stages
        linked = links.body(answer) if links is not None else None
        if links is None or linked is None:
            return answer
        stages.append(linked)
        return links.head(answer)

    def _through_stages(self, data: bytes, *, is_complete: bool) -> bytes:
        for stage in self._stages:
            data = stage.feed(data)
            if is_complete:
                data += stage.finish()
        return data

    def _answer(self, answer: Answer, body: bytes, *, is_complete: bool) -> None:
        self.status = answer.status
        self.bytes_out = len(body)
        origin = self._permitted.request.origin
        extra = self._plan.cors.get(origin, b"") if origin else b""
        if self._entrance is not None:
            extra += self._entrance.lines
        self._client.on_answer(answer, extra, body, is_complete=is_complete)

    def on_body(self, data: bytes, *, is_complete: bool) -> None:
        if self._masked is not None:
            # A stream may tell of calls that began after it, with secrets that there were not when its head was read.
            self.downlink.look()
            self._masked.mask = self.downlink.mask
        if self._stages:
            data = self._through_stages(data, is_complete=is_complete)
        if self._capped is not None:
            self._on_capped(self._capped, data, is_complete=is_complete)
            return
        if is_complete:
            self._end()
        else:
            self._active_at = monotonic()
        if data or is_complete:
            self.bytes_out += len(data)
            self._client.on_content(data, is_complete=is_complete)

    def on_stale(self) -> None:
        """A kept-alive connection was closed before the first byte of an answer.

        Mostly it had idled too long just when we used it. But the upstream may have begun to act, so only a safe request
        without a body is sent again, once, on a connection that has not idled.
        """
        self._upstream = None
        if self._is_retried or not self._permitted.permit.rule.is_safe or self._permitted.request.has_body:
            self.on_broken(
                UpstreamError(502, "upstream-closed", "The upstream closed the connection without an answer.")
            )
            return
        self._is_retried = True
        self._queue()

    def on_broken(self, error: UpstreamError) -> None:
        self.cause = error.cause or place(self._plan.pool.target)
        self.on_refused(refusal_of(error))

    def _queue(self) -> None:
        if not self.is_sent:
            self.on_upstream_full()
        try:
            self._plan.pool.enqueue(self)
        except UpstreamError as error:
            self.on_broken(error)

    def _expire(self, status: int, code: str, detail: str, limit_s: float) -> None:
        self.cause = f"{place(self._plan.pool.target)}: {limit_s:g} s are over"
        self.cancel()
        self._client.on_failure(refusal_of(UpstreamError(status, code, detail)))

    def _end(self) -> None:
        self.is_over = True
        self._upstream = None
        if self._entrance is not None:
            self._entrance.leave()

    # After it: is there too much of the answer

    def _on_capped(self, capped: CappedAnswer, data: bytes, *, is_complete: bool) -> None:
        piece = capped.feed(data, is_complete=is_complete)
        if piece is None:
            self._active_at = monotonic()
            return
        if isinstance(piece, Refusal):
            self._drop()
            self.on_refused(piece)
            return
        answer, data, is_last = piece
        if is_last:
            self._drop()
            self._end()
        else:
            self._active_at = monotonic()
        if answer is not None:
            self._answer(answer, data, is_complete=is_last)
        elif data or is_last:
            self.bytes_out += len(data)
            self._client.on_content(data, is_complete=is_last)

    def _drop(self) -> None:
        """Want nothing more from the connection; one whose answer is complete was given back already."""
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            upstream.drop(self)

    def _framed(self, data: bytes, *, is_last: bool) -> bytes:
        if not self._permitted.request.is_chunked:
            return data
        return chunk(data) + LAST_CHUNK if is_last else chunk(data)
