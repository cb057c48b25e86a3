"""Strangers: how many bad credentials each client address has shown lately, and when the gateway verifies another one."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import TYPE_CHECKING, Final

from plugin_gateway.admission.limits import Level, RateLimit, refill
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ADDRESSES: Final = 8192


class Strangers:
    """A token bucket for each address that has shown a bad credential. Good credentials are not counted."""

    def __init__(self, limit: RateLimit, clock: Callable[[], float], max_addresses: int = MAX_ADDRESSES) -> None:
        self.limit = limit
        self._clock = clock
        self._max_addresses = max_addresses
        self._levels: OrderedDict[str, Level] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """How long the address must wait before the gateway verifies another unknown credential from it; 0 if it need not."""
        level = self._levels.get(address)
        if level is None:
            return 0.0
        left = refill(self.limit, level, self._clock())
        return 0.0 if left >= 1 else (1 - left) / self.limit.calls_per_s

    def failed(self, address: str) -> None:
        """Count a bad credential that the address showed."""
        now = self._clock()
        left = refill(self.limit, self._levels.get(address), now)
        self._levels[address] = Level(max(0.0, left - 1), now)
        self._levels.move_to_end(address)
        if len(self._levels) > self._max_addresses:
            self._levels.popitem(last=False)

    def __len__(self) -> int:
        return len(self._levels)


@lru_cache(4096)
def share_of(address: str) -> str:
    """The key that an address is counted under.

    For IPv6 that is its /64 network, which belongs to one subscriber (RFC 6177).
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped is not None else str(IPv6Address(int(parsed) >> 64 << 64))


def too_many_bad(wait_s: float) -> Refusal:
    """The answer to an address that has shown too many bad credentials."""
    retry_after_s = max(1, ceil(wait_s))
    return Refusal(
        status=429,
        code="too-many-bad-credentials",
        detail="This client address has shown too many invalid credentials, so the gateway did not verify this one.",
        hint=f"Wait {retry_after_s} s before the next attempt.",
        members={"retry_after_s": retry_after_s},
        headers=((b"Retry-After", b"%d" % retry_after_s),),
    )
