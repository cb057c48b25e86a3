"""The Redis store: the token buckets that all replicas share.

The buckets work as those in memory, so a limit means the same with and without Redis. A script takes atomically from all
buckets of a call or from none. Existing libraries count each limit separately, so a call that one limit refuses uses up the
others. Libraries that count exactly keep an entry for each call.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.admission.limits import Taken
from plugin_gateway.admission.redis_link import RedisLink

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugin_gateway.admission.limits import Demand

_MOST_IN_BATCH: Final = 500

# KEYS are the buckets; ARGV holds, for each bucket, its calls per second, burst and expiry in seconds. The time is Redis's,
# which all replicas share. Numbers are returned as text, because Redis truncates numbers to integers.
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


class RedisStore:
    """Takes tokens from buckets in Redis. Demands that arrive during a request go out together in the next one."""

    def __init__(self, url: str, space: str) -> None:
        """Prepare. The first demand opens the connection.

        Raises:
            RedisMissingError: the redis package is not installed.
            GatewayError: the redis package rejects the URL.
        """
        self._link = RedisLink(url, space)
        self._waiting: list[tuple[Sequence[Demand], Callable[[Taken | None], None]]] = []
        self._asking: asyncio.Task[None] | None = None

    def take(self, demands: Sequence[Demand], on_taken: Callable[[Taken | None], None]) -> None:
        """Take a token for each demand, or none. `on_taken` gets the outcome later, or None if Redis did not answer."""
        if self._link.is_away:
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
        calls = [
            ([one.key for one in demands], [argument for one in demands for argument in _arguments(one)])
            for demands in many
        ]
        answers = await self._link.run(_TAKE, calls)
        return [None] * len(many) if answers is None else [_taken(answer) for answer in answers]


def _arguments(demand: Demand) -> tuple[float, int, int]:
    limit = demand.limit
    # By then an unused bucket is full again, and a missing bucket counts as full, so it may expire.
    return limit.calls_per_s, limit.burst, int(limit.burst / limit.calls_per_s) + 2


def _taken(answer: Any) -> Taken | None:
    if not isinstance(answer, list):
        return None
    return Taken(answer[0] == b"1", tuple(float(tokens) for tokens in answer[1:]))
