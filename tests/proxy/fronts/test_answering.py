"""The guarantees of the client's side to a call, for any answer at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from uvicorn.server import ServerState

from plugin_gateway.proxy.answer_head import Answer
from plugin_gateway.proxy.body import RequestBody
from plugin_gateway.proxy.call import Call
from plugin_gateway.proxy.fronts.answering import AnsweringConnection
from plugin_gateway.proxy.fronts.client_connection import BUSY, IDLE, LINGERING
from plugin_gateway.proxy.received import Received
from plugin_gateway.proxy.wire import read_request_fields
from plugin_gateway.refusal import Refusal
from tests.narrow import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

NO = Refusal(status=502, code="upstream-closed", detail="No.")


class Transport:
    def __init__(self) -> None:
        self.written, self.done = b"", list[str]()

    def write(self, data: bytes) -> None:
        self.written += data

    def can_write_eof(self) -> bool:
        return True

    def get_extra_info(self, name: Any) -> Any:
        return None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda: self.done.append(name)


def answering(block: bytes = b"", *, method: bytes = b"GET", body_left: int = 0) -> tuple[Any, Call, list[Any]]:
    """A connection with one call in flight, whose request still has this many bytes to come."""
    records: list[Any] = []
    connection = AnsweringConnection(ServerState(), records.append)
    connection.open(stand_in(Transport()), 75)
    request = read_request_fields(b"Host: a\r\n" + block, 1)
    call = Call(connection, Received(request, method, b"/p"))
    connection.call = call
    connection.phase = BUSY
    if body_left:
        connection._body = RequestBody(read_request_fields(b"Host: a\r\nContent-Length: %d\r\n" % body_left, 1), 99, 10)
    return connection, call, records


def answer(length: int = 2, *, is_dated: bool = True) -> Answer:
    block = b"Date: d\r\n" * is_dated + (b"Content-Length: %d\r\n" % length if length >= 0 else b"")
    return Answer(200, block, length, is_chunked=False, keeps_alive=True, is_dated=is_dated)


@pytest.mark.parametrize(
    ("given", "extra", "fields"),
    [
        (answer(), b"", b"Date: d\r\nContent-Length: 2\r\n"),
        (answer(), b"X: 1\r\n", b"Date: d\r\nContent-Length: 2\r\nX: 1\r\n"),
        (answer(-1), b"", b"Date: d\r\nContent-Length: 2\r\n"),
        (answer(is_dated=False), b"", b"Content-Length: 2\r\ndate: now\r\n"),
    ],
)
def test_a_whole_answer_is_the_same_as_one_in_pieces(given: Answer, extra: bytes, fields: bytes) -> None:
    for whole in (True, False):
        connection, call, records = answering()
        connection.server_state.default_headers = [(b"date", b"now")]
        if whole:
            connection.on_whole_answer(given, extra, b"ok")
        else:
            connection.on_answer(given, extra, b"ok", is_complete=True)
        identified = b"X-Request-Id: %b\r\n" % call.request_id
        assert connection.transport.written.replace(identified, b"") == b"HTTP/1.1 200 OK\r\n" + fields + b"\r\nok"
        assert connection.transport.written.count(identified) == 1
        assert records[0].request_id == call.request_id
        assert connection.phase == IDLE
        assert [record.target for record in records] == [b"/p"]


def test_an_answer_before_the_request_was_all_here_is_the_last() -> None:
    connection, _, records = answering(body_left=5)
    connection.on_whole_answer(answer(), b"", b"ok")
    assert b"\r\nConnection: close\r\n" in connection.transport.written
    assert connection.phase == LINGERING
    assert len(records) == 1


def test_a_call_that_is_over_is_not_heard_any_more() -> None:
    connection, _, records = answering()
    connection.on_whole_answer(answer(), b"", b"ok")
    written = connection.transport.written
    connection.on_whole_answer(answer(), b"", b"again")
    connection.on_answer(answer(), b"", b"again", is_complete=True)
    connection.on_failure(NO)
    assert connection.transport.written == written
    assert len(records) == 1


def test_a_failure_is_answered_before_the_head_and_cuts_after_it() -> None:
    connection, call, records = answering(method=b"HEAD")
    connection.on_failure(NO)
    assert connection.transport.written.startswith(b"HTTP/1.1 502 ")
    assert connection.transport.written.endswith(b"\r\n\r\n")
    assert (call.status, records[0].status, records[0].reason) == (502, 502, "upstream-closed")
    assert connection.phase == IDLE
    connection, call, records = answering()
    call.status = 200
    connection.on_answer(answer(9), b"", b"ok", is_complete=False)
    connection.on_failure(NO)
    assert connection.transport.written.endswith(b"\r\n\r\nok")
    assert connection.transport.done == ["close"]
    assert (records[0].status, records[0].reason) == (200, "upstream-closed")


def test_a_body_is_paused_and_resumed_only_while_more_is_to_come() -> None:
    connection, _, _ = answering()
    connection.pause_body()
    assert connection.transport.done == []
    connection, _, _ = answering(body_left=5)
    connection.pause_body()
    connection.resume_body()
    connection.on_continue()
    assert connection.transport.done == ["pause_reading", "resume_reading"]
    assert connection.transport.written == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_the_bytes_after_a_request_are_left_to_the_reader_of_requests() -> None:
    connection, _, _ = answering()
    with pytest.raises(NotImplementedError):
        connection.go_on()
