from __future__ import annotations

import contextlib
import itertools

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.proxy.chunked import LAST_CHUNK, ChunkedError, ChunkedReader, chunk


def read(*pieces: bytes) -> tuple[bytes, bool, bytes]:
    reader = ChunkedReader()
    content = b"".join(reader.feed(piece) for piece in pieces)
    return content, reader.is_done, reader.surplus


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", (b"hello", True, b"")),
        (b"5\r\nhello\r\n0\r\n\r\nGET", (b"hello", True, b"GET")),
        (b"0\r\n\r\n", (b"", True, b"")),
        (b"A;ext=1\r\n0123456789\r\n000\r\nX-T: 1\r\nY: 2\r\n\r\n", (b"0123456789", True, b"")),
        (b"5 \t; ext = 1\r\nhello\r\n0;\r\n\r\n", (b"hello", True, b"")),
        (b"5\r\nhel", (b"hel", False, b"")),
        (b"5\r\nhello\r", (b"hello", False, b"")),
        (b"5\r", (b"", False, b"")),
    ],
)
def test_a_chunked_body_is_taken_apart(data: bytes, expected: tuple[bytes, bool, bytes]) -> None:
    assert read(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b"g\r\n",
        b"5 \r\nhello\r\n",
        b" 5\r\nhello\r\n",
        b"5_\r\nhello\r\n",
        b"0x5\r\nhello\r\n",
        b"+5\r\nhello\r\n",
        b"-1\r\n",
        b"5\nhello\r\n" + b"0\r\n\r\n",
        b'5;a="x\ny"\r\nhello\r\n',
        b"5;a\rb\r\nhello\r\n",
        b"5;\x00\r\nhello\r\n",
        b"fffffffffffffffe\r\n",
        b"00000000000000000000000\r\n",
        b"5\r\nhelloX\r\n",
        b"5\r\nhello\rX",
        b"5\r\nhello\n0\r\n\r\n",
        b"0\r\nnocolon\r\n\r\n",
        b"0\r\n folded: x\r\n\r\n",
        b"0\r\nX: a\x00\r\n\r\n",
        b"a" * 2000,
        b"1;" + b"x" * 2000 + b"\r\n",
        b"0\r\nX: " + b"a" * 2000 + b"\r\n\r\n",
        b"0\r\n" + b"X: aaaaaaaaaaaa\r\n" * 2000 + b"\r\n",
    ],
)
def test_bytes_that_are_not_a_chunked_body_are_refused(data: bytes) -> None:
    with pytest.raises(ChunkedError):
        read(data)


def test_extensions_of_many_chunks_together_are_bounded() -> None:
    with pytest.raises(ChunkedError):
        read((b"1;" + b"x" * 900 + b"\r\na\r\n") * 100)


@given(st.lists(st.binary(max_size=20), max_size=6), st.lists(st.integers(0, 200), max_size=8))
def test_pieces_read_like_the_whole_and_like_h11(chunks: list[bytes], cuts: list[int]) -> None:
    data = b"".join(chunk(piece) for piece in chunks) + LAST_CHUNK + b"rest"
    bounds = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    reader = ChunkedReader()
    content, surplus = b"", b""
    for start, end in itertools.pairwise(bounds):
        if reader.is_done:
            surplus += data[start:end]
        else:
            content += reader.feed(data[start:end])
            surplus = reader.surplus
    assert (content, reader.is_done, surplus) == (b"".join(chunks), True, b"rest")

    connection = h11.Connection(h11.SERVER)
    connection.receive_data(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + data)
    theirs = b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        theirs += bytes(event.data) if isinstance(event, h11.Data) else b""
    assert theirs == content


@given(st.binary(max_size=80), st.integers(1, 5))
def test_any_bytes_are_judged_alike_however_they_are_cut(data: bytes, step: int) -> None:
    def verdict(pieces: list[bytes]) -> tuple[bytes, bool] | None:
        try:
            return read(*pieces)[:2]
        except ChunkedError:
            return None

    whole = verdict([data])
    reader, content = ChunkedReader(), b""
    with contextlib.suppress(ChunkedError):
        for at in range(0, len(data), step):
            content += reader.feed(data[at : at + step])
            if reader.is_done:
                break
        assert whole is None or whole[0].startswith(content)
        assert whole is None or whole[1] == reader.is_done
        return
    assert whole is None


def test_an_empty_chunk_is_never_written_for_it_would_be_the_last() -> None:
    assert chunk(b"") == b""
    assert chunk(b"ab") == b"2\r\nab\r\n"
