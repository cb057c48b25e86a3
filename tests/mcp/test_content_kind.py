"""The kind of content follows from the media type; without one, there is no kind."""

from __future__ import annotations

import pytest

from plugin_gateway.mcp.content_kind import AUDIO, IMAGE, JSON, OTHER, TEXT, content_kind_of


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/json", (JSON, "application/json", "")),
        ("Application/Problem+JSON; charset=utf-8", (JSON, "application/problem+json", "")),
        ("text/html; charset=ISO-8859-1", (TEXT, "text/html", "ISO-8859-1")),
        ("text/plain", (TEXT, "text/plain", "utf-8")),
        ("image/svg+xml", (TEXT, "image/svg+xml", "utf-8")),
        ("image/png", (IMAGE, "image/png", "")),
        ("audio/wav", (AUDIO, "audio/wav", "")),
        ("application/pdf", (OTHER, "application/pdf", "")),
    ],
)
def test_the_media_type_tells_the_kind(media_type: str, expected: tuple[int, str, str]) -> None:
    assert content_kind_of(f"X: y\r\nContent-Type: {media_type}\r\n".encode()) == expected


@pytest.mark.parametrize("block", [b"", b"X: y\r\n", b"Content-Type: \r\n"])
def test_a_missing_type_has_no_kind(block: bytes) -> None:
    assert content_kind_of(block)[1] == ""
