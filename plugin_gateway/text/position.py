"""A position: the line and the column of a byte in a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def position(data: bytes, offset: int) -> tuple[int, int]:
    """Return the line and column, both from 1, of a byte offset in UTF-8."""
    return positions(data, (offset,))[offset]


def positions(data: bytes, offsets: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Return the positions of many offsets, and read the text once for all."""
    found: dict[int, tuple[int, int]] = {}
    lines, counted = 0, 0
    for offset in sorted(offsets):
        lines += data.count(b"\n", counted, offset)
        counted = offset
        line_start = data.rfind(b"\n", 0, offset) + 1
        found[offset] = lines + 1, len(data[line_start:offset].decode(errors="replace")) + 1
    return found
