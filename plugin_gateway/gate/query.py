"""The query of a call, rebuilt from the names that the operation declares.

The gate refuses a query that another parser could read as having more parameters: `;` as a separator, an undeclared name,
another spelling of an injected name. It does not clean the query, because a model learns from a refusal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugin_gateway.gate.alias import unescape
from plugin_gateway.gate.override import fold_name, override_of
from plugin_gateway.gate.undeclared import undeclared_query
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from plugin_gateway.gate.permit import OperationRule

MAX_PAIRS = 1000

# Clients leave more characters unescaped than RFC 3986 3.4 allows: browsers do not escape []{}|\^` (WHATWG URL).
_LEGAL = re.compile(rb"(?:[A-Za-z0-9\-._~!$&'()*+,=:@/?\[\]{}|\\^`]|%[0-9A-Fa-f]{2})*+")
_NESTED = re.compile(rb"(?:\[[^\[\]]*+\])++")

_TOO_MANY = Refusal(
    status=400,
    code="malformed-query",
    detail=f"The query has more than {MAX_PAIRS} parameters.",
    hint="Ask for less in one call.",
)


def rebuild_query(query: bytes, rule: OperationRule, withheld: Collection[bytes] = ()) -> bytes | Refusal:
    """Return the pairs of a raw query, byte for byte and in order, if `rule` declares each of their names.

    `withheld` are folded names that are refused even if the rule admits them.
    """
    if not _LEGAL.fullmatch(query):
        return _malformed(query)
    pairs = query.split(b"&")
    if len(pairs) > MAX_PAIRS:
        return _TOO_MANY
    names = rule.query_names
    has_empty = False
    unknown: list[bytes] = []
    for pair in pairs:
        name = pair.partition(b"=")[0]
        if name in names:
            continue
        if not pair:
            has_empty = True
        elif not _admits(decode_name(name), rule, withheld):
            unknown.append(decode_name(name))
    if unknown:
        return undeclared_query(unknown, _rest(pairs, unknown), rule)
    return b"&".join(filter(None, pairs)) if has_empty else query


def _rest(pairs: Sequence[bytes], unknown: Collection[bytes]) -> bytes:
    left_out = frozenset(unknown)
    return b"&".join(pair for pair in pairs if pair and decode_name(pair.partition(b"=")[0]) not in left_out)


def decode_name(name: bytes) -> bytes:
    """Decode a name as a form parser does (WHATWG URL, 5.1)."""
    return unescape(name.replace(b"+", b" "))


def _admits(name: bytes, rule: OperationRule, withheld: Collection[bytes]) -> bool:
    if name in rule.query_names:
        return True
    if (folded := fold_name(name)) in withheld or folded in rule.withheld_names:
        return False
    prefix, bracket, _ = name.partition(b"[")
    if bracket and prefix in rule.query_prefixes and _NESTED.fullmatch(name, len(prefix)):
        return True
    if bracket and not _NESTED.match(name, len(prefix)):
        # PHP reads `a[b` as `a_b`, another name.
        return False
    if not rule.any_query or override_of(decode_name(name)):
        return False
    return name.isascii() and name.decode("ascii").isprintable()


def _malformed(query: bytes) -> Refusal:
    legal = _LEGAL.match(query)
    at = legal.end() if legal else 0
    octet = query[at]
    if octet == ord("%"):
        what, hint = "a `%` that does not begin an escape", "Write a percent sign as %25."
    elif octet == ord(";"):
        what, hint = "a `;` (some servers read it as `&`)", "Write it as %3B."
    elif octet == ord("#"):
        what, hint = "a fragment", "Leave the fragment out, or write a literal `#` as %23."
    elif 0x21 <= octet <= 0x7E:
        what, hint = f"`{chr(octet)}`", f"Write it as %{octet:02X}."
    else:
        what, hint = "a blank, a control character or a byte outside ASCII", "Percent-encode UTF-8 octets."
    return Refusal(status=400, code="malformed-query", detail=f"The query contains {what} at offset {at}.", hint=hint)
