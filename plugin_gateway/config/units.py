"""Quantities as people write them: durations (`1m30s`), sizes (`32kB`) and rates (`10/min`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from plugin_gateway.config.mistake import Mistake, nearest

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
# SI prefixes count by 1000 and IEC ones by 1024 (IEC 80000-13); `KB` and `kb` are what people type for kB.
_BYTES: Final = {
    "b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 1024, "mib": 1024**2, "gib": 1024**3,
}  # fmt: skip
_WINDOWS_S: Final = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}

_NUMBER: Final = r"[0-9]{1,16}(?:\.[0-9]{1,9})?"
_DURATION_PART: Final = re.compile(rf"({_NUMBER})([a-z]*)")
_SIZE: Final = re.compile(rf"({_NUMBER}) ?([A-Za-z]*)")
_RATE: Final = re.compile(r"([0-9]{1,9}) ?/ ?([a-z]+)")
_MAX_SECONDS: Final = 366 * 86400.0


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in each window of so many seconds."""

    calls: int
    window_s: int

    def __str__(self) -> str:
        names = {1: "s", 60: "min", 3600: "h", 86400: "d"}
        return f"{self.calls}/{names[self.window_s]}"


def parse_duration(text: object) -> float:
    """Read `500ms`, `3s`, `5m`, `1h`, `1d` or several in a row as seconds; `0` needs no unit.

    Raises:
        Mistake: the unit is missing or unknown, or the duration is longer than a year.

    """
    if text in (0, "0") and not isinstance(text, bool):
        return 0.0
    hint = "write a number and a unit: 500ms, 3s, 5m, 1h, 1d"
    if not isinstance(text, str):
        raise Mistake("bad-duration", "a duration needs a unit", got=text, hint=hint)
    total, position = 0.0, 0
    while position < len(text):
        part = _DURATION_PART.match(text, position)
        if part is None or part[2] not in _SECONDS:
            unit = part[2] if part else ""
            raise Mistake("bad-duration", "not a duration", got=text, hint=nearest(unit, _SECONDS) + hint)
        total += float(part[1]) * _SECONDS[part[2]]
        position = part.end()
    if not text or total > _MAX_SECONDS:
        raise Mistake("bad-duration", "not a duration of at most a year", got=text, hint=hint)
    return total


def parse_size(text: object) -> int:
    """Read `100B`, `32kB`, `1MB` (by 1000) or `1MiB` (by 1024) as bytes.

    Raises:
        Mistake: the unit is missing or unknown, or no whole number of bytes comes out.

    """
    hint = "write a number and a unit: 100B, 32kB, 1MB (by 1000) or 32KiB, 1MiB (by 1024)"
    match = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if match is None or not match[2]:
        raise Mistake(
            "bad-size", "a size needs a unit" if match or isinstance(text, int) else "not a size", got=text, hint=hint
        )
    if match[2].lower() not in _BYTES:
        raise Mistake("bad-size", "not a size", got=text, hint=nearest(match[2], _BYTES) + hint)
    count = float(match[1]) * _BYTES[match[2].lower()]
    if count != int(count) or count > 2**53:
        raise Mistake("bad-size", "not a whole number of bytes", got=text, hint=hint)
    return int(count)


def parse_rate(text: object) -> Rate:
    """Read `20/s`, `10/min`, `100/h` or `1000/d`.

    Raises:
        Mistake: it is none of these, or permits nothing at all.

    """
    hint = "write calls per s, min, h or d: 20/s, 10/min, 1000/d"
    match = _RATE.fullmatch(text) if isinstance(text, str) else None
    if match is None or match[2] not in _WINDOWS_S:
        unit = match[2] if match else ""
        raise Mistake("bad-rate", "not a rate", got=text, hint=(nearest(unit, _WINDOWS_S) if unit else "") + hint)
    if int(match[1]) == 0:
        raise Mistake("bad-rate", "a rate of zero permits nothing", got=text, hint="take the entry out of `allow`")
    return Rate(int(match[1]), _WINDOWS_S[match[2]])


def format_duration(seconds: float) -> str:
    """Write seconds the way `parse_duration` reads them."""
    milliseconds = round(seconds * 1000)
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms" if milliseconds else "0"


def format_size(count: int) -> str:
    """Write bytes the way `parse_size` reads them."""
    for unit, size in (
        ("GB", 1000**3),
        ("MB", 1000**2),
        ("kB", 1000),
        ("GiB", 1024**3),
        ("MiB", 1024**2),
        ("KiB", 1024),
    ):
        if count and count % size == 0:
            return f"{count // size}{unit}"
    return f"{count}B"
