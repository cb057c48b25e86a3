"""Quantities as people write them: durations (`1m30s`), sizes (`32kB`) and rates (`10/min`)."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from plugin_gateway.config.mistake import Mistake

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
# SI prefixes count by 1000 and IEC ones by 1024 (IEC 80000-13); people type `KB` and `kb` for kB.
_BYTES: Final = {
    "b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 1024, "mib": 1024**2, "gib": 1024**3,
}  # fmt: skip
_WINDOWS_S: Final = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}

_NUMBER: Final = r"[0-9]{1,16}(?:\.[0-9]{1,9})?"
_DURATION_PART: Final = re.compile(rf"({_NUMBER})([a-z]*)")
_SIZE: Final = re.compile(rf"({_NUMBER}) ?([A-Za-z]*)")
_RATE: Final = re.compile(r"([0-9]{1,9}) ?/ ?([a-z]+)")
_MAX_SECONDS: Final = 366 * 86400.0


class Rate(Struct, frozen=True):
    """A number of calls in each window of `window_s` seconds."""

    calls: int
    window_s: int

    def __str__(self) -> str:
        names = {1: "s", 60: "min", 3600: "h", 86400: "d"}
        return f"{self.calls}/{names[self.window_s]}"


_UNITS_OF_TIME: Final = {
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("msec", "millis", "milliseconds", "millisecond"), "ms"),
}
_PREFIXES: Final = {"kilo": "k", "mega": "m", "giga": "g", "kibi": "ki", "mebi": "mi", "gibi": "gi"}
_NO_BOUND: Final = frozenset({"none", "unlimited", "infinite", "infinity", "never", "forever", "off", "-1", "max"})
_MEASURED: Final = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*([A-Za-z]*)\.?")
_PER_SEVERAL: Final = re.compile(r"([0-9]{1,9})\s*/\s*([0-9]{1,9})\s*(s|min|h|d)")
_PER: Final = re.compile(
    r"([0-9]+)\s*(?:[a-z]+\s*)?(?:/|per|a|in|p(?=[smh]$))\s*(?:1\s*)?([a-z]+)|([0-9]+)\s*(?:rp|req/|r/)([smh])"
)


def _duration_hint(text: object) -> str:
    if text is None or isinstance(text, bool):
        return ""
    if str(text).strip().lower() in _NO_BOUND:
        return "write 0, which means never"
    match = _MEASURED.fullmatch(str(text).strip())
    if match is None:
        return ""
    unit = match[2].lower()
    unit = unit if unit in _SECONDS else _UNITS_OF_TIME.get(unit, "" if unit else "s")
    return f"write {match[1].replace(',', '.')}{unit}" if unit else ""


def _size_hint(text: object) -> str:
    if text is None or isinstance(text, bool):
        return ""
    written = str(int(text) if isinstance(text, float) and text.is_integer() else text).strip()
    if written.lower() in _NO_BOUND:
        return "leave the key out"
    match = _MEASURED.fullmatch(written)
    if match is None:
        return ""
    unit = re.sub(r"^(kilo|mega|giga|kibi|mebi|gibi)", lambda prefix: _PREFIXES[prefix[0]], match[2].lower())
    unit = unit.removesuffix("ytes").removesuffix("yte")
    names = {
        "": "B",
        "b": "B",
        "k": "kB",
        "kb": "kB",
        "ki": "KiB",
        "kib": "KiB",
        "m": "MB",
        "mb": "MB",
        "mi": "MiB",
        "mib": "MiB",
        "g": "GB",
        "gb": "GB",
        "gi": "GiB",
        "gib": "GiB",
    }
    return f"write {match[1].replace(',', '.')}{names[unit]}" if unit in names else ""


def _rate_hint(text: object) -> str:
    if text is None or isinstance(text, bool):
        return ""
    written = str(text).strip().lower()
    if written in _NO_BOUND:
        return "leave the key out for no limit"
    if written.isascii() and written.isdigit():
        return f"write {written}/s or {written}/min"
    if several := _PER_SEVERAL.fullmatch(written):
        count, windows = int(several[1]), int(several[2])
        return f"write {count // windows}/{several[3]}" if windows and count >= windows and count % windows == 0 else ""
    match = _PER.fullmatch(written)
    if match is None:
        return ""
    calls, unit = match[1] or match[3], match[2] or match[4]
    window = {"s": "s", "m": "min", "h": "h", "d": "d"}.get(unit[0], "")
    return f"write {calls}/{window}" if window else ""


def parse_duration(text: object) -> float:
    """Read `500ms`, `3s`, `5m`, `1h`, `1d` or several in a row as seconds; `0` needs no unit.

    Raises:
        Mistake: the unit is missing or unknown, or the duration is longer than a year.

    """
    if text in (0, "0") and not isinstance(text, bool):
        return 0.0
    hint = "write a number and a unit: 500ms, 3s, 5m, 1h, 1d"
    hint = _duration_hint(text) or hint
    if not isinstance(text, str):
        raise Mistake("bad-duration", "a duration needs a unit", got=text, hint=hint)
    total, position = 0.0, 0
    while position < len(text):
        part = _DURATION_PART.match(text, position)
        if part is None or part[2] not in _SECONDS:
            raise Mistake("bad-duration", "not a duration", got=text, hint=hint)
        total += float(part[1]) * _SECONDS[part[2]]
        position = part.end()
    if not text or total > _MAX_SECONDS:
        raise Mistake("bad-duration", "not a duration of at most one year", got=text, hint=hint)
    return total


def parse_size(text: object) -> int:
    """Read `100B`, `32kB`, `1MB` (by 1000) or `1MiB` (by 1024) as bytes.

    Raises:
        Mistake: the unit is missing or unknown, or the size is not a whole number of bytes.

    """
    hint = "write a number and a unit: 100B, 32kB, 1MB (by 1000) or 32KiB, 1MiB (by 1024)"
    hint = _size_hint(text) or hint
    match = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if match is None or not match[2]:
        raise Mistake(
            "bad-size", "a size needs a unit" if match or isinstance(text, int) else "not a size", got=text, hint=hint
        )
    if match[2].lower() not in _BYTES:
        raise Mistake("bad-size", "not a size", got=text, hint=hint)
    count = float(match[1]) * _BYTES[match[2].lower()]
    if count != int(count) or count > 2**53:
        raise Mistake("bad-size", "not a whole number of bytes", got=text, hint=hint)
    return int(count)


def parse_rate(text: object) -> Rate:
    """Read `20/s`, `10/min`, `100/h` or `1000/d`.

    Raises:
        Mistake: the text has another form, or permits no call.

    """
    hint = "write calls per s, min, h or d: 20/s, 10/min, 1000/d"
    hint = _rate_hint(text) or hint
    match = _RATE.fullmatch(text) if isinstance(text, str) else None
    if match is None or match[2] not in _WINDOWS_S:
        raise Mistake("bad-rate", "not a rate", got=text, hint=hint)
    if int(match[1]) == 0:
        hint = "to permit no call, remove the entry or the operation from `allow`; for no limit, leave the key out"
        raise Mistake("bad-rate", "a rate of zero permits nothing", got=text, hint=hint)
    return Rate(int(match[1]), _WINDOWS_S[match[2]])


def format_duration(seconds: float) -> str:
    """Write seconds as `parse_duration` reads them."""
    milliseconds = round(seconds * 1000)
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms" if milliseconds else "0"


def format_size(count: int) -> str:
    """Write bytes as `parse_size` reads them."""
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
