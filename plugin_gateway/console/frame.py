"""A frame: one question or one answer on its way between the supervisor and the workshop, with the number of the question."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

HEAD: Final = struct.Struct("!IIQ")
"""The number of the question, and the lengths of the label and of the body."""
MOST_BYTES: Final = 256 * 1024 * 1024


class Frame(NamedTuple):
    """`label` says what the body is: the name of a question, or the status, media type, ETag and coding of an answer."""

    number: int
    label: tuple[str | int, ...]
    body: bytes

    def pack(self) -> bytes:
        label = json.dumps(self.label).encode()
        return HEAD.pack(self.number, len(label), len(self.body)) + label + self.body


async def read_frame(read: Callable[[int], Awaitable[bytes]]) -> Frame:
    """Read one frame; `read` returns exactly as many bytes as it is asked for.

    Raises:
        ValueError: the frame is too long, or its label is not JSON.
    """
    number, label_length, length = HEAD.unpack(await read(HEAD.size))
    if label_length + length > MOST_BYTES:
        raise ValueError("a frame is too long")
    return Frame(number, tuple(json.loads(await read(label_length))), await read(length))
