"""The endpoint: who may call it, with which method, and that each POST has one record, and each tool call another."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.permit import Permit
from plugin_gateway.mcp.call import McpCall
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.in_process import InProcessClient, field_block
from plugin_gateway.proxy.serving import Serving
from tests.mcp.world import MODERN_META, SECRET, answer, play, read, revision_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from plugin_gateway.proxy.door import Access
    from plugin_gateway.proxy.received import FieldBlock
    from tests.mcp.world import Reply, World


PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
TOKENS = "auth: {type: service_http, tokens: [{name: tom, env: TOKEN}]}"
OAUTH = """
auth:
  type: oauth
  client_url: https://login.example/authorize
  authorization_url: https://login.example/token
  scope: pets.read
  verify: {introspection: "https://login.example/introspect"}
"""
TOM = {b"authorization": b"Bearer t0ken-of-tom-77"}


def seen(world_fields: dict[bytes, bytes], method: bytes = b"POST", more: str = "", message: Any = PING) -> Reply:
    found = []

    async def scene(world: World) -> None:
        found.append(await world.post(message, world_fields, method=method))

    play(scene, more=more)
    return found[0]


@pytest.mark.parametrize("method", [b"GET", b"DELETE", b"PUT", b"HEAD"])
def test_only_post_is_answered(method: bytes) -> None:
    reply = seen({}, method)

    assert reply.status == 405
    assert reply.fields[b"allow"] == b"POST"


@pytest.mark.parametrize("method", [b"GET", b"POST"])
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({b"origin": b"https://evil.example"}, "origin-not-allowed"),
        ({b"origin": b"null"}, "origin-not-allowed"),
        ({b"host": b"evil.example"}, "host-not-allowed"),
        ({b"host": b"evil.example", b"origin": b"http://evil.example"}, "host-not-allowed"),
    ],
)
def test_a_foreign_page_is_refused_with_any_method(fields: Any, code: str, method: bytes) -> None:
    reply = seen(fields, method)

    assert (reply.status, reply.json["code"]) == (403, code)


def test_a_page_of_an_allowed_origin_can_read_answers_and_refusals() -> None:
    page = {b"origin": b"https://app.example"}
    for fields in (page, page | {b"content-type": b"text/plain"}):
        reply = seen(fields, more="mcp: {origins: [https://app.example]}")

        assert reply.fields[b"access-control-allow-origin"] == b"https://app.example"


def test_an_endpoint_that_is_off_does_not_exist() -> None:
    assert revision_of("mcp: false").mcp is None

    def scene_of(more: str) -> Callable[[World], Awaitable[None]]:
        async def scene(world: World) -> None:
            assert (b"/mcp" in world.holder.serving.endpoints) == (more == "")

        return scene

    play(scene_of("mcp: false"), more="mcp: false")
    play(scene_of(""))


def test_a_caller_without_a_credential_gets_401_and_learns_nothing() -> None:
    reply = seen({}, more=TOKENS)

    assert (reply.status, reply.json["code"]) == (401, "missing-credential")


def test_a_caller_with_a_credential_is_served() -> None:
    assert seen(TOM, more=TOKENS).json == {"jsonrpc": "2.0", "id": 1, "result": {}}


def test_a_challenge_names_the_metadata_of_this_endpoint_and_the_scope() -> None:
    reply = seen({}, more=OAUTH)

    assert reply.status == 401
    assert reply.fields[b"www-authenticate"].endswith(
        b' resource_metadata="https://gw.example/.well-known/oauth-protected-resource/mcp", scope="pets.read"'
    )


def test_each_consumer_sees_and_calls_its_own_tools() -> None:
    more = f"{TOKENS}\nconsumers: [{{name: tom, match: {{token: tom}}, allow: [getPet]}}]"

    async def scene(world: World) -> None:
        listed = await world.ask("tools/list", fields=TOM)
        refused = await world.ask("tools/call", {"name": "listPets"}, fields=TOM)
        called = await world.ask("tools/call", {"name": "getPet", "arguments": {"petId": "1"}}, fields=TOM)

        assert [tool["name"] for tool in listed.result["tools"]] == ["getPet"]
        assert refused.json["error"]["message"] == "Unknown tool: listPets"
        assert called.result["structuredContent"] == {"ok": True}

    assert {record.consumer for record in play(scene, more=more).records} == {"tom"}


def test_a_credential_that_came_to_mean_another_consumer_gets_that_ones_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """An introspection may answer differently today. The head of the requests is the same, and is remembered."""
    consumers = "[{name: tom, match: {token: tom}, allow: [getPet]}, {name: all, match: {token: tom}}]"

    async def scene(world: World) -> None:
        serving = world.holder.serving
        assert serving.door is not None
        for view, tools in ((0, ["getPet"]), (1, ["listPets", "createPet", "getPet"]), (0, ["getPet"])):
            seen_now = serving.revision.views[view]
            access = serving.door._shared(view, seen_now.consumer, seen_now, "")
            monkeypatch.setattr(Serving, "admit", lambda *_, access=access: access)
            listed = await world.ask("tools/list", fields=TOM)
            assert [tool["name"] for tool in listed.result["tools"]] == tools

    play(scene, more=f"{TOKENS}\nconsumers: {consumers}")


def test_the_record_of_a_post_has_its_own_target() -> None:
    targets = [b"/mcp", b"/mcp?a=1", b"/mcp"]

    async def scene(world: World) -> None:
        for target in targets:
            await world.post(PING, target=target)

    assert [record.target for record in play(scene).records] == targets


def test_a_post_has_a_record_and_its_tool_call_another_that_names_the_operation() -> None:
    async def scene(world: World) -> None:
        await world.call("getPet", {"petId": "1"})
        await world.call("getPet", {"petId": "1"})
        await world.call("getPet", {"petId": "1"})

    records = play(scene).records
    named = [record.rule.operation_id if record.rule else record.target for record in records]

    assert named == ["getPet", b"/mcp"] * 3
    assert [one.request_id for one in records[::2]] == [one.request_id for one in records[1::2]]
    assert {(one.status, one.reason) for one in records} == {(200, "")}


def test_requests_with_the_same_fields_share_one_head_and_other_fields_get_another() -> None:
    async def scene(world: World) -> None:
        for name, arguments in (("getPet", {"petId": "1"}), ("listPets", {"limit": 20}), ("listPets", {})):
            reply = await world.ask_modern("tools/call", {"name": name, "arguments": arguments})
            assert reply.result["isError"] is False
        heads = world.endpoint._heads
        assert len(heads) == 1
        await world.ask_modern("tools/list", fields={b"user-agent": b"another"})
        assert len(heads) == 2

    play(scene)


def test_a_request_in_http_1_0_is_never_answered_as_one_in_http_1_1() -> None:
    async def scene(world: World) -> None:
        serving = world.holder.serving
        for minor in (1, 0, 1):
            block = field_block([(b"host", b"gw.example"), (b"content-type", b"application/json")], minor)
            client = InProcessClient(world.holder.clock, world.records.append)
            client.on_begin = world.begun.append
            body = json.dumps(PING).encode()
            serving.endpoints[b"/mcp"].read(RequestHead(b"POST", b"/mcp", block)).begin(serving, client, body, True)
            client.close()
        assert [call.received.request.minor for call in world.begun] == [1, 0, 1]

    play(scene)


def test_a_body_may_have_4_mib_and_no_more() -> None:
    async def scene(world: World) -> None:
        assert world.holder.serving.endpoints[b"/mcp"].body_bytes == 4 * 1024 * 1024

    play(scene)


def test_a_client_that_leaves_cancels_the_call_of_the_api() -> None:
    records = []

    async def scene(world: World) -> None:
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "getPet", "arguments": {"petId": "1"}},
        }
        client = world.begin(json.dumps(message).encode())
        while not world.heads:  # noqa: ASYNC110  # the stub API has no event
            await asyncio.sleep(0)
        client.close()
        records.extend(world.records)
        while world.holder.serving.pool.open_connections:  # noqa: ASYNC110  # the loop closes it without an event
            await asyncio.sleep(0)

    play(scene, api=lambda _head, _body: None)

    assert [(one.status, one.reason, one.rule is not None) for one in records] == [
        (0, "client-gone", True),
        (0, "client-gone", False),
    ]


def test_secrets_in_answers_are_masked() -> None:
    async def scene(world: World) -> None:
        reply = await world.call("getPet", {"petId": "1"})

        assert SECRET not in reply.text
        assert SECRET.encode() not in reply.body

    play(scene, api=answer(f'{{"key": "{SECRET}"}}'.encode()))


def test_a_caller_that_is_judged_later_is_served_when_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(world: World) -> None:
        serving = world.holder.serving
        access = serving.anybody

        async def later() -> Access:
            return access

        class Door:
            def admit(self, _block: FieldBlock, _address: str) -> Awaitable[Access]:
                return later()

        monkeypatch.setattr(serving, "door", Door())

        assert (await world.post(PING)).json["result"] == {}
        # The second time the caller's head is remembered.
        assert (await world.post(PING)).json["result"] == {}
        assert [call.request_id for call in world.begun] == [record.request_id for record in world.records]
        assert len(world.begun) == 2

    play(scene)


@pytest.mark.parametrize(
    ("change", "listed"),
    [
        ({"allow": "getPet"}, ["getPet"]),
        ({"more": "mcp: {mode: search}"}, ["search_operations", "describe_operation", "call_operation"]),
    ],
)
def test_a_changed_list_of_tools_is_announced_to_subscribers_and_the_next_list_has_the_change(
    change: dict[str, str], listed: list[str]
) -> None:
    async def scene(world: World) -> None:
        wanted = {"notifications": {"toolsListChanged": True}}
        message = {
            "jsonrpc": "2.0",
            "id": 7,
            "method": "subscriptions/listen",
            "params": {"_meta": MODERN_META, **wanted},
        }
        fields = {b"mcp-protocol-version": b"2026-07-28", b"mcp-method": b"subscriptions/listen"}
        client = world.begin(json.dumps(message).encode(), fields)
        first = await client.read()
        world.holder.swap(revision_of(port=world.port, number=2))
        world.holder.swap(revision_of(port=world.port, number=3, **change))
        second = await client.read()
        world.endpoints.drain()
        reply = await read(client)
        client.close()

        assert b"notifications/subscriptions/acknowledged" in first
        assert b'"io.modelcontextprotocol/subscriptionId":7},"notifications":{"toolsListChanged":true}' in first
        assert b"notifications/tools/list_changed" in second
        assert [event["id"] for event in reply.events] == [7]
        assert [tool["name"] for tool in (await world.ask("tools/list")).result["tools"]] == listed

    play(scene)


def test_turning_the_endpoint_off_ends_subscriptions() -> None:
    async def scene(world: World) -> None:
        message = {
            "jsonrpc": "2.0",
            "id": 7,
            "method": "subscriptions/listen",
            "params": {"_meta": MODERN_META, "notifications": {}},
        }
        fields = {b"mcp-protocol-version": b"2026-07-28", b"mcp-method": b"subscriptions/listen"}
        client = world.begin(json.dumps(message).encode(), fields)
        world.holder.swap(revision_of("mcp: false", port=world.port, number=2))
        reply = await read(client)
        client.close()

        assert reply.events[-1]["result"]["resultType"] == "complete"

    play(scene)


MEMBERS = (
    "jsonrpc",
    "id",
    "method",
    "params",
    "name",
    "arguments",
    "_meta",
    "cursor",
    "petId",
    "requestId",
    *MODERN_META,
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*MEMBERS]) | st.text(max_size=6), inner, max_size=6)
    ),
    max_leaves=12,
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | VALUES,
        "id": st.integers() | st.text(max_size=4) | VALUES,
        "method": st.sampled_from(
            ["ping", "initialize", "tools/list", "tools/call", "server/discover", "subscriptions/listen", "prompts/list",
             "notifications/cancelled", "logging/setLevel", "resources/read"]
        ) | VALUES,
        "params": st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["getPet", "listPets", "createPet"]) | VALUES,
                "arguments": st.dictionaries(st.sampled_from(["petId", "limit", "name"]), VALUES) | VALUES,
                "_meta": st.just(MODERN_META) | VALUES,
                "notifications": st.dictionaries(st.just("toolsListChanged"), VALUES) | VALUES,
            },
        )
        | VALUES,
    },
)  # fmt: skip


@given(
    st.lists(
        st.tuples(
            (MESSAGES | st.lists(MESSAGES, max_size=3) | VALUES).map(lambda value: json.dumps(value).encode())
            | st.binary(max_size=40),
            st.sampled_from(["", "2025-03-26", "2025-11-25", "2026-07-28", "x"]),
            st.sampled_from(["", "tools/call", "tools/list", "subscriptions/listen"]),
        ),
        min_size=8,
        max_size=8,
    )
)
def test_no_message_is_without_an_answer(received: list[Any]) -> None:
    async def scene(world: World) -> None:
        for body, version, method in received:
            fields = {b"mcp-protocol-version": version.encode() or None, b"mcp-method": method.encode() or None}
            client = world.begin(body, fields)
            if isinstance(client.call, McpCall) and client.call._subscription:
                world.endpoints.drain()
            reply = await read(client)
            client.close()

            assert reply.status in {200, 202, 400, 404}
            if reply.body.startswith(b"event:"):
                assert reply.events
            elif reply.status != 202:
                said = reply.json if isinstance(reply.json, list) else [reply.json]
                assert all(one["jsonrpc"] == "2.0" and ("result" in one) != ("error" in one) for one in said)

    assert {record.reason for record in play(scene).records} <= {""}


@given(st.sets(st.sampled_from(["listPets", "createPet", "getPet", "deletePet"])))
def test_rest_and_tools_can_call_exactly_the_operations_of_the_served_document(allowed: set[str]) -> None:
    arguments = {"listPets": {}, "createPet": {"name": "x"}, "getPet": {"petId": "1"}, "deletePet": {"petId": "1"}}
    targets = {
        "listPets": (b"GET", b"/pets"),
        "createPet": (b"POST", b"/pets"),
        "getPet": (b"GET", b"/pets/1"),
        "deletePet": (b"DELETE", b"/pets/1"),
    }

    async def scene(world: World) -> None:
        revision = world.holder.revision
        served = json.loads(revision.faces["/openapi.json"].body)
        shown = {one["operationId"] for item in served["paths"].values() for one in item.values()}
        listed = {tool["name"] for tool in (await world.ask("tools/list")).result["tools"]}
        called = set()
        for name, given_arguments in arguments.items():
            reply = await world.call(name, given_arguments)
            if "result" in reply.json and not reply.result["isError"]:
                called.add(name)
        by_rest = {
            name
            for name, (method, target) in targets.items()
            if isinstance(revision.gate.judge(method, target), Permit)
        }

        assert shown == listed == called == by_rest == allowed

    play(scene, allow=", ".join(sorted(allowed)))
