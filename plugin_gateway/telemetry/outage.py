"""An outage: a service that the gateway depends on does not answer. Its beginning and its end are logged once each."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET_S: Final = 10.0
"""The log stays silent for this long after an outage, so that a service that fails every other time does not fill
it."""

_logger = logging.getLogger("plugin_gateway.outage")


class Outage:
    """Logs when an outage of a service begins and ends. Report every failure and every answer to it."""

    def __init__(self, what: str, clock: Callable[[], float] = monotonic) -> None:
        """Watch the service that the log calls `what`: `Redis`, or an endpoint without its query."""
        self._what = what
        self._clock = clock
        self._began_at: float | None = None
        self._quiet_until = -QUIET_S
        self._is_reported = False
        self._failures = 0

    def failed(self, why: str) -> None:
        """Note that the service gave no answer or a wrong one; `why` must not contain a secret."""
        now = self._clock()
        if self._began_at is None:
            self._began_at = now
        self._failures += 1
        if not self._is_reported and now >= self._quiet_until:
            self._is_reported = True
            _logger.warning(
                "%s does not answer: %s",
                self._what,
                why,
                extra={"event": "outage-began", "what": self._what, "why": why},
            )

    def answered(self) -> None:
        """Note that the service answered."""
        if self._began_at is None:
            return
        now = self._clock()
        lasted_s = now - self._began_at
        if self._is_reported:
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
        self._is_reported = False
        self._failures = 0
