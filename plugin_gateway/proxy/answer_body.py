"""An answer's body on its way to the client: the stages it passes, in one stated order.

    decode · mask · links · cap

A coded body must be decoded before it can be searched. Secrets are covered before any other stage reads the body. The cap
counts what the client would get, and may replace the head, so it comes last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.coding import ContentDecoder
from plugin_gateway.proxy.masking import MaskedBody
from plugin_gateway.proxy.overflow import CappedAnswer, Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.proxy.body_links import LinkRules
    from plugin_gateway.proxy.downlink import Answer, Downlink
    from plugin_gateway.proxy.overflow import Cap
    from plugin_gateway.refusal import Refusal


class Stage(Protocol):
    """Changes a body piece by piece; it may hold back what it cannot judge yet."""

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; return what can go on now."""

    def finish(self) -> bytes:
        """The body has ended; return what was held back."""


class AnswerBody:
    """The body of one answer, and the head that fits what the client gets of it."""

    __slots__ = ("_answer", "_cap", "_capped", "_downlink", "_head", "_links", "_mask", "_stages")

    def __init__(self, answer: Answer, downlink: Downlink, links: LinkRules | None, cap: Cap | None) -> None:
        """Choose the stages for an answer that has a body."""
        self._answer = answer
        self._downlink = downlink
        self._links = links
        self._mask = MaskedBody(downlink.mask, is_coded=answer.is_coded)
        self._stages: Sequence[Stage] = ()
        self._head: Answer | None = None
        """Until the first piece has passed."""
        self._cap = cap
        self._capped: CappedAnswer | None = None
        self._choose(ContentDecoder(answer.codings) if answer.codings else None)

    def feed(self, data: bytes, *, is_complete: bool) -> Piece | Refusal | None:
        """Take the next piece; return what to send, or why nothing is sent, or None to wait for more.

        After a refusal, or a piece that is the last one, the rest of what the upstream sends is of no use.

        Raises:
            UpstreamError: the body is not in the coding that its head names.
        """
        # A stream may tell of calls that began after it, with secrets that were made after its head was read.
        self._downlink.look()
        self._mask.mask = self._downlink.mask
        passed = self._pass(data, is_complete=is_complete)
        head, self._head = self._head, None
        if head is not None and self._cap is not None and not 0 <= head.length <= self._cap.limit_bytes:
            self._capped = CappedAnswer(self._cap, head)
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
            if self._head is None or not self._downlink.passes_unreadable:
                raise
            # The first piece already is not what its head says, and the operator wants such bodies as they are.
            self._choose(None)
            return self._pass(first, is_complete=is_complete)
        return data

    def _choose(self, decoder: ContentDecoder | None) -> None:
        answer = self._answer if decoder is None else self._answer.uncoded
        stages: list[Stage] = [self._mask] if decoder is None else [decoder, self._mask]
        linked = self._links.body(answer) if self._links is not None else None
        if self._links is not None and linked is not None:
            stages.append(linked)
            answer = self._links.head(answer)
        self._stages = stages
        self._head = answer


def bodiless_head(answer: Answer, links: LinkRules | None) -> Answer:
    """The head of an answer without a body, as it would be with one."""
    answer = answer.uncoded
    return answer if links is None or links.body(answer) is None else links.head(answer)
