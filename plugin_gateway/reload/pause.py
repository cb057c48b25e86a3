"""The pause before the next request to a document's server. It grows with the time waited so far."""

from __future__ import annotations

from typing import Final

LEAST_S: Final = 1.0
MOST_S: Final = 30.0
_SHARE: Final = 4
"""Each pause is a quarter of the time waited so far, so a server is noticed soon after it comes up."""

_SPREAD: Final = 0.25
_JITTER: Final = 0.1


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
