"""The answer body: passes an upstream's body through its stages to the client, in a fixed order.

    decode · mask · check · trim · links · cap

A coded body must be decoded before it can be searched. Secrets are masked before any later stage reads the body. Fields
are left out before links are read. The cap counts the bytes that the client would get and may replace the head, so it comes
last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.answer_head import of_length
from plugin_gateway.proxy.checked_answer import CheckedBody
from plugin_gateway.proxy.coding import ContentDecoder
from plugin_gateway.proxy.masking import MaskedBody
from plugin_gateway.proxy.overflow import CappedAnswer, Piece
from plugin_gateway.proxy.shaped_answer import ShapedBody

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.proxy.answer_head import Answer
    from plugin_gateway.proxy.answer_rules import AnswerRules
    from plugin_gateway.refusal import Refusal
    from plugin_gateway.shape.answer.cut import Branch


class Stage(Protocol):
    """Changes a body piece by piece; may hold back bytes until it has seen more."""

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; return the bytes that can be passed on now."""

    def finish(self) -> bytes:
        """End the body; return the bytes that were held back."""


class AnswerBody:
    """The body of one answer, with the head that fits the body the client gets."""

    __slots__ = ("_answer", "_branch", "_capped", "_head", "_mask", "_rules", "_stages")

    def __init__(
        self, answer: Answer, rules: AnswerRules, selection: tuple[tuple[str, ...], ...] | None = None
    ) -> None:
        """Choose the stages for an answer that has a body. `selection` are the places that the caller asked for.

        Raises:
            UpstreamError: fields must be left out, and the body is not JSON.
        """
        self._answer = answer
        self._rules = rules
        self._branch: Branch = True if rules.reply is None else rules.reply.branch(answer, selection)
        self._mask = MaskedBody(rules.downlink.mask, is_coded=answer.is_coded)
        self._stages: Sequence[Stage] = ()
        self._head: Answer | None = None
        """Set until the first piece has passed."""
        self._capped: CappedAnswer | None = None
        self._choose(ContentDecoder(answer.codings) if answer.codings else None)

    def feed(self, data: bytes, *, is_complete: bool) -> Piece | Refusal | None:
        """Take the next piece; return a piece to send, a refusal to send instead, or None to wait for more.

        After a refusal or the last piece, ignore the rest of the upstream's body.

        Raises:
            UpstreamError: the body is not in the coding that its head names.
        """
        # A stream may echo a later call, with a secret that did not exist when the stream's head was read.
        downlink, cap = self._rules.downlink, self._rules.cap
        downlink.look()
        self._mask.mask = downlink.mask
        passed = self._pass(data, is_complete=is_complete)
        if self._head is not None and (self._branch is not True or self._rules.check is not None):
            if not passed and not is_complete:
                # The head waits, too: if the body turns out to be invalid, the client gets an error and no part.
                return None
            if is_complete and self._head.length < 0:
                self._head = of_length(self._head, len(passed))
        head, self._head = self._head, None
        if head is not None and cap is not None and not 0 <= head.length <= cap.limit_bytes:
            self._capped = CappedAnswer(cap, head)
        if self._capped is not None:
            return self._capped.feed(passed, is_complete=is_complete)
        return Piece(head, passed, is_complete)

    def _pass(self, data: bytes, *, is_complete: bool) -> bytes:
        first = data
        try:
            for stage in self._stages:
                data = stage.feed(data)
                if is_complete:
                    data += stage.finish()
        except UpstreamError:
            if self._head is None or not self._rules.downlink.passes_unreadable:
                raise
            # The first piece does not match its coding, and the operator lets such bodies pass unchanged.
            self._choose(None)
            return self._pass(first, is_complete=is_complete)
        return data

    def _choose(self, decoder: ContentDecoder | None) -> None:
        rules = self._rules
        answer = self._answer if decoder is None else self._answer.uncoded
        stages: list[Stage] = [self._mask] if decoder is None else [decoder, self._mask]
        if rules.check is not None:
            stages.append(CheckedBody(rules.check, self._answer, self._branch))
        elif rules.sampler is not None and (sampled := rules.sampler.sample(self._answer, self._branch)) is not None:
            stages.append(sampled)
        if rules.reply is not None and self._branch is not True:
            stages.append(ShapedBody(self._branch))
            answer = rules.reply.head(answer)
        linked = rules.links.body(answer) if rules.links is not None else None
        if rules.links is not None and linked is not None:
            stages.append(linked)
            answer = rules.links.head(answer)
        self._stages = stages
        self._head = answer
