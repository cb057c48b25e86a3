"""The local registry: the desk's decisions, and whether each changed anything."""

import asyncio

from plugin_gateway.approvals.approval import Decision, State
from plugin_gateway.approvals.desk import Desk
from plugin_gateway.approvals.held_call import HeldCall
from plugin_gateway.approvals.registry import LocalRegistry
from plugin_gateway.approvals.settings import ApprovalSettings
from tests.narrow import present

CALL = HeldCall(fingerprint="a", caller="ada", operation="op", method="POST", path="/p")


def test_an_approval_goes_from_the_first_question_to_the_call_by_the_desk() -> None:
    async def talk() -> None:
        now = [0.0]
        registry = LocalRegistry(Desk(ApprovalSettings(expires_s=10.0), base=lambda: "http://admin"), lambda: now[0])
        verdict = await registry.ask(CALL)
        assert registry.pending == registry.counts["asked"] == 1
        approval = present(await registry.follow(verdict.url.rpartition("/")[2]))
        assert approval is await registry.find(verdict.id)
        assert registry.link_to(approval) == verdict.url
        assert await registry.approvals() == [approval]
        assert await registry.decide(verdict.id, Decision.APPROVE) == (approval, True)
        assert await registry.decide(verdict.id, Decision.APPROVE) == (approval, False)
        assert await registry.decide("unknown", Decision.APPROVE) is None
        assert (await registry.ask(CALL)).kind == "run"
        await registry.give_back(verdict.id)
        assert approval.state is State.APPROVED
        assert registry.settings.expires_s == 10.0
        now[0] = 10.0
        assert await registry.find(verdict.id) is None

    asyncio.run(talk())
