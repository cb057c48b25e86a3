"""Each scene over both fronts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.bounds import BOUND_S
from tests.proxy.running import serve

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(params=["connection", "asgi"])
def run(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Run a scene against a gateway: `run(play, scene, **changes)`, within five seconds."""

    def run(play: Callable[..., Any], scene: Callable[..., Any], **changes: Any) -> Any:
        async def whole() -> Any:
            async with asyncio.timeout(BOUND_S), serve(request.param, play, **changes) as gateway:
                return await scene(gateway)

        return asyncio.run(whole())

    return run
