"""The clientele: one service and one writer for each tool, shared by all its callers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.mcp.world import play

if TYPE_CHECKING:
    from tests.mcp.world import World


def test_callers_of_one_view_share_the_writers_of_requests() -> None:
    async def scene(world: World) -> None:
        clientele = world.clientele
        tool = world.holder.serving.anybody.tools.by_name["getPet"]

        assert world.clientele is clientele
        assert clientele.writer(tool) is clientele.writer(tool)
        assert clientele.writer(tool).tool is tool

    play(scene)
