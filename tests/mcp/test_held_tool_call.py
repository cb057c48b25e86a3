"""Held tool calls: a client that can show a link is asked to, every other one gets words, and no client consents by itself."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.approvals.approval import Decision
from plugin_gateway.approvals.approver import LocalApprover
from plugin_gateway.approvals.desk import Desk
from plugin_gateway.mcp.held_tool_call import opens_links
from plugin_gateway.mcp.result import APPROVAL_KEY, PROBLEM_KEY
from tests.mcp.world import MODERN_META, answer, play

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.mcp.world import World

CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
ALLOW = "{operation: createPet, consequential: confirm}, getPet"
OPENS = {**MODERN_META, CAPABILITIES: {"elicitation": {"form": {}, "url": {}}}}
TOM = {"name": "createPet", "arguments": {"name": "Tom"}}


def held(scene: Callable[[World, Desk], Awaitable[object]], more: str = "") -> World:
    desk = Desk(base=lambda: "http://admin")

    async def with_desk(world: World) -> None:
        world.holder._resources.approver = LocalApprover(desk)
        await scene(world, desk)

    return play(with_desk, api=answer(b'{"id": 1}', status="201 Created"), more=more, allow=ALLOW)


def approve(desk: Desk, id_: str, decision: Decision = Decision.APPROVE) -> None:
    desk.decide(id_, decision, time())


def test_a_model_reads_what_to_do_and_the_call_runs_when_it_comes_again() -> None:
    async def scene(world: World, desk: Desk) -> None:
        approval: dict[str, str] = {}
        for _ in range(2):
            result = (await world.call("createPet", {"name": "Tom"})).result
            assert result["isError"] is False
            approval = result["structuredContent"]["approval"]
            assert result["_meta"][APPROVAL_KEY] == approval
            assert approval["url"].startswith("http://admin/approve/")
            assert approval["url"] in result["content"][0]["text"]
            assert "send exactly the same call again" in result["content"][0]["text"]
        approve(desk, approval["id"])
        assert (await world.call("createPet", {"name": "Tom"})).result["structuredContent"] == {"id": 1}
        assert "approval" in (await world.call("createPet", {"name": "Tom"})).result["structuredContent"]

    assert len(held(scene).heads) == 1


def test_a_client_that_opens_links_is_asked_to_show_one() -> None:
    async def scene(world: World, desk: Desk) -> None:
        result = (await world.ask_modern("tools/call", {**TOM, "_meta": OPENS})).result
        assert result["resultType"] == "input_required"
        asked = result["inputRequests"]["approval"]
        assert (asked["method"], asked["params"]["mode"]) == ("elicitation/create", "url")
        assert asked["params"]["url"].startswith("http://admin/approve/")
        assert "content" not in result
        answers = {"inputResponses": {"approval": {"action": "accept"}}, "requestState": result["requestState"]}
        early = (await world.ask_modern("tools/call", {**TOM, "_meta": OPENS, **answers})).result
        assert early["resultType"] == "complete"
        assert early["structuredContent"]["approval"]["status"] == "pending"
        assert not world.heads
        approve(desk, result["requestState"])
        done = (await world.ask_modern("tools/call", {**TOM, "_meta": OPENS, **answers})).result
        assert done["structuredContent"] == {"id": 1}

    assert len(held(scene).heads) == 1


def test_a_modern_client_that_opens_no_links_gets_words() -> None:
    async def scene(world: World, desk: Desk) -> None:
        result = (await world.ask_modern("tools/call", TOM)).result
        assert result["resultType"] == "complete"
        assert "approval" in result["structuredContent"]

    held(scene)


def test_a_denied_call_is_an_error_for_the_model() -> None:
    async def scene(world: World, desk: Desk) -> None:
        result = (await world.call("createPet", {"name": "Tom"})).result
        approve(desk, result["structuredContent"]["approval"]["id"], Decision.DENY)
        result = (await world.call("createPet", {"name": "Tom"})).result
        assert result["isError"] is True
        assert result["_meta"][PROBLEM_KEY]["code"] == "approval-denied"

    assert not held(scene).heads


def test_a_tool_that_needs_no_approval_runs_at_once() -> None:
    async def scene(world: World, desk: Desk) -> None:
        assert (await world.call("getPet", {"petId": "1"})).result["isError"] is False
        assert not desk.approvals(time())

    assert len(held(scene).heads) == 1


def test_the_call_of_an_operation_that_a_search_found_waits_as_well() -> None:
    async def scene(world: World, desk: Desk) -> None:
        call = ("call_operation", {"id": "createPet", "arguments": {"name": "Tom"}})
        result = (await world.call(*call)).result
        approve(desk, result["structuredContent"]["approval"]["id"])
        assert not world.heads
        assert (await world.call(*call)).result["structuredContent"] == {"id": 1}

    assert len(held(scene, "mcp: {mode: search}").heads) == 1


def test_an_approval_serves_no_call_with_other_arguments() -> None:
    async def scene(world: World, desk: Desk) -> None:
        result = (await world.call("createPet", {"name": "Tom"})).result
        approve(desk, result["structuredContent"]["approval"]["id"])
        assert "approval" in (await world.call("createPet", {"name": "Eve"})).result["structuredContent"]

    assert not held(scene).heads


@pytest.mark.parametrize(
    ("meta", "params", "opens"),
    [
        (OPENS, {}, True),
        (OPENS, {"inputResponses": {}}, False),
        (MODERN_META, {}, False),
        ({}, {}, False),
        ({CAPABILITIES: {"elicitation": {}}}, {}, False),
        ({CAPABILITIES: {"elicitation": {"form": {}}}}, {}, False),
        ({CAPABILITIES: {"elicitation": True}}, {}, False),
        ({CAPABILITIES: [1]}, {}, False),
    ],
)
def test_only_a_client_that_says_so_opens_links(meta: dict[str, Any], params: dict[str, Any], opens: bool) -> None:
    assert opens_links(meta, params) is opens
