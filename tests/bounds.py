"""The time after which a test calls a wait a hang. It only ends a test that fails, so it is long: a busy machine is not a fault."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

BOUND_S: Final = 120.0


async def until(is_so: Callable[[], object]) -> None:
    """Let the loop turn until a condition holds for which the gateway has no event."""
    async with asyncio.timeout(BOUND_S):
        while not is_so():  # noqa: ASYNC110  # see above
            await asyncio.sleep(0)
