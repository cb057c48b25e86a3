"""The schedule of a gateway: when it looks at the document again, although no file has changed and no person asks."""

from __future__ import annotations

from math import inf
from random import random
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

LEAST_S: Final = 1.0
MOST_S: Final = 30.0
_SHARE: Final = 4
"""Each pause is a quarter of the time waited so far, so a server is noticed soon after it comes up."""
_SPREAD: Final = 0.25
_JITTER: Final = 0.1


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


def pause_s(waited_s: float, chance: float) -> float:
    """Return the pause after `waited_s` seconds without success.

    `chance`, from 0 to 1, lengthens the pause by up to a quarter, so that replicas that started together do not retry
    together.
    """
    return min(MOST_S, max(LEAST_S, waited_s / _SHARE) * (1 + _SPREAD * chance))


def refresh_pause_s(every_s: float, failures: int, chance: float) -> float:
    """Return the pause before the next look for a new version of the document: `every_s`, give or take a tenth.

    While the server fails, the pauses begin at a second and double up to `every_s`. `chance`, from 0 to 1, spreads replicas
    that started together.
    """
    every_s = max(every_s, LEAST_S)
    pause = min(every_s, LEAST_S * 2 ** min(failures - 1, 30)) if failures else every_s
    return pause * (1 - _JITTER + 2 * _JITTER * chance)
