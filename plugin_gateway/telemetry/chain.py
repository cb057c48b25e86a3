"""A chain of lines: each line names the SHA-256 of the line before it, so that no line can be changed or removed unnoticed.

The chain proves nothing about its own end. A head, kept beside the file, has the number of lines and the SHA-256 of the last
one. A person who can write both can forge both; send the head to another machine to prevent that.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HEAD: Final = re.compile(r"(\d+):([0-9a-f]{64})")


class ChainEnd(NamedTuple):
    """The end of a chain: how many lines it has, and the SHA-256 of the last, in hexadecimal."""

    lines: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.lines}:{self.sha256}"


START: Final = ChainEnd(0, "0" * 64)


class Break(NamedTuple):
    """A place where a chain is broken. `line` counts from 1 over all lines read; 0 is the end."""

    line: int
    message: str
    hint: str = ""


def read_head(text: str) -> ChainEnd | None:
    """Read a head as `str` writes it; return None for other text."""
    match = _HEAD.fullmatch(text.strip())
    return ChainEnd(int(match[1]), match[2]) if match else None


def append(head: ChainEnd, entries: Iterable[dict[str, object]]) -> tuple[bytes, ChainEnd]:
    """Return the lines of some entries that follow `head`, and the new head. The chain adds the members `seq` and `prev`."""
    lines: list[bytes] = []
    for entry in entries:
        line = orjson.dumps({"seq": 0} | entry | {"seq": head.lines + 1, "prev": head.sha256})
        head = ChainEnd(head.lines + 1, hashlib.sha256(line).hexdigest())
        lines.append(line + b"\n")
    return b"".join(lines), head


def breaks_in(lines: Iterable[bytes], *, first: ChainEnd = START, last: ChainEnd | None) -> Iterator[Break]:
    """Yield the places where lines, without their line ends, do not form a chain from `first` to `last`.

    The check continues after a break, so one removed line gives one break. `last` is None if the end is not known.
    """
    head = first
    number = 0
    for number, line in enumerate(lines, 1):
        seq, prev = _link(line)
        if seq is None:
            yield Break(
                number,
                "the line is not an entry of an audit",
                "the gateway was killed while it wrote, or the line was changed",
            )
        elif prev != head.sha256 or seq != head.lines + 1:
            yield _broken(number, seq, head)
        head = ChainEnd(head.lines + 1 if seq is None else seq, hashlib.sha256(line).hexdigest())
    if last is None or head == last:
        return
    if head.lines > last.lines:
        more = head.lines - last.lines
        what = f"{more} {'lines follow' if more > 1 else 'line follows'} the last one that the head records"
        yield Break(0, what, _HEAD_HINT)
    else:
        missing = last.lines - head.lines
        what = f"{missing} {'lines are' if missing > 1 else 'line is'} missing at the end" if missing else _CHANGED_END
        yield Break(0, what, _HEAD_HINT)


_HEAD_HINT: Final = "compare with another copy of the file and of its head"
_CHANGED_END: Final = "the last line is not the one that the head records"


def _link(line: bytes) -> tuple[int | None, object]:
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None, None
    if not isinstance(entry, dict) or type(entry.get("seq")) is not int:
        return None, None
    return entry["seq"], entry.get("prev")


def _broken(number: int, seq: int, head: ChainEnd) -> Break:
    expected = head.lines + 1
    if seq > expected:
        missing = seq - expected
        what = f"lines {expected} to {seq - 1} are" if missing > 1 else f"line {expected} is"
        if head == START and number == 1:
            hint = "if an older file has them, name that file first; else give its end with --from"
            return Break(number, f"{what} missing before line {seq}", hint)
        return Break(number, f"{what} missing before line {seq}")
    if seq < expected:
        return Break(number, f"line {seq} is repeated or in the wrong place, after line {head.lines}")
    return Break(number, f"line {seq} names another line before it: it was changed, or line {head.lines} was")
