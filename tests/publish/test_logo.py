"""The logo: its type comes from its bytes, and anything else is refused."""

from __future__ import annotations

import pytest

from plugin_gateway.errors import ConfigError
from plugin_gateway.publish.logo import MAX_LOGO_BYTES, read_logo


def test_the_neutral_logo_is_a_small_png() -> None:
    logo = read_logo(None)
    assert (logo.media_type, logo.path) == ("image/png", "/logo.png")
    assert len(logo.body) < 4096


@pytest.mark.parametrize(
    ("data", "media_type", "path"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png", "/logo.png"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg", "/logo.jpg"),
        (b"GIF89a....", "image/gif", "/logo.gif"),
        (b"RIFF\n\0\0\0WEBPVP8 ", "image/webp", "/logo.webp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", "/logo.svg"),
        (
            b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a --><!-- b -->\n<!DOCTYPE svg>\n<svg>",
            "image/svg+xml",
            "/logo.svg",
        ),
    ],
)
def test_an_image_is_known_by_its_content(data: bytes, media_type: str, path: str) -> None:
    logo = read_logo(data)
    assert (logo.body, logo.media_type, logo.path) == (data, media_type, path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><svg>",
        b"<svgx>",
        b"%PDF-1.7",
        b"RIFF\0\0\0\0WAVE",
        b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>",
        b"<!-- -->" * 5000 + b"<html>",
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError, match="not an image") as caught:
        read_logo(data)
    assert caught.value.findings[0].pointer == ("manifest", "logo")


def test_more_than_a_megabyte_is_refused() -> None:
    signature = b"\x89PNG\r\n\x1a\n"
    read_logo(signature.ljust(MAX_LOGO_BYTES, b"."))
    with pytest.raises(ConfigError, match="1,000,001 bytes"):
        read_logo(signature.ljust(MAX_LOGO_BYTES + 1, b"."))
