"""The limiter: decides whether a call is admitted, by the limits of the current revision and the counts so far."""

from __future__ import annotations

from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from plugin_gateway.admission.limits import (
    STORE_AWAY,
    TOO_MANY_CALLS,
    Demand,
    rate_fields,
    rate_limited,
)
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.admission.limits import CallLimits, Taken
    from plugin_gateway.admission.redis_store import RedisStore
    from plugin_gateway.admission.table import Table


class Entered(NamedTuple):
    """A call is admitted: `lines` are field lines for its answer.

    The holder must call `Limiter.leave` when the call is over.
    """

    lines: bytes


Verdict: TypeAlias = Entered | Refusal


class Limiter:
    """Applies the limits of one revision. It counts in a table, and rates in Redis if that is configured."""

    __slots__ = ("_limits", "_shared", "_table")

    def __init__(self, limits: CallLimits, table: Table, shared: RedisStore | None) -> None:
        self._limits = limits
        self._table = table
        self._shared = shared

    def admit(self, operation_id: str, consumer: str, user: bytes, on_verdict: Callable[[Verdict], None]) -> None:
        """Judge a call: at once if the counts are in memory, later if they are in Redis."""
        self._admit(self._demands(operation_id, consumer, user), on_verdict)

    def admit_token_request(self, on_verdict: Callable[[Verdict], None]) -> None:
        """Judge a token request before the façade passes it on to the provider."""
        limit = self._limits.token_requests
        self._admit([Demand(limit, limit.key)] if limit is not None else [], on_verdict)

    def leave(self) -> None:
        """Count that an admitted call is over."""
        if self._limits.concurrency:
            self._table.leave()

    def _admit(self, demands: list[Demand], on_verdict: Callable[[Verdict], None]) -> None:
        concurrency = self._limits.concurrency
        if concurrency and not self._table.enter(concurrency):
            on_verdict(TOO_MANY_CALLS)
            return
        if not demands:
            on_verdict(Entered(b""))
        elif self._shared is None:
            on_verdict(self._verdict(demands, self._table.take(demands, monotonic())))
        else:
            self._shared.take(demands, lambda taken: on_verdict(self._verdict(demands, taken)))

    def _demands(self, operation_id: str, consumer: str, user: bytes) -> list[Demand]:
        limits = self._limits
        demands = [
            Demand(limit, limit.key)
            for limit in (limits.rate, limits.consumers.get(consumer), limits.operations.get(operation_id))
            if limit is not None
        ]
        if limits.user is not None and user:
            demands.append(Demand(limits.user, f"{limits.user.key}:{sha256(user).hexdigest()[:32]}"))
        return demands

    def _verdict(self, demands: list[Demand], taken: Taken | None) -> Verdict:
        if taken is None:
            if not self._limits.refuses_without_store:
                return Entered(b"")
            self.leave()
            return STORE_AWAY
        if not taken.is_admitted:
            self.leave()
            return rate_limited(demands, taken.tokens)
        fields = rate_fields(demands, taken.tokens)
        return Entered(b"".join([name + b": " + value + b"\r\n" for name, value in fields]))
