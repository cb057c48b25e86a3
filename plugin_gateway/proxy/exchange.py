"""An exchange: one forwarded call, streaming in both directions, with backpressure.

It works with callbacks instead of a task: the client side calls `send`, the upstream side calls `on_answer` and
`on_body`, each when its bytes arrive.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.answer_body import AnswerBody
from plugin_gateway.proxy.call import Call, Receiver
from plugin_gateway.proxy.clearance import Clearance
from plugin_gateway.proxy.coding import unreadable
from plugin_gateway.proxy.connect import place
from plugin_gateway.proxy.received import traced_head
from plugin_gateway.proxy.upload import Upload
from plugin_gateway.refusal import CREDENTIAL_REFUSED, Refusal, refusal_of
from plugin_gateway.telemetry.record import with_approval

if TYPE_CHECKING:
    from plugin_gateway.proxy.answer_head import Answer
    from plugin_gateway.proxy.call import Client
    from plugin_gateway.proxy.overflow import Piece
    from plugin_gateway.proxy.received import Permitted
    from plugin_gateway.proxy.upstream import UpstreamConnection


class Exchange(Receiver):
    """A call that is forwarded.

    It waits for the first bytes of its body or for all of it (`Upload.is_awaited`), for its clearance (`_clearance`), for a
    connection, and, once it has one (`_upstream`), for the answer. Then the answer comes at once or streams (`_body`), and the
    call is over (`is_over`). It may also end in each of these phases: by a refusal, a failure, a deadline, or because the
    client is gone.
    """

    __slots__ = (
        "_active_at",
        "_body",
        "_clearance",
        "_is_answer_paused",
        "_is_retried",
        "_permitted",
        "_plan",
        "_trace",
        "_upload",
        "_upstream",
    )

    def __init__(self, client: Client, permitted: Permitted) -> None:
        # As `super()`, which would take longer than the rest of this method.
        Call.__init__(self, client, permitted)
        plan = permitted.plan
        self.downlink = plan.downlink
        self.is_sent = self.is_over = self._is_answer_paused = self._is_retried = False
        self._permitted = permitted
        self._plan = plan
        self._trace = b""
        """The field lines of the call's trace context, if the gateway traces it."""
        self._upload: Upload | None = None
        """Set if the call has a body."""
        self._clearance: Clearance | None = None
        self._upstream: UpstreamConnection | None = None
        self._body: AnswerBody | None = None
        """The body of an answer that streams or passes through stages."""
        self._active_at = self.started_at

    def add_trace(self, lines: bytes) -> None:
        self._trace = lines

    def _begin(self, body: bytes, is_whole: bool) -> None:
        self.is_sent = is_whole
        plan = self._plan
        if self._permitted.request.has_body:
            self._begin_upload(body)
        elif plan.is_open:
            # Most calls: nothing to inspect, and nothing to wait for but a connection.
            plan.pool.connect(self)
        else:
            self._ask_clearance(b"")

    def _begin_upload(self, body: bytes) -> None:
        permitted = self._permitted
        self.bytes_in = len(body)
        upload = self._upload = Upload(permitted)
        refusal = permitted.shaped.refusal
        if refusal is not None and upload.held is None:
            self.on_refused(refusal)
            return
        framed = upload.feed(body, is_last=self.is_sent)
        if isinstance(framed, Refusal):
            self.on_refused(framed)
            return
        upload.pending = framed
        if self._plan.is_open:
            self._connect()
        else:
            self._ask_clearance(framed)

    def _ask_clearance(self, framed: bytes) -> None:
        clearance = Clearance(self._permitted, framed, self._client.address, self._on_cleared, self.on_refused)
        self._clearance = clearance
        if clearance.ask():
            # The verdict comes later; hold the body back meanwhile.
            self.on_upstream_full()

    def _on_cleared(self) -> None:
        self._active_at = monotonic()
        self._connect()

    def _connect(self) -> None:
        upload, clearance = self._upload, self._clearance
        if upload is not None:
            upload.is_awaited = not self.is_sent and (upload.held is not None or not self.bytes_in)
            if upload.is_awaited:
                # Do not occupy a connection before the first byte of the body has come, or all of a held body.
                self.on_upstream_ready()
                if self._permitted.request.expects_continue:
                    self._client.on_continue()
                return
        if clearance is not None and clearance.needs_approval:
            clearance.ask_for_approval(upload.held.body if upload is not None and upload.held is not None else b"")
            return
        self._plan.pool.connect(self)

    def send(self, data: bytes, *, is_last: bool) -> None:
        self.is_sent = is_last
        self.bytes_in += len(data)
        self._active_at = self.sent_at = monotonic()
        upload = self._upload
        if upload is None:
            return
        framed = upload.feed(data, is_last=is_last)
        if isinstance(framed, Refusal):
            self.cancel()
            self._client.on_failure(framed)
            return
        if self._clearance is not None:
            self._clearance.keep(framed)
        if self._upstream is not None:
            self._upstream.write(framed)
        elif not self.is_over:
            upload.pending += framed
            if upload.is_awaited and (upload.held is None or is_last):
                self._connect()

    def cancel(self) -> None:
        # Closing the connection tells the upstream at once that the client is gone.
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
        settings = pool.upstream
        if self.is_over:
            return
        if self.is_sent and 0 < settings.total_timeout_s < now - self.sent_at:
            self._expire(504, "upstream-timeout", "The call exceeded its time limit.", settings.total_timeout_s)
        elif self._upstream is None:
            if self._upload is not None and self._upload.is_awaited:
                return
            is_late = 0 < settings.connect_timeout_s < now - self._active_at
            if is_late and pool.is_full and not pool.is_opening_for(self):
                detail = "All upstream connections are busy; try again shortly."
                self._expire(503, "upstream-busy", detail, settings.connect_timeout_s)
        # While the client still owes body bytes the upstream need not answer, and a slow reader is not the upstream's
        # fault.
        elif (
            (self.is_sent or (self._upload is not None and self._upload.is_paused))
            and not self._is_answer_paused
            and (0 < settings.read_timeout_s < now - self._active_at)
        ):
            detail = "The upstream did not answer in time."
            self._expire(504, "upstream-timeout", detail, settings.read_timeout_s)

    def on_connected(self, upstream: UpstreamConnection) -> None:
        self._upstream = upstream
        permitted, upload, clearance = self._permitted, self._upload, self._clearance
        uplink, head, body = self._plan.uplink, permitted.head, b""
        if clearance is not None and clearance.uplink is not None:
            uplink = clearance.uplink
            head = permitted.head_for(uplink)
        if self._trace:
            head = traced_head(head, self._trace)
        if upload is not None:
            if upload.is_paused:
                self.on_upstream_ready()
            if upload.held is not None:
                head = upload.held.framed_head(head, permitted.request.content_length)
            body, upload.pending = upload.pending, b""
        if clearance is not None and clearance.approval:
            head = clearance.send(head)
            self.cause = self._approval_cause()
        upstream.begin(self, b"".join((head, self.request_id, uplink.end, body)))
        if self._is_answer_paused:
            upstream.pause_reading()

    def on_refused(self, refusal: Refusal) -> None:
        """End the call with a refusal, of the request or of its answer."""
        if self._clearance is not None and self._clearance.approval:
            self.cause = self._approval_cause()
        self._end()
        self._client.on_failure(refusal)

    def on_activity(self) -> None:
        self._active_at = monotonic()

    def on_upstream_full(self) -> None:
        upload = self._upload
        if upload is not None and not upload.is_paused and not self.is_sent:
            upload.is_paused = True
            self._client.pause_body()

    def on_upstream_ready(self) -> None:
        upload = self._upload
        if upload is not None and upload.is_paused:
            upload.is_paused = False
            self._active_at = monotonic()
            self._client.resume_body()

    def on_whole_answer(self, answer: Answer, body: bytes) -> None:
        """Take an answer that came at once, with its body, as most do."""
        plan = self._plan
        sampler = plan.sampler
        if not plan.needs_no_stage or answer.is_special or (sampler is not None and sampler.is_due):
            self.on_answer(answer, body, is_complete=True)
            return
        self.is_over = True
        self._upstream = None
        body = self.downlink.mask.cover(body)
        self.status = answer.status
        self.bytes_out = len(body)
        origin = self._permitted.request.origin
        self._client.on_whole_answer(answer, plan.cors.get(origin, b"") if origin else b"", body)

    def on_answer(self, answer: Answer, body: bytes, *, is_complete: bool) -> None:
        plan, clearance = self._plan, self._clearance
        if clearance is not None and answer.status == 401 and self.is_sent and clearance.can_renew:
            self._drop()
            if self._upload is not None:
                self._upload.pending = clearance.replay or b""
            clearance.renew()
            return
        if answer.is_challenge and plan.rule.credential:
            self._drop()
            self.on_refused(CREDENTIAL_REFUSED)
            return
        # An empty body breaks a description of JSON; without a check, it needs no stage.
        if self.received.is_head or not (answer.has_body or (plan.answers.check is not None and answer.length == 0)):
            self._end()
            self._answer(plan.answers.bodiless_head(answer), b"", is_complete=True)
            return
        if answer.unreadable:
            self._drop()
            self.on_broken(unreadable(answer.unreadable))
            return
        try:
            self._body = AnswerBody(answer, plan.answers, self._permitted.shaped.selection)
        except UpstreamError:
            self._drop()
            raise
        if not is_complete:
            self.answered_at = monotonic()
        self._on_piece(self._body.feed(body, is_complete=is_complete), is_complete=is_complete)

    def on_body(self, data: bytes, *, is_complete: bool) -> None:
        if self._body is not None:
            self._on_piece(self._body.feed(data, is_complete=is_complete), is_complete=is_complete)

    def _on_piece(self, piece: Piece | Refusal | None, *, is_complete: bool) -> None:
        self._active_at = monotonic()
        if piece is None:
            return
        if isinstance(piece, Refusal):
            self._drop()
            self.on_refused(piece)
            return
        answer, data, is_last = piece
        if is_last:
            if not is_complete:
                self._drop()
            self._end()
        if answer is not None:
            self._answer(answer, data, is_complete=is_last)
        elif data or is_last:
            self.bytes_out += len(data)
            self._client.on_content(data, is_complete=is_last)

    def _answer(self, answer: Answer, body: bytes, *, is_complete: bool) -> None:
        self.status = answer.status
        self.bytes_out = len(body)
        origin = self._permitted.request.origin
        extra = self._plan.cors.get(origin, b"") if origin else b""
        if self._clearance is not None:
            extra += self._clearance.lines
        self._client.on_answer(answer, extra, body, is_complete=is_complete)

    def on_stale(self) -> None:
        """Retry or fail: a kept-alive connection was closed before the first byte of an answer.

        Mostly the upstream closed an idle connection just when the exchange used it. But the upstream may have begun to
        act, so only a safe request without a body is sent again, once, on a connection that has not idled.
        """
        self._upstream = None
        if (
            self._is_retried
            or not self._plan.rule.is_safe
            or self._upload is not None
            or (self._clearance is not None and self._clearance.approval)  # an approved call runs at most once
        ):
            self.on_broken(
                UpstreamError(502, "upstream-closed", "The upstream closed the connection without an answer.")
            )
            return
        self._is_retried = True
        self._plan.pool.enqueue(self)

    def on_broken(self, error: UpstreamError) -> None:
        self.cause = error.cause or place(self._plan.pool.upstream)
        self.on_refused(refusal_of(error))

    def _expire(self, status: int, code: str, detail: str, limit_s: float) -> None:
        self.cause = f"{place(self._plan.pool.upstream)}: timeout of {limit_s:g} s expired"
        self.cancel()
        self._client.on_failure(refusal_of(UpstreamError(status, code, detail)))

    def _approval_cause(self) -> str:
        """Return the cause for the record, with the approval of the call: an auditor must find both."""
        return with_approval(self.cause, self._clearance.approval) if self._clearance is not None else self.cause

    def _end(self) -> None:
        self.is_over = True
        self._upstream = None
        if self._clearance is not None:
            self._clearance.leave()

    def _drop(self) -> None:
        """Drop the connection, unless its answer is complete and the pool already has it back."""
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            upstream.drop(self)
