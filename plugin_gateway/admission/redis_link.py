"""The Redis link: one connection of a process to the Redis that replicas share. No caller waits longer than a second for it."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.errors import GatewayError
from plugin_gateway.telemetry.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_CONNECTIONS: Final = 4
_TIMEOUT_S: Final = 1.0
_AWAY_S: Final = 1.0
"""The pause after Redis failed: calls must not queue behind its timeout."""


class RedisMissingError(GatewayError):
    """`limits.redis` is set, but the redis extra is not installed."""

    def __str__(self) -> str:
        return "`limits.redis` needs the redis extra: pip install 'plugin-gateway[redis]'"


class RedisLink:
    """Sends scripts. The first one opens the connection."""

    def __init__(self, url: str, space: str) -> None:
        """Prepare; `space` is a prefix for the keys, so that gateways can share a Redis.

        Raises:
            RedisMissingError: the redis package is not installed.
            GatewayError: the redis package rejects the URL.
        """
        try:
            from redis.asyncio import Redis  # noqa: PLC0415  # an extra
            from redis.exceptions import RedisError  # noqa: PLC0415  # an extra
        except ImportError as error:
            raise RedisMissingError from error
        try:
            self.redis: Redis = Redis.from_url(
                url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S, max_connections=_MOST_CONNECTIONS
            )
        except ValueError:
            # `from None`: the cause quotes the URL, and the password in it.
            raise GatewayError("`limits.redis` is not a URL such as redis://HOST:6379/0") from None
        self._turns = asyncio.Semaphore(_MOST_CONNECTIONS)
        self._errors: tuple[type[Exception], ...] = (RedisError, OSError, TimeoutError)
        # The braces put all keys of a gateway into one hash slot, so that scripts work on a Redis cluster.
        self.prefix = f"plugin-gateway:{{{space}}}:"
        self._away_until_s = 0.0
        self._outage = Outage("Redis")

    @property
    def is_away(self) -> bool:
        """Whether Redis failed a moment ago, so it must not be asked now."""
        return monotonic() < self._away_until_s

    async def run(self, script: str, calls: Sequence[tuple[Sequence[str], Sequence[Any]]]) -> list[Any] | None:
        """Run a script once for each call, which has its keys and arguments.

        Return the answers, or None if Redis does not answer.

        The answer to a call that failed is an exception.
        """
        if self.is_away:
            return None
        pipeline = self.redis.pipeline(transaction=False)
        for keys, arguments in calls:
            # EVAL and not EVALSHA: Redis compiles the script only once, but forgets its digest when it restarts.
            pipeline.execute_command("EVAL", script, len(keys), *(self.prefix + key for key in keys), *arguments)
        try:
            async with asyncio.timeout(_TIMEOUT_S), self._turns:
                answers: list[Any] = await pipeline.execute(raise_on_error=False)
        except self._errors as error:
            self._away_until_s = monotonic() + _AWAY_S
            self._outage.failed(type(error).__name__)
            return None
        if all(isinstance(answer, Exception) for answer in answers):
            # Redis answers, but runs no script: it is a read-only replica, or lacks memory or permission.
            self._outage.failed(type(answers[0]).__name__)
        else:
            self._outage.answered()
        return answers
