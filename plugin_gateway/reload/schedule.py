"""The schedule of a gateway: when it looks at the document again, although no file has changed and no person asks."""

from __future__ import annotations

from math import inf
from random import random
from time import monotonic
from typing import TYPE_CHECKING

from plugin_gateway.reload.pause import pause_s, refresh_pause_s

if TYPE_CHECKING:
    from collections.abc import Callable


class Schedule:
    """Counts the failures and the time waited.

    `chance` returns a number from 0 to 1, which spreads the replicas of a gateway.
    """

    def __init__(self, clock: Callable[[], float] = monotonic, chance: Callable[[], float] = random) -> None:
        self._clock = clock
        self._chance = chance
        self._asked_at = clock()
        self._failures = 0
        """How many times in a row the gateway looked at the document and failed."""

    @property
    def waited_s(self) -> float:
        """The seconds since the wait for the document began."""
        return self._clock() - self._asked_at

    def asked(self) -> None:
        """Restart the wait: a file has changed, or a person asks."""
        self._asked_at = self._clock()

    def retry_s(self) -> float:
        """Return the seconds to the next attempt while the document's server does not answer."""
        return pause_s(self.waited_s, self._chance())

    def refresh_s(self, every_s: float, *, is_failing: bool) -> float:
        """Count a look at the document; return the seconds to the next one. They are infinite if `every_s` is 0: no refresh."""
        self._failures = self._failures + 1 if is_failing else 0
        return refresh_pause_s(every_s, self._failures, self._chance()) if every_s else inf
