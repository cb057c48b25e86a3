"""The entrance: what a call passes before it goes up, where something must be asked first: its limits, then its token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.admission.limits import USER_HEADER
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from plugin_gateway.admission.limiter import Limiter, Verdict
    from plugin_gateway.proxy.exchange import Exchange
    from plugin_gateway.proxy.granted import Links
    from plugin_gateway.proxy.plan import Permitted

_REPLAYED_BYTES: Final = 64 * 1024
"""How much of a request body is kept to be sent again with a new token."""


class Entrance:
    """The passage of one exchange. Every answer may come at once or later, when the client may be gone already.

    `lines` are field lines for the answer to the call. `replay` is the framed request body as far as it has come, None where
    it is too large to be sent again or never will be.
    """

    __slots__ = (
        "_exchange",
        "_is_asking",
        "_is_renewed",
        "_limiter",
        "_permitted",
        "_plan",
        "_token",
        "lines",
        "replay",
    )

    def __init__(self, exchange: Exchange, permitted: Permitted, body: bytes) -> None:
        """Prepare; `body` is what there is of the framed request body."""
        plan = permitted.plan
        self._exchange = exchange
        self._plan = plan
        self._permitted = permitted
        self._limiter: Limiter | None = None
        """That which let the call in, and must be told when it is over."""
        self._is_asking = True
        self._is_renewed = False
        self._token = ""
        self.lines = b""
        self.replay: bytes | None = None
        if plan.granted is not None and plan.granted.renews:
            self.replay = b""
            self.keep(body)

    def ask(self) -> None:
        """Have the exchange connected, or refused."""
        limiter, exchange = self._plan.limiter, self._exchange
        if limiter is None:
            self._get_links()
        else:
            user = b",".join([field.value for field in self._permitted.request.fields if field.name == USER_HEADER])
            limiter.admit(self._plan.rule.operation_id, self._permitted.consumer, user, self._on_verdict)
        if self._is_asking and not exchange.is_over:
            # The answer comes later, and the body must not pile up meanwhile.
            exchange.on_upstream_full()

    def keep(self, framed: bytes) -> None:
        """Keep another piece of the request body, as long as all of it is little enough to be sent again."""
        if self.replay is not None:
            is_little = len(self.replay) + len(framed) <= _REPLAYED_BYTES
            self.replay = self.replay + framed if is_little else None

    def leave(self) -> None:
        """The call is over."""
        limiter, self._limiter = self._limiter, None
        if limiter is not None:
            limiter.leave()

    @property
    def can_renew(self) -> bool:
        """Whether a call that the upstream did not take may go up again: once, whole, and with another token of ours."""
        granted = self._plan.granted
        return (
            self.replay is not None
            and not self._is_renewed
            and self._exchange.is_sent
            and granted is not None
            and granted.may_renew(self._permitted.request, self._token)
        )

    def renew(self) -> None:
        """Get another token in place of the one that was not taken."""
        self._is_renewed = True
        self._get_links(self._token)

    def _on_verdict(self, verdict: Verdict) -> None:
        if isinstance(verdict, Refusal):
            self._refuse(verdict)
            return
        self._limiter = self._plan.limiter
        self.lines = verdict.lines
        if self._exchange.is_over:
            self.leave()
        else:
            self._get_links()

    def _get_links(self, refused: str = "") -> None:
        granted = self._plan.granted
        if granted is None:
            self._is_asking = False
            self._exchange.on_entered(None)
        else:
            address = self._exchange.address
            granted.obtain(self._plan.rule, self._permitted.request, self._on_links, refused=refused, address=address)

    def _on_links(self, links: Links | Refusal) -> None:
        if isinstance(links, Refusal):
            self._refuse(links)
        elif not self._exchange.is_over:
            self._is_asking = False
            self._token = links.token
            self._exchange.on_entered(links)

    def _refuse(self, refusal: Refusal) -> None:
        self._is_asking = False
        if not self._exchange.is_over:
            self._exchange.on_refused(refusal)
