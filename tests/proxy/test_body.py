from __future__ import annotations

import pytest

from plugin_gateway.errors import WireError
from plugin_gateway.proxy import body as module
from plugin_gateway.proxy.body import RequestBody
from plugin_gateway.proxy.wire import read_request_fields


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


def body_of(framing: bytes, *, limit_bytes: int = 10, timeout_s: float = 10.0) -> RequestBody:
    return RequestBody(read_request_fields(b"Host: a\r\n" + framing + b"\r\n", 1), limit_bytes, timeout_s)


def test_a_body_of_known_length_ends_there() -> None:
    body = body_of(b"Content-Length: 5")
    assert body.feed(b"hel") == b"hel"
    assert not body.is_done
    assert body.feed(b"loGET") == b"lo"
    assert (body.is_done, body.surplus, body.received_bytes) == (True, b"GET", 5)


def test_a_chunked_body_ends_with_its_last_chunk() -> None:
    body = body_of(b"Transfer-Encoding: chunked")
    assert body.feed(b"2\r\nab\r\n0\r\n\r\nGET") == b"ab"
    assert (body.is_done, body.surplus) == (True, b"GET")


def test_an_announced_length_over_the_limit_is_refused_before_a_byte_is_read() -> None:
    with pytest.raises(WireError) as caught:
        body_of(b"Content-Length: 11")
    assert caught.value.status == 413


def test_a_chunked_body_is_counted_while_it_streams() -> None:
    body = body_of(b"Transfer-Encoding: chunked")
    assert body.feed(b"a\r\n0123456789\r\n") == b"0123456789"
    with pytest.raises(WireError) as caught:
        body.feed(b"1\r\nx\r\n")
    assert caught.value.status == 413


def test_a_malformed_chunk_is_the_clients_fault() -> None:
    with pytest.raises(WireError) as caught:
        body_of(b"Transfer-Encoding: chunked").feed(b"zz\r\n")
    assert caught.value.code == "bad-chunk"


def test_each_piece_extends_the_time_but_a_trickle_does_not_for_ever(clock: list[float]) -> None:
    body = body_of(b"Content-Length: 9", timeout_s=10.0)
    assert body.due_at == 110.0
    for _ in range(8):
        clock[0] += 5.0
        body.feed(b"x")
    assert body.due_at < 111.0


def test_a_body_that_flows_is_given_time(clock: list[float]) -> None:
    body = body_of(b"Content-Length: 1000000", limit_bytes=1_000_000)
    for _ in range(8):
        clock[0] += 9.0
        body.feed(b"x" * 20_000)
    assert body.due_at == clock[0] + 10.0


def test_time_in_which_the_gateway_does_not_read_does_not_count(clock: list[float]) -> None:
    body = body_of(b"Content-Length: 9")
    body.hold()
    body.feed(b"x")
    assert body.due_at == float("inf")
    clock[0] += 1000.0
    body.resume()
    assert clock[0] < body.due_at <= clock[0] + 10.0


def test_no_timeout_means_never() -> None:
    assert body_of(b"Content-Length: 9", timeout_s=0).due_at == float("inf")
