from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.console.frame import HEAD, Frame, label_of


@given(st.integers(0, (1 << 32) - 1), st.lists(st.text() | st.integers(0, 999)).map(tuple), st.binary())
def test_a_frame_is_read_as_it_was_written(number: int, label: tuple[str | int, ...], body: bytes) -> None:
    octets = Frame(number, label, body).pack()
    found, label_length, length = HEAD.unpack(octets[: HEAD.size])
    rest = octets[HEAD.size :]

    assert (found, label_of(rest[:label_length]), rest[label_length:]) == (number, label, body)
    assert length == len(body)
