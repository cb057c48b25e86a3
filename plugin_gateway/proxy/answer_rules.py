"""The answer rules: what happens to the bodies of one operation's answers on their way to the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugin_gateway.proxy.answer_head import Answer
    from plugin_gateway.proxy.body_links import LinkRules
    from plugin_gateway.proxy.checked_answer import Sampler
    from plugin_gateway.proxy.downlink import Downlink
    from plugin_gateway.proxy.overflow import Cap
    from plugin_gateway.proxy.shaped_answer import ReplyRules
    from plugin_gateway.shape.answer.check import AnswerCheck


class AnswerRules:
    """The rules of one operation. `AnswerBody` makes the stages of a body from them."""

    __slots__ = ("cap", "check", "downlink", "links", "reply", "sampler")

    def __init__(
        self,
        downlink: Downlink,
        *,
        links: LinkRules | None = None,
        reply: ReplyRules | None = None,
        check: AnswerCheck | None = None,
        sampler: Sampler | None = None,
        cap: Cap | None = None,
    ) -> None:
        self.downlink = downlink
        """Its mask covers the secrets."""
        self.links = links
        """Rewrite the URLs at the places that gateway.yaml names."""
        self.reply = reply
        """Leave fields out."""
        self.check = check
        """Validates every body before it passes."""
        self.sampler = sampler
        """Looks at some bodies for a report."""
        self.cap = cap

    @property
    def only_mask(self) -> bool:
        """Whether a body needs only masking if the sampler does not look at it."""
        return self.links is None and self.reply is None and self.check is None and self.cap is None

    def bodiless_head(self, answer: Answer) -> Answer:
        """Return the head of an answer without a body, as it would be with a body."""
        answer = answer.uncoded
        if self.reply is not None:
            answer = self.reply.bodiless_head(answer)
        return answer if self.links is None or self.links.body(answer) is None else self.links.head(answer)
