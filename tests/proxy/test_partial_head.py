from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.errors import WireError
from plugin_gateway.proxy.partial_head import PartialHead
from plugin_gateway.revision import Bounds

LIMITS = Bounds(request_head_bytes=100)
HEAD = b"GET /pets HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n"


def add_all(data: bytes) -> None:
    partial = PartialHead(data[:1], LIMITS)
    for at in range(1, len(data)):
        partial.add(data[at : at + 1])


@given(st.integers(1, 37), st.integers(1, 37))
def test_a_head_is_found_wherever_it_is_cut(first: int, step: int) -> None:
    data = HEAD + b"body"
    first = min(first, len(HEAD) - 1)
    partial = PartialHead(data[:first], LIMITS)
    for at in range(first, len(data), step):
        whole = partial.add(data[at : at + step])
        if whole:
            assert whole == data[: at + step]
            assert HEAD in whole
            return
    pytest.fail("the end of the head was not found")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /" + b"a" * 200, 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 200, 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 50, 431),
        (b"GET / HTTP/1.1\nHost: a\n\n", 400),
        (b"\x16\x03\x01\x00\xa5", 400),
    ],
)
def test_bytes_with_which_no_head_can_begin_are_refused_at_once(data: bytes, status: int) -> None:
    with pytest.raises(WireError) as caught:
        PartialHead(data, LIMITS)
    assert caught.value.status == status
    with pytest.raises(WireError) as caught:
        add_all(data)
    assert caught.value.status == status


def test_a_whole_head_beyond_the_limit_is_refused() -> None:
    partial = PartialHead(b"GET / HTTP/1.1\r\nX: ", LIMITS)
    with pytest.raises(WireError):
        partial.add(b"a" * 200 + b"\r\n\r\n")
