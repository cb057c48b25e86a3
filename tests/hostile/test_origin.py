import base64
import gzip
import zlib
from typing import Any

import pytest

from plugin_gateway.hostile.case import Echo
from plugin_gateway.hostile.origin import Origin

REQUEST = b"GET /v1/pets?a=1 HTTP/1.1\r\nX-Api-Key: secret-9\r\n\r\n"


def body(echo: Echo) -> bytes:
    origin = Origin("/v1")
    origin.echo = echo
    return origin.answer(REQUEST).partition(b"\r\n\r\n")[2]


def test_a_request_is_recorded_without_the_prefix_and_forgotten_when_taken() -> None:
    origin = Origin("/v1")
    origin.answer(REQUEST)
    [arrival] = origin.take()
    assert (arrival.method, arrival.target, arrival.octets) == ("GET", "/pets?a=1", REQUEST)
    assert origin.take() == []


def test_a_request_outside_the_prefix_keeps_its_target() -> None:
    origin = Origin("/v1")
    origin.answer(b"GET /v12/pets HTTP/1.1\r\n\r\n")
    assert origin.take()[0].target == "/v12/pets"


@pytest.mark.parametrize(
    ("echo", "read"),
    [
        (Echo.PLAIN, bytes),
        (Echo.GZIP, gzip.decompress),
        (Echo.DEFLATE, zlib.decompress),
        (Echo.BASE64, base64.b64decode),
        (Echo.HEX, lambda text: bytes.fromhex(text.decode())),
    ],
)
def test_the_answer_repeats_the_request(echo: Echo, read: object) -> None:
    assert callable(read)
    assert read(body(echo)) == REQUEST


@pytest.mark.parametrize("echo", [Echo.JSON, Echo.PERCENT, Echo.FIELD, Echo.LOCATION])
def test_the_answer_shows_the_secret_in_other_places(echo: Echo) -> None:
    origin = Origin("")
    origin.echo = echo
    assert b"secret-9" in origin.answer(REQUEST)


def test_chunks_cut_the_request_in_pieces() -> None:
    assert body(Echo.CHUNKS).startswith(b"5\r\nGET /\r\n")


def test_an_answer_to_head_has_no_body() -> None:
    assert Origin("").answer(b"HEAD / HTTP/1.1\r\n\r\n").endswith(b"\r\n\r\n")


class Transport:
    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)


@pytest.mark.parametrize(
    "request_",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_request_is_whole_however_it_is_cut(request_: bytes, size: int) -> None:
    origin = Origin("")
    connection: Any = origin.connect()
    connection._transport = Transport()
    both = request_ * 2
    for at in range(0, len(both), size):
        connection.data_received(both[at : at + size])
    assert [arrival.octets for arrival in origin.take()] == [request_, request_]
