"""The mismatches: requests and answers that break their description and still pass. Each worker counts and logs its own."""

from __future__ import annotations

import logging
import re
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal

from plugin_gateway.telemetry.series import SeriesKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plugin_gateway.telemetry.series import Series

QUIET_S: Final = 60.0
"""The log names a place again only after this time."""
_MOST_PLACES: Final = 1000
_MOST_LOGGED: Final = 10
"""The places that one message adds to the log."""
_INDEX: Final = re.compile(r"(?<=/)[0-9]+(?=/|\Z)")

Side = Literal["request", "response"]

_logger = logging.getLogger("plugin_gateway.mismatch")


class Mismatches:
    """Counts messages by operation and side. The log names each place once a minute; all items of an array are one place."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._counts: dict[tuple[str, Side], int] = {}
        self._quiet_until: dict[tuple[str, Side, str], float] = {}

    def note(self, operation: str, side: Side, problems: Iterable[tuple[str, str]]) -> None:
        """Note a message with problems: pointers, and details that contain no value."""
        self._counts[operation, side] = self._counts.get((operation, side), 0) + 1
        now = self._clock()
        logged = 0
        for pointer, detail in problems:
            place = _INDEX.sub("*", pointer)
            key = (operation, side, place)
            if self._quiet_until.get(key, now) > now:
                continue
            if len(self._quiet_until) >= _MOST_PLACES:
                self._forget(now)
            if logged == _MOST_LOGGED or len(self._quiet_until) >= _MOST_PLACES:
                return
            self._quiet_until[key] = now + QUIET_S
            logged += 1
            _logger.warning(
                "a %s of %s does not match its description: %s %s",
                side,
                operation,
                place or "the body",
                detail,
                extra={
                    "event": f"{side}-mismatch",
                    "operation": operation,
                    "pointer": place,
                    "detail": detail,
                },
            )

    def _forget(self, now: float) -> None:
        self._quiet_until = {key: until for key, until in self._quiet_until.items() if until > now}

    def series(self) -> Series:
        """Return all counts so far, ready to be merged with the counts of other workers."""
        return {SeriesKey("mismatches", labels): [count] for labels, count in self._counts.items()}
