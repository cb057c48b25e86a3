"""An image: an icon or logo of the package, with the type and the size in pixels that its header states."""

from __future__ import annotations

import re
import struct
from typing import Final

from plugin_gateway.discreet import Discreet
from plugin_gateway.publish.logo import image_kind_of

_SVG_TAG: Final = re.compile(rb"<svg\b[^>]*>", re.DOTALL)
_SVG_VIEW_BOX: Final = re.compile(
    rb"""\bviewBox\s*=\s*["']\s*[-+\d.eE]+[\s,]+[-+\d.eE]+[\s,]+([\d.]+)[\s,]+([\d.]+)\s*["']"""
)
_SVG_SIDE: Final = rb"""(?<![\w-])%s\s*=\s*["']\s*([\d.]+)(?:px)?\s*["']"""
_SVG_SIDES: Final = tuple(re.compile(_SVG_SIDE % name) for name in (b"width", b"height"))
# Start-of-frame markers of JPEG (ITU T.81, B.1.1.3), without the markers of Huffman tables, arithmetic coding and extensions.
_JPEG_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_JPEG_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})


class Image(Discreet, frozen=True, kw_only=True):
    """One image file. It is 0 by 0 pixels if the header does not state its size."""

    HIDDEN = ("body",)

    body: bytes
    extension: str
    """`png`, `jpg`, `gif`, `webp` or `svg`; empty for other bytes."""
    width: float = 0
    height: float = 0

    @property
    def is_square(self) -> bool:
        return self.width == self.height


def read_image(body: bytes) -> Image:
    """Read the header of an image. Bytes of another kind give an image without an extension."""
    kind = image_kind_of(body)
    if kind is None:
        return Image(body=body, extension="")
    extension, _ = kind
    try:
        width, height = _SIZES[extension](body)
    except (struct.error, IndexError, ValueError):
        width, height = 0, 0
    return Image(body=body, extension=extension, width=width, height=height)


def _png(body: bytes) -> tuple[float, float]:
    return struct.unpack(">II", body[16:24])


def _gif(body: bytes) -> tuple[float, float]:
    return struct.unpack("<HH", body[6:10])


def _jpeg(body: bytes) -> tuple[float, float]:
    at = 2
    while body[at] == 0xFF:
        marker = body[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _JPEG_ALONE:
            at += 2
        elif marker in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", body[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + int.from_bytes(body[at + 2 : at + 4])
    return 0, 0


def _webp(body: bytes) -> tuple[float, float]:
    chunk = body[12:16]
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", body[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if chunk == b"VP8L":
        bits = int.from_bytes(body[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if len(body) < 30:
        return 0, 0
    return int.from_bytes(body[24:27], "little") + 1, int.from_bytes(body[27:30], "little") + 1


def _svg(body: bytes) -> tuple[float, float]:
    tag = _SVG_TAG.search(body)
    if tag is None:
        return 0, 0
    sides = [pattern.search(tag[0]) for pattern in _SVG_SIDES]
    if sides[0] and sides[1]:
        return float(sides[0][1]), float(sides[1][1])
    box = _SVG_VIEW_BOX.search(tag[0])
    return (float(box[1]), float(box[2])) if box else (0, 0)


_SIZES: Final = {"png": _png, "jpg": _jpeg, "gif": _gif, "webp": _webp, "svg": _svg}
