"""A consumer: a caller with a name and its own subset of the allow-list, recognised by its credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from plugin_gateway.discreet import Discreet
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plugin_gateway.config.consumer import Consumer

FOREVER: Final = float("inf")

NO_CONSUMER: Final = Refusal(
    status=403,
    code="no-consumer",
    detail="The credential is valid, but it belongs to no consumer of this gateway.",
    hint="Ask the gateway's operator to add a consumer for it.",
)
"""If gateway.yaml has consumers, a caller that matches no consumer may call nothing. The answer is the same on every path."""


class Identity(Discreet, frozen=True, kw_only=True):
    """What a client credential proved about its caller, and until when the gateway relies on that.

    `token` is the name of a configured token, `user` a name of the users file or the subject of an access token. Claims
    may hold personal data, so they appear in no record and no `repr`.
    """

    HIDDEN = ("claims",)

    token: str = ""
    user: str = ""
    scopes: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = field(default_factory=dict)
    good_until: float = FOREVER
    """In seconds since the epoch."""
    is_listed: bool = False
    """The operator chose the name, so records may show it."""

    @property
    def name(self) -> str:
        """The caller's name in records if gateway.yaml has no consumers."""
        return (self.token or self.user) if self.is_listed else ""


class ConsumerRule(Struct, frozen=True, kw_only=True):
    """How one consumer is recognised. At least one condition is given, and every given condition must hold."""

    name: str
    token: str = ""
    user: str = ""
    scope: str = ""
    claims: tuple[tuple[str, str], ...] = ()

    def fits(self, identity: Identity) -> bool:
        return (
            bool(self.token or self.user or self.scope or self.claims)
            and self.token in ("", identity.token)
            and self.user in ("", identity.user)
            and (not self.scope or self.scope in identity.scopes)
            and all(_holds(identity.claims.get(claim), wanted) for claim, wanted in self.claims)
        )


def consumer_rules(consumers: Sequence[Consumer]) -> tuple[ConsumerRule, ...]:
    """Compile how consumers are recognised, in the order of gateway.yaml: the first rule that fits decides."""
    return tuple(
        ConsumerRule(
            name=consumer.name,
            token=consumer.match.token or "",
            user=consumer.match.user or "",
            scope=consumer.match.scope or "",
            claims=tuple(consumer.match.claims.items()),
        )
        for consumer in consumers
    )


def find_consumer(rules: Iterable[ConsumerRule], identity: Identity) -> int | None:
    """Return the index of the first rule that fits."""
    return next((index for index, rule in enumerate(rules) if rule.fits(identity)), None)


def _holds(claim: Any, wanted: str) -> bool:
    """Whether a claim equals the wanted text or is a list with it (`aud` and `groups` are often lists)."""
    if isinstance(claim, list):
        return wanted in claim
    if isinstance(claim, bool):
        return wanted == str(claim).lower()
    return wanted == str(claim) if isinstance(claim, str | int) else False
