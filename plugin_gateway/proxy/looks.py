"""The looks of a worker: how many calls it judges each second where gateway.yaml wants only reports.

Reporting must cost a busy gateway almost nothing. A call that is not looked at goes up as it came.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

LOOKS_A_SECOND: Final = 50
_SKIPS: Final = 64


class LookBudget:
    """A budget that is renewed each second."""

    __slots__ = ("_clock", "_second", "_skips", "_taken")

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._second = 0
        self._taken = 0
        self._skips = 0
        """How many calls to skip before the clock is read again."""

    def take(self) -> bool:
        """Whether to look at one more call."""
        if self._skips:
            self._skips -= 1
            return False
        second = int(self._clock())
        if second != self._second:
            self._second = second
            self._taken = 0
        self._taken += 1
        if self._taken <= LOOKS_A_SECOND:
            return True
        self._skips = _SKIPS
        return False
