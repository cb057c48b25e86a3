from __future__ import annotations

import json

from plugin_gateway.proxy.own_answer import own_answer, own_message
from plugin_gateway.refusal import Refusal

REFUSAL = Refusal(status=405, code="method-not-allowed", detail="No.", headers=((b"Allow", b"GET"),))


def test_an_own_answer_is_problem_details_that_caches_must_not_store() -> None:
    fields, body = own_answer(REFUSAL, b"r-1")
    named = dict(fields)
    assert json.loads(body)["code"] == "method-not-allowed"
    assert named[b"content-type"] == b"application/problem+json"
    assert named[b"content-length"] == b"%d" % len(body)
    assert named[b"cache-control"] == b"no-store"
    assert named[b"x-request-id"] == b"r-1"
    assert named[b"Allow"] == b"GET"


def test_the_message_says_when_it_is_the_last_and_has_no_body_for_head() -> None:
    message, size = own_message(REFUSAL, b"r", b"Date: d\r\n", is_head=True, closes=True)
    assert message.startswith(b"HTTP/1.1 405 Method Not Allowed\r\nDate: d\r\n")
    assert message.endswith(b"Connection: close\r\n\r\n")
    assert size == 0
    message, size = own_message(REFUSAL, b"r", b"", is_head=False, closes=False)
    assert b"Connection" not in message
    assert size == len(message.partition(b"\r\n\r\n")[2]) > 0
