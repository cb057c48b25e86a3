"""An outage: that something the gateway depends on does not answer, told once when it begins and once when it ends."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET_S: Final = 10.0
"""After an end so much time passes before another beginning is told: what fails every other time must not fill the log."""

_logger = logging.getLogger("plugin_gateway.outage")


class Outage:
    """Hears of every failure and every answer; says when the one follows the other."""

    def __init__(self, what: str, clock: Callable[[], float] = monotonic) -> None:
        """Name what does not answer, as the log will: `Redis`, or an endpoint without its query."""
        self._what = what
        self._clock = clock
        self._began_at: float | None = None
        self._quiet_until = -QUIET_S
        self._is_told = False
        self._failures = 0

    def failed(self, why: str) -> None:
        """It did not answer, or not as it should; `why` holds no secret."""
        now = self._clock()
        if self._began_at is None:
            self._began_at = now
        self._failures += 1
        if not self._is_told and now >= self._quiet_until:
            self._is_told = True
            _logger.warning(
                "%s does not answer: %s",
                self._what,
                why,
                extra={"event": "outage-began", "what": self._what, "why": why},
            )

    def answered(self) -> None:
        """It answered."""
        if self._began_at is None:
            return
        now = self._clock()
        lasted_s = now - self._began_at
        if self._is_told:
            _logger.info(
                "%s answers again after %.1f s",
                self._what,
                lasted_s,
                extra={
                    "event": "outage-ended",
                    "what": self._what,
                    "lasted_s": round(lasted_s, 3),
                    "failures": self._failures,
                },
            )
            self._quiet_until = now + QUIET_S
        self._began_at = None
        self._is_told = False
        self._failures = 0
