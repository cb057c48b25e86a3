"""A huge integer: an integer that JSON permits, and that clients in Python refuse to read."""

from __future__ import annotations

import json
from typing import Final

_MOST_DIGITS: Final = 4300
"""Clients in Python read no longer integer (CVE-2020-10735), and so cannot read a message that has one."""
_DIGITS_TO_ZEROS: Final = bytes.maketrans(b"123456789", b"0" * 9)
_LONG_RUN: Final = b"0" * (_MOST_DIGITS + 1)


def has_huge_integer(body: bytes) -> bool:
    """Whether JSON has an integer with too many digits for clients, or may have one in the part that was not read."""
    if len(body) <= _MOST_DIGITS or _LONG_RUN not in body.translate(_DIGITS_TO_ZEROS):
        return False
    try:
        # The digits may belong to a string or a fraction.
        json.loads(body, parse_int=_check_digits)
    except (ValueError, RecursionError):
        return True
    return False


def _check_digits(integer: str) -> None:
    if len(integer.lstrip("-")) > _MOST_DIGITS:
        raise ValueError("too many digits")
