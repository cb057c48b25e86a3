"""A frame: one question or one answer on its way between the supervisor and the workshop, with the number of the question."""

from __future__ import annotations

import json
import struct
from typing import Final, NamedTuple

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


def label_of(octets: bytes) -> tuple[str | int, ...]:
    """Read a label as `Frame.pack` wrote it."""
    return tuple(json.loads(octets))
