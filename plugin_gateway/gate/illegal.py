"""An illegal octet: an octet that a path or a query must not contain, and its legal spelling."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

_HINTS = {
    ord("%"): ("a `%` that does not begin an escape", "Write a percent sign as %25."),
    ord("#"): ("a fragment", "Leave the fragment out, or write a literal `#` as %23."),
} | {ord(c): (f"`{c}`", f"Write it as %{ord(c):02X}.") for c in string.punctuation if c not in "%#"}
_UNPRINTABLE = ("a blank, a control character or a byte outside ASCII", "Percent-encode UTF-8 octets.")


def find_illegal(legal: re.Pattern[bytes], octets: bytes, own_hints: Mapping[int, tuple[str, str]]) -> tuple[str, str]:
    """Find the first illegal octet; return what it is, with its offset, and a hint.

    `legal` matches the longest legal beginning, which may be empty. `own_hints` go before the hints for every path and query.
    """
    at = next(legal.finditer(octets)).end()
    what, hint = own_hints.get(octets[at]) or _HINTS.get(octets[at], _UNPRINTABLE)
    return f"{what} at offset {at}", hint
