"""Callers: what their calls send, and that a remembered call is the same as the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from plugin_gateway.config.load import load_text
from plugin_gateway.openapi.document import Document
from plugin_gateway.proxy.shaped_request import SKIPPED
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.tools.request import ToolRequest
from tests.mcp.world import DOCUMENT, SECRET, play, revision_of

if TYPE_CHECKING:
    from plugin_gateway.mcp.caller import Caller
    from plugin_gateway.revision import Revision
    from tests.mcp.world import World


TRACE = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"


def the_caller(world: World) -> Caller:
    (head,) = world.endpoint._heads.values()
    assert head.caller is not None
    return head.caller


def test_a_repeated_call_sends_the_same_as_the_first() -> None:
    async def scene(world: World) -> None:
        for number in (1, 1, 1, 2, 2, 2):
            await world.call("listPets", {"limit": number}, fields={b"user-agent": b"agent/1"})

    heads = [head.split(b"X-Request-Id")[0] for head, _ in play(scene).heads]
    assert heads[0] == heads[1] == heads[2]
    assert heads[3] == heads[4] == heads[5]
    assert heads[0].startswith(b"GET /pets?limit=1 HTTP/1.1\r\n")
    assert heads[3].startswith(b"GET /pets?limit=2 HTTP/1.1\r\n")


def test_the_same_call_of_two_callers_carries_the_fields_of_each() -> None:
    async def scene(world: World) -> None:
        for agent in (b"agent/1", b"agent/2") * 3:
            await world.call("listPets", {"limit": 1}, fields={b"user-agent": agent})

    sent = [head.lower().split(b"user-agent: ")[1].split(b"\r")[0] for head, _ in play(scene).heads]
    assert sent == [b"agent/1", b"agent/2"] * 3


def test_calls_that_repeat_are_remembered_for_the_tools_of_a_large_api() -> None:
    async def scene(world: World) -> None:
        for _ in range(2):
            for number in range(40):
                await world.call("listPets", {"limit": number})
        known = the_caller(world).clientele.known.entries
        # Two calls whose hashes fall on one place keep each other out.
        assert 30 < len(known) <= 40

    play(scene)


def test_a_remembered_call_that_a_report_skipped_is_judged_when_there_is_a_look_to_spare() -> None:
    async def scene(world: World) -> None:
        for _ in range(2):
            await world.call("listPets", {"limit": 1})
        known = the_caller(world).clientele.known.entries
        ((key, skipped),) = known.items()
        skipped.permitted.shaped = SKIPPED
        await world.call("listPets", {"limit": 1})
        assert known[key] is not skipped
        assert known[key].permitted.shaped.is_judged

    play(scene)


def test_a_call_carries_the_credential_of_the_api_and_nothing_of_the_endpoint() -> None:
    async def scene(world: World) -> None:
        fields = {b"authorization": b"Bearer mine", b"cookie": b"a=b", b"mcp-method": b"x", b"x-key": b"mine"}
        await world.call("getPet", {"petId": "1"}, fields=fields)

    ((head, _),) = play(scene).heads
    assert f"X-Key: {SECRET}".encode() in head
    for absent in (b"mine", b"ookie", b"cp-", b"event-stream"):
        assert absent not in head


def test_wrong_arguments_are_never_sent() -> None:
    async def scene(world: World) -> None:
        for arguments in (
            {},
            {"petId": ""},
            {"petId": ".."},
            {"petId": "a/b"},
            {"petId": "1", "x": 1},
            {"petId": ["1"]},
        ):
            reply = await world.call("getPet", arguments)
            assert reply.status == 200

    world = play(scene)
    assert [head for head, _ in world.heads if not head.startswith(b"GET /pets/1 ")] == []


def test_the_token_of_a_client_is_never_passed_on() -> None:
    async def scene(world: World) -> None:
        world.holder.swap(with_passthrough(world.port))
        reply = await world.call(
            "getPet", {"petId": "1"}, fields={b"authorization": b"Bearer mine", b"host": b"localhost"}
        )

        assert reply.result["_meta"]["plugin-gateway/problem"]["code"] == "no-token-passthrough"

    assert play(scene).heads == []


def with_passthrough(port: int) -> Revision:
    text = f"openapi: x\nupstream: {{url: 'http://127.0.0.1:{port}', credential: {{passthrough: true}}}}\nallow: [getPet]\n"
    loaded = load_text(text, path=None, environ={})
    return compile_revision(loaded, Document(root=yaml.safe_load(DOCUMENT), name="openapi.yaml"), number=2)


def test_an_integer_of_any_size_is_sent_as_it_is() -> None:
    async def scene(world: World) -> None:
        for _ in range(3):
            await world.call("listPets", {"limit": 10**40 + 1})

    assert {head.split(b" ")[1] for head, _ in play(scene).heads} == {b"/pets?limit=%d" % (10**40 + 1)}


def test_a_trace_of_the_message_goes_up_with_each_call() -> None:
    async def scene(world: World) -> None:
        for _ in range(3):
            await world.ask("tools/call", {"name": "listPets", "_meta": {"traceparent": TRACE}})

    assert all(f"traceparent: {TRACE}".encode() in head.lower() for head, _ in play(scene).heads)


@pytest.mark.parametrize(("length", "kept"), [(100, 1), (5000, 0)])
def test_only_short_fields_are_kept_for_the_next_call(length: int, kept: int) -> None:
    note = "- {name: X-Note, in: header, schema: {type: string}}\n        - {name: limit,"

    async def scene(world: World) -> None:
        world.holder.swap(revision_of(port=world.port, document=DOCUMENT.replace("- {name: limit,", note)))
        await world.call("listPets", {"X-Note": "n" * length})
        caller = the_caller(world)
        assert len(caller._blocks) == kept

    ((head, _),) = play(scene).heads
    assert b"x-note: " + b"n" * length in head


def test_calls_share_field_lines_only_if_their_bodies_have_the_same_length() -> None:
    async def scene(world: World) -> None:
        await world.call("createPet", {"name": "Ada"})
        caller = the_caller(world)
        blocks = [
            caller._block(ToolRequest(b"POST", b"/pets", ((b"content-type", b"application/json"),), body), None)
            for body in (b"{}", b"[]", b"{ }")
        ]

        assert blocks[0] is blocks[1]
        assert [block.request.content_length for block in blocks] == [2, 2, 3]

    play(scene)


def test_the_fields_of_a_body_with_a_boundary_are_not_kept() -> None:
    multipart = DOCUMENT.replace(
        "content: {application/json: {schema: {type: object, required",
        "content: {multipart/form-data: {schema: {type: object, required",
    )

    async def scene(world: World) -> None:
        world.holder.swap(revision_of(port=world.port, document=multipart))
        await world.call("createPet", {"name": "Ada"})
        caller = the_caller(world)
        assert caller._blocks == {}

    ((head, _),) = play(scene).heads
    assert b"multipart/form-data; boundary=" in head


def test_one_result_lists_the_arguments_that_cannot_be_sent_and_those_that_break_their_description() -> None:
    async def scene(world: World) -> None:
        reply = await world.call("createPet", {"zz": 1, "name": 5})
        problem = reply.result["_meta"]["plugin-gateway/problem"]
        assert [one["argument"] for one in problem["errors"]] == ["zz", "name"]

        reply = await world.call("listPets", {"zz": 1, "limit": "five", "page": "x"})
        problem = reply.result["_meta"]["plugin-gateway/problem"]
        assert [one["argument"] for one in problem["errors"]] == ["zz", "limit", "page"]
        assert "- limit: `limit` expected integer, got string." in reply.text

    assert play(scene, more="validate: {request: enforce}").heads == []
