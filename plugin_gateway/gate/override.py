"""A method override: a field name that makes a framework replace the method of the request line.

The upstream would then serve another method than the gate judged. To Rails, Laravel, Symfony, Spring, CakePHP and Yii, an
allowed `POST /pets/1` with `_method=DELETE` is a DELETE. ASP.NET reads `X-HTTP-Method-Override` in forms and in headers, and
Catalyst reads `x-tunneled-method` in queries and forms.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.gate.alias import unescape
from plugin_gateway.gate.shadow import NO_TERMS
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.gate.shadow import Terms
    from plugin_gateway.openapi.document import OperationKey

_SEPARATORS = b"-_.+ \t\r\n\f\v"
_SPELLING = re.compile(rb"[-_.+\s]|[\[\]\x00].*", re.DOTALL)
_CUT = re.compile(rb"[\[\]\x00].*", re.DOTALL)
_DROPPED_AT_START = b"[]\xef\xbb\xbf"
"""Brackets and the octets of a byte order mark."""
_HALF_ESCAPE = re.compile(rb"%(?:[0-9A-Fa-f]|u(?:0{0,2}[0-9A-Fa-f]?))?\Z")
_UNICODE_ESCAPE = re.compile(rb"%u00([0-9A-Fa-f]{2})")

_UNDERSCORE_METHOD = b"_method"
# PHP turns `.method` into `_method`.
_UNDERSCORE_METHODS = frozenset({_UNDERSCORE_METHOD, b".method"})
_SHOWN_BYTES = 64
_MAX_DECODINGS = 3
_OVERRIDES = frozenset(
    {
        b"httpmethod",
        b"$httpmethod",
        b"httpmethodoverride",
        b"methodoverride",
        b"xhttpmethod",
        b"xhttpmethodoverride",
        b"xmethodoverride",
        b"xtunneledmethod",
    }
)


def fold_name(name: bytes) -> bytes:
    """One spelling for all names that some server treats as the same.

    PHP turns `.` and blanks into `_` and cuts at `[`, Rack before 3.0 reads `[name]` as `name`, Node's parsers drop a byte
    order mark, C strings end at NUL, ASP.NET and many routers fold case and read %u escapes, some proxies decode twice.
    """
    return _SPELLING.sub(b"", _decode(name)).lower()


def override_of(name: bytes) -> bytes:
    """Return the folded name if some framework reads a parameter or field of this name as an override; otherwise empty."""
    folded = fold_name(name)
    if folded in _OVERRIDES:
        return folded
    if folded != b"method":
        return b""
    # `method` is a common name and allowed.
    plain = _CUT.sub(b"", _decode(name)).strip().lower()
    return _UNDERSCORE_METHOD if plain in _UNDERSCORE_METHODS else b""


def may_hold(text: bytes, names: Iterable[bytes]) -> bool:
    """Whether one of some folded names may be in a text without escapes. This fast check clears most bodies."""
    folded = text.translate(None, _SEPARATORS).lower()
    return any(name in folded for name in names)


def may_become_override(beginning: bytes, others: Iterable[bytes] = ()) -> bool:
    """Whether a name that starts like this could still turn out to be an override or one of `others`."""
    for _ in range(_MAX_DECODINGS):
        beginning = _decode_once(_HALF_ESCAPE.sub(b"", beginning))
    folded = fold_name(_HALF_ESCAPE.sub(b"", beginning))
    return any(
        name.startswith(folded) for name in chain(_OVERRIDES, others)
    )  # `method` is a beginning of `methodoverride`


def refuse_override(name: bytes) -> Refusal:
    """Return the refusal of a body with a field of this name."""
    return Refusal(
        status=400,
        code="method-override",
        detail=f"The body has the field {shown_name(name)}, which makes some servers use another method.",
        hint="Leave it out, and call the operation with the method you want.",
    )


def shown_name(name: bytes) -> str:
    """Return the name of a field as a refusal shows it."""
    shown = name[:_SHOWN_BYTES].decode(errors="replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in shown)


def find_declared_overrides(
    operations: Iterable[OperationKey],
    entries: Mapping[OperationKey, int],
    rules: Iterable[OperationRule],
    terms: Mapping[OperationKey, Terms],
) -> Iterator[Finding]:
    """Warn of operations whose schema lets a caller choose another method while a method on the same path is closed.

    `entries` maps each allowed operation to the index of its entry in `allow`, and `terms` to its terms.
    """
    by_place = {(rule.method, rule.path_template): rule.declared_overrides for rule in rules if rule.declared_overrides}
    for key in entries:
        if not (declared := by_place.get((key.method, key.path))):
            continue
        open_terms = (NO_TERMS, terms[key])
        closed = [other for other in operations if other.path == key.path and terms.get(other) not in open_terms]
        if closed:
            yield Finding(
                rule="declares-method-override",
                severity=Severity.WARNING,
                message=f"`{key}` declares `{min(declared).decode()}` in its body; with it, callers may reach `{closed[0]}`, "
                "which is not allowed, or only with other rules",
                hint="take the property out of the document, or remove the entry",
                pointer=("allow", entries[key]),
            )


def _decode(name: bytes) -> bytes:
    for _ in range(_MAX_DECODINGS):
        name = _decode_once(name)
    return name.lstrip(_DROPPED_AT_START)


def _decode_once(name: bytes) -> bytes:
    return _UNICODE_ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), unescape(name))
