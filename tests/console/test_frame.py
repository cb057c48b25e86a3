import asyncio
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.console import frame
from plugin_gateway.console.frame import Frame, read_frame


def read(octets: bytes) -> Frame:
    stream = io.BytesIO(octets)

    async def exactly(length: int) -> bytes:
        return stream.read(length)

    return asyncio.run(read_frame(exactly))


@given(st.integers(0, (1 << 32) - 1), st.lists(st.text() | st.integers(0, 999)).map(tuple), st.binary())
def test_a_frame_is_read_as_it_was_written(number: int, label: tuple[str | int, ...], body: bytes) -> None:
    sent = Frame(number, label, body)

    assert read(sent.pack()) == sent


def test_a_frame_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "MOST_BYTES", 4)
    assert read(Frame(1, (), b"12").pack()).body == b"12"
    with pytest.raises(ValueError, match="too long"):
        read(Frame(1, (), b"123").pack())
