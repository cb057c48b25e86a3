"""The query of a call, rebuilt from the names that the operation declares.

The gate refuses a query that another parser could read as having more parameters: `;` as a separator, an undeclared name,
another spelling of an injected name. It does not clean the query, because a model learns from a refusal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugin_gateway.gate.alias import unescape
from plugin_gateway.gate.illegal import find_illegal
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

_OWN_HINTS = {ord(";"): ("a `;` (some servers read it as `&`)", "Write it as %3B.")}

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
    unknown: list[bytes] = []
    for pair in pairs:
        name = pair.partition(b"=")[0]
        if name in names:
            continue
        if not pair:
            kept = b"&".join(filter(None, pairs))
            return rebuild_query(kept, rule, withheld) if kept else b""
        if not _admits(decode_name(name), rule, withheld):
            unknown.append(decode_name(name))
    if unknown:
        return undeclared_query(unknown, _rest(pairs, unknown), rule)
    return query


def _rest(pairs: Sequence[bytes], unknown: Collection[bytes]) -> bytes:
    left_out = frozenset(unknown)
    return b"&".join(pair for pair in pairs if decode_name(pair.partition(b"=")[0]) not in left_out)


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
    return rule.any_query and is_plain_name(name)


def is_plain_name(name: bytes) -> bool:
    """Whether all servers read a name in the same way, and not as an override of the method.

    The gate takes no other undeclared names.
    """
    prefix, bracket, _ = name.partition(b"[")
    if bracket and not _NESTED.match(name, len(prefix)):
        # PHP reads `a[b` as `a_b`, another name.
        return False
    return not override_of(decode_name(name)) and name.isascii() and name.decode().isprintable()


def _malformed(query: bytes) -> Refusal:
    what, hint = find_illegal(_LEGAL, query, _OWN_HINTS)
    return Refusal(status=400, code="malformed-query", detail=f"The query contains {what}.", hint=hint)
