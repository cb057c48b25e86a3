"""A limit: how many calls may pass in a window, as a token bucket. The functions take the time as an argument."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct, field

from plugin_gateway.discreet import Discreet
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plugin_gateway.config.units import Rate

USER_HEADER: Final = b"openai-ephemeral-user-id"

TOO_MANY_CALLS: Final = Refusal(
    status=503,
    code="too-many-calls",
    detail="The gateway has reached its limit of concurrent calls; try again shortly.",
    headers=((b"Retry-After", b"1"),),
)
STORE_AWAY: Final = Refusal(
    status=503,
    code="limit-store-unavailable",
    detail="The gateway cannot count calls at the moment, so it refuses them all; try again shortly.",
    headers=((b"Retry-After", b"1"),),
)


class RateLimit(Struct, frozen=True, kw_only=True):
    """One token bucket: `burst` calls at once, refilled evenly with `calls` in each window.

    `name` appears in the RateLimit fields, and `key` identifies the bucket. Each limit has its own bucket. For a
    per-user limit, the user's id is appended to the key.
    """

    name: str
    key: str
    calls: int
    window_s: int
    burst: int

    @property
    def calls_per_s(self) -> float:
        return self.calls / self.window_s


class CallLimits(Discreet, frozen=True, kw_only=True):
    """All limits on the rate and concurrency of calls, compiled. The `repr` leaves out the URL, which may hold a password."""

    HIDDEN = ("store_url",)

    rate: RateLimit | None = None
    user: RateLimit | None = None
    """For each `openai-ephemeral-user-id`. Callers choose that id, so this limit shares a rate fairly but is no protection."""
    operations: Mapping[str, RateLimit] = field(default_factory=dict)
    """By operation id."""
    consumers: Mapping[str, RateLimit] = field(default_factory=dict)
    """By the consumer's name."""
    token_requests: RateLimit | None = None
    """For `/oauth/token`, counted apart from calls: unknown clients there must not use up the rate of known callers."""
    bad_credentials: RateLimit | None = None
    """For each client address: tokens of callers that the issuer does not exchange."""
    concurrency: int = 0
    """0 means no limit."""
    store_url: str = ""
    refuses_without_store: bool = False
    space: str = ""
    """A prefix for the buckets of this gateway, so that several gateways can share a store."""

    @property
    def is_empty(self) -> bool:
        return not (self.rate or self.user or self.operations or self.consumers or self.concurrency)


class Level(NamedTuple):
    """The tokens in a bucket at a time, in seconds of the store's clock. A new bucket is full."""

    tokens: float
    at_s: float


class Demand(NamedTuple):
    """One token wanted from one bucket."""

    limit: RateLimit
    key: str


class Taken(NamedTuple):
    """The outcome of a demand for one token from each of several buckets: it took from all of them, or from none.

    `tokens` are the tokens left in each bucket, in the order of the demands.
    """

    is_admitted: bool
    tokens: tuple[float, ...]


def refill(limit: RateLimit, level: Level | None, now_s: float) -> float:
    """Return how many tokens the bucket has now. A clock that went back changes nothing."""
    if level is None:
        return float(limit.burst)
    grown = level.tokens + max(0.0, now_s - level.at_s) * limit.calls_per_s
    return min(float(limit.burst), grown)


def take(demands: Sequence[Demand], levels: Sequence[Level | None], now_s: float) -> Taken:
    """Take a token from each bucket.

    If a bucket is empty, take none: a call that one limit refuses must not use up others.
    """
    held = tuple(refill(demand.limit, level, now_s) for demand, level in zip(demands, levels, strict=True))
    if all(tokens >= 1 for tokens in held):
        return Taken(True, tuple(tokens - 1 for tokens in held))
    return Taken(False, held)


BAD_CREDENTIALS: Final = RateLimit(name="bad-credentials", key="bad-credentials", calls=100, window_s=60, burst=100)
"""The default of `limits.bad_credentials`."""


def rate_limit(name: str, key: str, rate: Rate | None, burst: int | None = None) -> RateLimit | None:
    """Compile a rate of gateway.yaml; the default `burst` is a whole window's calls."""
    if rate is None:
        return None
    return RateLimit(name=name, key=key, calls=rate.calls, window_s=rate.window_s, burst=burst or rate.calls)


def rate_limited(demands: Sequence[Demand], tokens: Sequence[float]) -> Refusal:
    """The refusal of a call that found a bucket empty. Its Retry-After lasts until all the call's buckets have a token."""
    waits = [max(0.0, 1 - left) / demand.limit.calls_per_s for demand, left in zip(demands, tokens, strict=True)]
    worst = max(range(len(waits)), key=waits.__getitem__)
    limit, retry_after_s = demands[worst].limit, max(1, ceil(waits[worst]))
    return Refusal(
        status=429,
        code="rate-limited",
        detail=f"The {limit.name} limit of {limit.calls} calls in {limit.window_s} s is used up.",
        hint=f"Wait {retry_after_s} s before the next call.",
        members={"limit": limit.name, "retry_after_s": retry_after_s},
        headers=((b"Retry-After", b"%d" % retry_after_s), *rate_fields(demands, tokens)),
    )


def rate_fields(demands: Sequence[Demand], tokens: Sequence[float]) -> tuple[tuple[bytes, bytes], ...]:
    """The RateLimit and RateLimit-Policy fields (draft-ietf-httpapi-ratelimit-headers-10).

    `q` calls in `w` seconds are configured; `r` calls may come now, and the next token arrives in `t` seconds.
    """
    policies = ", ".join(f'"{limit.name}";q={limit.calls};w={limit.window_s}' for limit, _ in demands)
    states = ", ".join(
        f'"{limit.name}";r={int(left)};t={ceil((1 - left % 1) / limit.calls_per_s) if left < limit.burst else 0}'
        for (limit, _), left in zip(demands, tokens, strict=True)
    )
    return (b"RateLimit-Policy", policies.encode()), (b"RateLimit", states.encode())
