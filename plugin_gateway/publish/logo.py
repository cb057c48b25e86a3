"""The logo: an image, with its type detected from its content, and its path."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

from plugin_gateway.diagnostics import Finding
from plugin_gateway.errors import ConfigError

MAX_LOGO_BYTES = 1_000_000
_NEUTRAL = Path(__file__).with_name("logo.png")

# Matched against the content, not the file name, because browsers look at the content.
_SIGNATURES = (
    ("png", "image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("jpg", "image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("gif", "image/gif", re.compile(rb"GIF8[79]a")),
    ("webp", "image/webp", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    # Refuses a document type with an internal subset, which may declare entities. Possessive quantifiers prevent catastrophic
    # backtracking over many comments.
    (
        "svg",
        "image/svg+xml",
        re.compile(
            rb"(?:\xef\xbb\xbf)?(?:\s++|<\?(?>.*?\?>)|<!--(?>.*?-->)|<!DOCTYPE\s[^>\[]*+>)*+<svg[\s>]", re.DOTALL
        ),
    ),
)


class Logo(Struct, frozen=True, kw_only=True):
    """An image and its path, which ends in the extension of its type."""

    body: bytes
    media_type: str
    path: str


def read_logo(data: bytes | None) -> Logo:
    """Detect the type of the image `data`; None gives the neutral logo that ships with the gateway.

    Raises `ConfigError` unless it is a PNG, JPEG, GIF, WebP or SVG of at most 1 MB.
    """
    if data is None:
        data = _NEUTRAL.read_bytes()
    if len(data) > MAX_LOGO_BYTES:
        raise ConfigError(
            [_finding(f"the logo has {len(data):,} bytes", f"use an image of at most {MAX_LOGO_BYTES:,}")]
        )
    if kind := image_kind_of(data):
        extension, media_type = kind
        return Logo(body=data, media_type=media_type, path=f"/logo.{extension}")
    raise ConfigError([_finding("the logo is not an image of a known type", "use a PNG, JPEG, GIF, WebP or SVG file")])


def image_kind_of(data: bytes) -> tuple[str, str] | None:
    """Return the extension and the media type of an image, or None if it is not of a known type."""
    for extension, media_type, signature in _SIGNATURES:
        if signature.match(data):
            return extension, media_type
    return None


def _finding(message: str, hint: str) -> Finding:
    return Finding(rule="manifest-logo", message=message, hint=hint, pointer=("manifest", "logo"))
