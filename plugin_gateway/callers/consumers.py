"""A consumer: a caller with a name and its own subset of the allow-list, recognised by what its credential proved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plugin_gateway.config.auth import Consumer

FOREVER: Final = float("inf")

NO_CONSUMER: Final = Refusal(
    status=403,
    code="no-consumer",
    detail="The credential is good, but it stands for no consumer of this gateway.",
    hint="Ask the operator of the gateway to add one for it.",
)
"""Closed: where there are consumers, whoever is none of them may call nothing. Said of every path alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a client credential proved of who shows it, and until when that is believed.

    `token` is the name of a configured token, `user` a name of the users file or the subject of an access token. Claims
    are the issuer's word, and may say much about a person: they are in no record and in no `repr`.
    """

    token: str = ""
    user: str = ""
    scopes: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)
    good_until: float = FOREVER
    """In seconds since the epoch."""
    is_listed: bool = False
    """The name is one that the operator gave, so that records may show it."""

    @property
    def name(self) -> str:
        """What records call it where there are no consumers."""
        return (self.token or self.user) if self.is_listed else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerRule:
    """How one consumer is recognised: all that is said must hold, and something is said."""

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
    """What gateway.yaml says of how consumers are recognised, in its order: the first that fits is the one."""
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
    """Return which rule fits first."""
    return next((index for index, rule in enumerate(rules) if rule.fits(identity)), None)


def _holds(claim: Any, wanted: str) -> bool:
    """A claim holds as the text it is, or as one of a list of texts (`aud` and `groups` are often lists)."""
    if isinstance(claim, list):
        return wanted in claim
    if isinstance(claim, bool):
        return wanted == str(claim).lower()
    return wanted == str(claim) if isinstance(claim, str | int) else False
