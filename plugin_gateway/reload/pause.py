"""The pause before a document's server is asked again: short at first, longer the longer it has been silent."""

from __future__ import annotations

from typing import Final

LEAST_S: Final = 1.0
MOST_S: Final = 30.0
_SHARE: Final = 4
"""Each pause is a quarter of the time waited so far, so that a server that comes up is noticed about as fast as it came up."""

_SPREAD: Final = 0.25


def pause_s(waited_s: float, chance: float) -> float:
    """Return how long to wait after `waited_s` in vain.

    `chance`, from 0 to 1, lengthens the pause by up to a quarter, so that replicas that started together do not ask together.
    """
    return min(MOST_S, max(LEAST_S, waited_s / _SHARE) * (1 + _SPREAD * chance))
