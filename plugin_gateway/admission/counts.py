"""The counts of a worker: the table and the Redis connection that count calls. They outlive a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.admission.limiter import Limiter
from plugin_gateway.admission.table import Table

if TYPE_CHECKING:
    from plugin_gateway.admission.limits import CallLimits
    from plugin_gateway.admission.redis_store import RedisStore


class Counts:
    """The table and the Redis connection, made when first needed. A reload with the same Redis URL keeps the connection."""

    def __init__(self, shared_memory: int = -1) -> None:
        """Count in the shared memory of this descriptor; by default, in this process's memory."""
        self._shared_memory = shared_memory
        self._table: Table | None = None
        self._redis: tuple[tuple[str, str], RedisStore] | None = None

    def limiter(self, limits: CallLimits) -> Limiter | None:
        """Return the limiter for a revision, or None if the revision has no limits.

        Raises:
            GatewayError: the limits need Redis, but the extra is missing or the URL is malformed.
        """
        if limits.is_empty:
            return None
        if self._table is None:
            self._table = Table(self._shared_memory)
        return Limiter(limits, self._table, self._shared(limits))

    def close(self) -> None:
        if self._redis is not None:
            self._redis[1].close()

    def _shared(self, limits: CallLimits) -> RedisStore | None:
        if not limits.store_url:
            return None
        asked = (limits.store_url, limits.space)
        if self._redis is None or self._redis[0] != asked:
            from plugin_gateway.admission.redis_store import RedisStore  # noqa: PLC0415  # an extra

            self._redis = asked, RedisStore(*asked)
        return self._redis[1]
