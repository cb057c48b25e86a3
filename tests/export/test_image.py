"""An image, by its header."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.export.image import read_image
from plugin_gateway.publish.logo import read_logo
from tests.shop import png

JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xdb\x00\x03c\xff\xc4\x00\x02\xff\xc2\x00\x0b\x08\x00\x20\x00\x40"
WEBP = b"RIFF\x00\x00\x00\x00WEBP"


@pytest.mark.parametrize(
    ("body", "extension", "size"),
    [
        (png(3, 4), "png", (3, 4)),
        (b"GIF89a" + struct.pack("<HH", 5, 6), "gif", (5, 6)),
        (JPEG, "jpg", (64, 32)),
        (b"\xff\xd8\xff\xd9", "jpg", (0, 0)),
        (b"\xff\xd8\xff\x01\xff\xc0\x00\x0b\x08\x00\x20\x00\x40", "jpg", (64, 32)),
        (b"\xff\xd8\xff\xe0\x00\x02a\xc0\x00\x0b\x08\x00\x20\x00\x40", "jpg", (0, 0)),
        (WEBP + b"VP8 " + bytes(10) + struct.pack("<HH", 0x4007, 8), "webp", (7, 8)),
        (WEBP + b"VP8L" + bytes(5) + struct.pack("<I", 9 << 14 | 6), "webp", (7, 10)),
        (WEBP + b"VP8X" + bytes(8) + b"\x0a\x00\x00\x0b\x00\x00", "webp", (11, 12)),
        (b'<svg width="24px" height="12">', "svg", (24, 12)),
        (b"<svg viewBox='0 0 30 31'>", "svg", (30, 31)),
        (b'<svg viewBox="0,0,30.5,31" stroke-width="2" height="1"/>', "svg", (30.5, 31)),
        (b'<svg width="100%" height="100%">', "svg", (0, 0)),
        (b"text", "", (0, 0)),
        (b"", "", (0, 0)),
    ],
)
def test_type_and_size_are_in_the_header(body: bytes, extension: str, size: tuple[float, float]) -> None:
    image = read_image(body)
    assert (image.extension, (image.width, image.height)) == (extension, size)
    assert image.body == body


def test_the_neutral_logo_is_one_that_directories_take() -> None:
    image = read_image(read_logo(None).body)
    assert image.is_square
    assert 48 <= image.width <= 4096


@given(
    st.sampled_from([png(), JPEG, WEBP + b"VP8X", WEBP + b"VP8L", WEBP + b"VP8 ", b"GIF89a", b"<svg "]),
    st.binary(max_size=40),
)
def test_no_bytes_are_too_strange_to_read(head: bytes, rest: bytes) -> None:
    for end in range(len(head)):
        read_image(head[:end] + rest)
    assert read_image(head + rest).extension != ""
