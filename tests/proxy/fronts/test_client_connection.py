from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from uvicorn.server import ServerState

from plugin_gateway.proxy.answer_head import Answer
from plugin_gateway.proxy.call import Call
from plugin_gateway.proxy.fronts.client_connection import BUSY, CLOSED, IDLE, LINGERING, NEVER, ClientConnection
from plugin_gateway.proxy.received import Received
from plugin_gateway.proxy.wire import read_request_fields
from tests.narrow import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable


class Transport:
    def __init__(self, *, has_eof: bool = True) -> None:
        self.written, self.done, self.has_eof = b"", list[str](), has_eof

    def write(self, data: bytes) -> None:
        self.written += data

    def can_write_eof(self) -> bool:
        return self.has_eof

    def get_extra_info(self, name: str) -> Any:
        return None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda: self.done.append(name)


def call(minor: int = 1, *, is_head: bool = False) -> Call:
    fields = read_request_fields(b"Host: a\r\n", minor)
    return Call(stand_in(None), Received(fields, b"HEAD" if is_head else b"GET", b"/p"))


def opened(**options: bool) -> tuple[ClientConnection, Transport]:
    connection, transport = ClientConnection(ServerState()), Transport(**options)
    connection.open(stand_in(transport), 0)
    assert connection.count_open() == 1
    return connection, transport


def answer(length: int) -> Answer:
    block = b"Content-Length: %d\r\n" % length if length >= 0 else b""
    return Answer(200, block, length, is_chunked=False, keeps_alive=True)


@pytest.mark.parametrize(
    ("asked", "length", "body", "is_complete", "expected"),
    [
        (call(), 2, b"ok", True, b"Content-Length: 2\r\n\r\nok"),
        (call(), -1, b"ok", True, b"Content-Length: 2\r\n\r\nok"),
        (call(), -1, b"ok", False, b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"),
        (call(), -1, b"", False, b"Transfer-Encoding: chunked\r\n\r\n"),
        (call(minor=0), -1, b"ok", False, b"Connection: close\r\n\r\nok"),
        (call(is_head=True), -1, b"", True, b"\r\n"),
    ],
)
def test_an_answer_has_one_framing_that_its_client_understands(
    asked: Call, length: int, body: bytes, is_complete: bool, expected: bytes
) -> None:
    connection, transport = opened()
    connection.write_answer(asked, answer(length), b"", body, is_complete=is_complete)
    head, _, rest = transport.written.partition(b"X-Request-Id: %b\r\n" % asked.request_id)
    assert head + rest == b"HTTP/1.1 200 OK\r\n" + expected


def test_the_last_piece_of_a_chunked_answer_ends_it() -> None:
    connection, transport = opened()
    connection.write_answer(call(), answer(-1), b"", b"", is_complete=False)
    transport.written = b""
    connection.write_content(b"a", is_complete=False)
    connection.write_content(b"", is_complete=True)
    assert transport.written == b"1\r\na\r\n0\r\n\r\n"


def test_after_an_answer_the_connection_awaits_a_request_unless_the_client_is_slow() -> None:
    connection, transport = opened()
    connection.hold()
    connection.hold()
    connection.phase, connection.is_full = BUSY, True
    connection.await_request(0.0)
    assert connection.phase == BUSY
    connection.is_full = False
    connection.await_request(0.0)
    assert (connection.phase, connection.deadline) == (IDLE, NEVER)
    assert transport.done == ["pause_reading", "resume_reading"]


def test_a_transport_that_cannot_half_close_is_closed() -> None:
    connection, transport = opened(has_eof=False)
    connection.linger()
    assert (connection.phase, transport.done) == (CLOSED, ["close"])
    connection, transport = opened()
    connection.linger()
    assert (connection.phase, transport.done) == (LINGERING, ["write_eof"])


def test_only_an_answer_that_ends_with_the_connection_is_cut_by_a_reset() -> None:
    connection, transport = opened()
    connection.write_answer(call(), answer(9), b"", b"ok", is_complete=False)
    connection.cut()
    assert transport.done == ["close"]
    connection, transport = opened()
    connection.write_answer(call(minor=0), answer(-1), b"", b"ok", is_complete=False)
    connection.cut()
    assert transport.done == ["abort"]
