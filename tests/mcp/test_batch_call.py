"""Batch calls: one POST with several messages, in the revision that has batches."""

import json

import pytest

from plugin_gateway.mcp.batch_call import MOST_ANSWER_BYTES, Batch, BatchCall
from plugin_gateway.mcp.message import INTERNAL_ERROR, Fault, response
from tests.mcp.world import DOCUMENT, World, answer, call_message, play, read, seen, when_asked

NOTICE = {"jsonrpc": "2.0", "method": "notifications/initialized"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
TOM = {b"authorization": b"Bearer t0ken-of-tom-77"}
TOKENS = "auth: {type: service_http, tokens: [{name: tom, env: TOKEN}]}"


def test_a_batch_of_the_revision_that_has_them_is_answered_in_order() -> None:
    call = {
        "jsonrpc": "2.0",
        "id": 2,
        "method": "tools/call",
        "params": {"name": "getPet", "arguments": {"petId": "1"}},
    }
    wrong = {"jsonrpc": "2.0", "id": 3, "method": "initialize", "params": {"protocolVersion": "2025-03-26"}}
    reply = seen([call, NOTICE, PING, wrong, 7, {**call, "id": 4}])

    assert reply.status == 200
    assert [one["id"] for one in reply.json] == [2, 1, 3, None, 4]
    assert [("result" in one) for one in reply.json] == [True, True, False, False, True]


def test_a_batch_of_notifications_is_accepted() -> None:
    assert seen([NOTICE, NOTICE]).status == 202


def test_an_unexpected_failure_in_a_batch_leaves_no_request_without_a_response() -> None:
    other = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "listPets"}}

    async def scene(world: World) -> None:
        world.break_writer()
        reply = await world.post([PING, other, json.loads(call_message()), {**PING, "id": 8}])
        assert reply.status == 500
        assert [one["id"] for one in reply.json] == [1, 7, 5, 8]
        assert ["result" in one for one in reply.json] == [True, False, False, False]
        assert not world.endpoints._under_way._entered

    records = play(scene, api=lambda _head, _body: None).records
    assert [record.reason for record in records] == ["internal-error", ""]


def test_a_batch_of_lists_keeps_to_the_limit_of_an_answer() -> None:
    paths = "".join(
        f"  /p{at}: {{get: {{operationId: op{at}, description: {'x' * 900}, responses: {{'200': {{description: ok}}}}}}}}\n"
        for at in range(400)
    )
    document = DOCUMENT.partition("  /pets:")[0] + paths
    found = []

    async def scene(world: World) -> None:
        asked = [{"jsonrpc": "2.0", "id": at, "method": "tools/list"} for at in range(50)]
        found.append(await world.post(asked))

    play(scene, allow=", ".join(f"op{at}" for at in range(400)), document=document)
    assert MOST_ANSWER_BYTES // 2 < len(found[0].body) < MOST_ANSWER_BYTES + 50 * 300
    assert 0 < sum("error" in one for one in found[0].json) < 50


@pytest.mark.parametrize(
    ("withdrawn", "status", "answered"), [([5], 200, [6]), ([6, 7, 6], 200, [5]), ([5, 6], 202, [])], ids=repr
)
def test_a_caller_withdraws_one_request_of_a_batch_and_gets_the_others(
    withdrawn: list[int], status: int, answered: list[int]
) -> None:
    requests = [{**json.loads(call_message()), "id": id_} for id_ in (5, 6)]
    for request in requests:
        request["params"] = {"name": "getPet", "arguments": {"petId": str(request["id"])}}

    def api(head: bytes, body: bytes) -> bytes | None:
        return answer()(head, body) if head.startswith(b"GET /pets/%d " % (answered or [0])[0]) else None

    async def scene(world: World) -> None:
        client = world.begin(json.dumps(requests).encode(), TOM)
        await when_asked(world, 2)
        for id_ in withdrawn:
            notice = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id_}}
            assert (await world.post(notice, TOM)).status == 202
        reply = await read(client)
        assert reply.status == status
        assert [one["id"] for one in (reply.json if reply.body else [])] == answered
        client.close()

    reasons = [record.reason for record in play(scene, api=api, more=TOKENS).records]
    assert reasons.count("client-cancelled") == 2 - len(answered)


def test_one_message_is_answered_as_in_the_other_revisions() -> None:
    async def scene(world: World) -> None:
        client = world.begin(json.dumps(PING).encode(), {})
        assert isinstance(client.call, BatchCall)
        assert (await read(client)).json == {"jsonrpc": "2.0", "id": 1, "result": {}}
        client.close()
        world.break_writer()
        reply = await world.post(call_message())
        assert (reply.status, reply.json["id"]) == (500, 5)

    play(scene)


def test_the_responses_are_in_the_order_of_the_requests() -> None:
    batch = Batch([b"1", b'"b"'])
    batch.put(1, response(b'"b"', b"{}"))
    batch.put(0, response(b"1", b"{}"))

    assert [one["id"] for one in json.loads(batch.answer())] == [1, "b"]
    assert batch.id_of(1) == b'"b"'


def test_responses_for_which_the_answer_has_no_room_become_errors() -> None:
    batch = Batch([b"%d" % slot for slot in range(50)])
    for slot in range(50):
        batch.put(slot, response(b"%d" % slot, b'"' + b"x" * (MOST_ANSWER_BYTES // 3) + b'"'))
    answer = batch.answer()
    found = json.loads(answer)

    assert ["result" in one for one in found] == [True] * 2 + [False] * 48
    assert {one["error"]["code"] for one in found[2:]} == {INTERNAL_ERROR}
    assert "by itself" in found[2]["error"]["message"]
    assert [one["id"] for one in found] == [*range(50)]
    assert len(answer) < MOST_ANSWER_BYTES + 50 * 300


def test_requests_without_a_response_get_the_error_of_a_failure() -> None:
    batch = Batch([b"1", b"2"])
    batch.put(0, response(b"1", b"{}"))
    batch.fill(Fault(INTERNAL_ERROR, "No."))

    assert [one.get("error", {}).get("message") for one in json.loads(batch.answer())] == [None, "No."]


def test_a_request_that_was_withdrawn_has_no_response() -> None:
    batch = Batch([b"1", b"2"])
    assert batch.is_empty
    batch.put(1, response(b"2", b"{}"))

    assert not batch.is_empty
    assert [one["id"] for one in json.loads(batch.answer())] == [2]
