"""The fuzzer's own reader: it has to be at least as strict as the gateway, and to share nothing with it."""

from __future__ import annotations

import pytest

from fuzz.invariant import Answer, Request, ViolationError, read_answers, read_request

OURS = b"Host: up.test\r\nX-Api-Key: sekret-hdr-7f3a9c\r\n"
KEY = b"api_key=sekret-qry-51be02"


def request(target: bytes = b"/pets?" + KEY, fields: bytes = OURS, body: bytes = b"", method: bytes = b"GET") -> bytes:
    return method + b" " + target + b" HTTP/1.1\r\n" + fields + b"\r\n" + body


@pytest.mark.parametrize(
    "data",
    [
        request(),
        request(b"/pets/exports?limit=1&" + KEY),
        request(fields=OURS + b"Content-Length: 2\r\n", body=b"ab", method=b"POST"),
        request(fields=OURS + b"Transfer-Encoding: chunked\r\n", body=b"2\r\nab\r\n0\r\n\r\n", method=b"POST"),
    ],
)
def test_a_legal_request_of_the_gateway_is_read_once_it_is_whole(data: bytes) -> None:
    assert read_request(data) == Request(data.split(b" ")[0], len(data))
    assert read_request(data[:-1]) is None


@pytest.mark.parametrize(
    "data",
    [
        request(b"/pets"),
        request(b"/pets?" + KEY + b"&" + KEY),
        request(b"/pets?" + KEY + b"&debug=1"),
        request(b"/admin/users?" + KEY),
        request(b"/pets/export?" + KEY),
        request(b"/pets/%65xport.json?" + KEY),
        request(b"/pets/x%252f..%252fexport?" + KEY),
        request(b"/pets/1?" + KEY, method=b"POST"),
        request(method=b"DELETE"),
        request(fields=OURS + b"X_Api_Key: mine\r\n"),
        request(fields=OURS + b"Host: evil.test\r\n"),
        request(fields=OURS + b"Connection: close\r\n"),
        request(fields=OURS + b"X: a\nY: b\r\n"),
        request(fields=OURS + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"),
        request(fields=OURS + b"Content-Length: +2\r\n", body=b"ab"),
        request(fields=OURS + b"Transfer-Encoding: chunked\r\n", body=b"2 \r\nab\r\n0\r\n\r\n"),
        request(fields=OURS + b"Transfer-Encoding: chunked\r\n", body=b"2\r\nabc\r\n0\r\n\r\n"),
    ],
)
def test_a_request_that_the_gateway_must_never_send_is_a_violation(data: bytes) -> None:
    with pytest.raises(ViolationError):
        read_request(data)


def test_answers_are_read_in_order_and_a_broken_one_is_not_whole() -> None:
    data = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    tail = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"
    answers = [Answer(200, b"", True), Answer(200, b"o", False)]
    assert read_answers(data + tail, [b"HEAD", b"GET"]) == answers


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n" * 2,
        b"HTTP/1.1 200 OK\r\nX: sekret-hdr-7f3a9c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\nsekret-qry-51be02",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
    ],
)
def test_an_answer_that_no_client_must_get_is_a_violation(data: bytes) -> None:
    with pytest.raises(ViolationError):
        read_answers(data, [b"GET"])
