"""Batches: their responses in order, and the limit of one answer."""

from __future__ import annotations

import json

from plugin_gateway.mcp.batch import MOST_ANSWER_BYTES, Batch
from plugin_gateway.mcp.message import INTERNAL_ERROR, INVALID_REQUEST, Fault, Message, response


def batch_of(*ids: bytes) -> Batch:
    return Batch([Message(id_, "ping", {}) for id_ in ids])


def test_the_responses_are_in_the_order_of_the_requests() -> None:
    batch = batch_of(b"1", b'"b"')
    batch.put(1, response(b'"b"', b"{}"))
    batch.put(0, response(b"1", b"{}"))

    assert [one["id"] for one in json.loads(batch.answer())] == [1, "b"]
    assert batch.id_of(1) == b'"b"'


def test_responses_for_which_the_answer_has_no_room_become_errors() -> None:
    batch = batch_of(*(b"%d" % slot for slot in range(50)))
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
    batch = batch_of(b"1", b"2")
    batch.put(0, response(b"1", b"{}"))
    batch.fill(Fault(INTERNAL_ERROR, "No."))

    assert [one.get("error", {}).get("message") for one in json.loads(batch.answer())] == [None, "No."]


def test_a_request_that_was_withdrawn_has_no_response() -> None:
    batch = batch_of(b"1", b"2")
    assert batch.is_empty
    batch.put(1, response(b"2", b"{}"))

    assert not batch.is_empty
    assert [one["id"] for one in json.loads(batch.answer())] == [2]


def test_only_requests_that_a_batch_may_have_are_asked() -> None:
    notice, ping, begin = (Message(*each, {}) for each in ((b"", "x"), (b"1", "ping"), (b"2", "initialize")))
    batch = Batch([notice, begin, Fault(INVALID_REQUEST, "No."), ping])

    assert batch.asked() == [(2, ping)]
    assert [one["id"] for one in json.loads(batch.answer())] == [2, None]
    assert Batch([notice]).is_empty
