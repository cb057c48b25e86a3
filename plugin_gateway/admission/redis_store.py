"""The Redis store: the token buckets that all replicas share.

The buckets work as those in memory, so a limit means the same with and without Redis. A script takes atomically from all
buckets of a call or from none. The existing rate-limit libraries count each limit separately, so a call that one limit
refuses uses up the others; and those that count exactly keep an entry for each call.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.admission.limits import Taken
from plugin_gateway.errors import GatewayError
from plugin_gateway.telemetry.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugin_gateway.admission.limits import Demand

_TIMEOUT_S: Final = 1.0
_AWAY_S: Final = 1.0
"""The pause after Redis failed: calls must not queue behind its timeout."""
_MOST_IN_BATCH: Final = 500

# KEYS are the buckets; ARGV holds, for each bucket, its calls per second, burst and expiry in seconds. The time is that of
# Redis, which all replicas share. Numbers are returned as text, because Redis truncates numbers to integers.
_TAKE: Final = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local tokens, admitted = {}, 1
for i = 1, #KEYS do
  local rate, burst = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
  local held = redis.call('HMGET', KEYS[i], 'tokens', 'at')
  local left = burst
  if held[1] then left = math.min(burst, tonumber(held[1]) + math.max(0, now - tonumber(held[2])) * rate) end
  if left < 1 then admitted = 0 end
  tokens[i] = left
end
local answer = {tostring(admitted)}
for i = 1, #KEYS do
  if admitted == 1 then
    tokens[i] = tokens[i] - 1
    redis.call('HSET', KEYS[i], 'tokens', string.format('%.17g', tokens[i]), 'at', string.format('%.6f', now))
    redis.call('EXPIRE', KEYS[i], ARGV[3 * i])
  end
  answer[i + 1] = string.format('%.17g', tokens[i])
end
return answer
"""


class RedisMissingError(GatewayError):
    """`limits.redis` is set, but the redis extra is not installed."""

    def __str__(self) -> str:
        return "`limits.redis` needs the redis extra: pip install 'plugin-gateway[redis]'"


class RedisStore:
    """Takes tokens from buckets in Redis. Demands that arrive during a request go out together in the next one."""

    def __init__(self, url: str, space: str) -> None:
        """Prepare. The first demand opens the connection.

        Raises:
            RedisMissingError: the redis package is not installed.
            GatewayError: the redis package rejects the URL.
        """
        try:
            from redis.asyncio import Redis  # noqa: PLC0415  # an extra
            from redis.exceptions import RedisError  # noqa: PLC0415
        except ImportError as error:
            raise RedisMissingError from error
        try:
            self._redis: Redis = Redis.from_url(
                url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S, max_connections=4
            )
        except ValueError:
            # `from None`: the cause quotes the URL, and the password in it.
            raise GatewayError("`limits.redis` is not a URL such as redis://HOST:6379/0") from None
        self._errors: tuple[type[Exception], ...] = (RedisError, OSError, TimeoutError)
        # The braces put all buckets of a gateway into one hash slot, so that the script works on a Redis cluster.
        self._prefix = f"plugin-gateway:{{{space}}}:"
        self._waiting: list[tuple[Sequence[Demand], Callable[[Taken | None], None]]] = []
        self._asking: asyncio.Task[None] | None = None
        self._away_until_s = 0.0
        self._outage = Outage("Redis")

    def take(self, demands: Sequence[Demand], on_taken: Callable[[Taken | None], None]) -> None:
        """Take a token for each demand, or none. `on_taken` gets the outcome later, or None if Redis did not answer."""
        if monotonic() < self._away_until_s:
            on_taken(None)
            return
        self._waiting.append((demands, on_taken))
        if self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._ask())

    def close(self) -> None:
        """Cancel the request that is under way; the connection closes with the process or its last reference."""
        if self._asking is not None:
            self._asking.cancel()

    async def _ask(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST_IN_BATCH], self._waiting[_MOST_IN_BATCH:]
                answers = await self._take_all([demands for demands, _ in batch])
                for (_, on_taken), taken in zip(batch, answers, strict=True):
                    on_taken(taken)
        finally:
            self._asking = None

    async def _take_all(self, many: list[Sequence[Demand]]) -> list[Taken | None]:
        pipeline = self._redis.pipeline(transaction=False)
        for demands in many:
            keys = [self._prefix + demand.key for demand in demands]
            arguments = [argument for demand in demands for argument in _arguments(demand)]
            # EVAL and not EVALSHA: Redis compiles the script only once, but forgets its digest when it restarts.
            pipeline.execute_command("EVAL", _TAKE, len(keys), *keys, *arguments)
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                answers: list[Any] = await pipeline.execute(raise_on_error=False)
        except self._errors as error:
            self._away_until_s = monotonic() + _AWAY_S
            self._outage.failed(type(error).__name__)
            return [None] * len(many)
        taken = [_taken(answer) for answer in answers]
        if any(taken):
            self._outage.answered()
        else:
            # Redis answers, but cannot count: it is a read-only replica, or lacks memory or permission.
            self._outage.failed(type(answers[0]).__name__)
        return taken


def _arguments(demand: Demand) -> tuple[float, int, int]:
    limit = demand.limit
    # By then an unused bucket is full again, and a missing bucket counts as full, so it may expire.
    return limit.calls_per_s, limit.burst, int(limit.burst / limit.calls_per_s) + 2


def _taken(answer: Any) -> Taken | None:
    if not isinstance(answer, list):
        return None
    return Taken(answer[0] == b"1", tuple(float(tokens) for tokens in answer[1:]))
