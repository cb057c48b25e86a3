"""Header names: their syntax, the spellings of one name, and the request fields that the gateway never forwards from a client.

The config, the gate and the proxy share these rules; the served document shows the fields that the gate takes.
"""

from __future__ import annotations

import re
from typing import Final

TOKEN: Final = rb"!#$%&'*+\-.^_`|~0-9A-Za-z"
"""The characters of a field name (RFC 9110, 5.6.2), for a class of a bytes regex."""
COOKIE_NAME: Final = rb"[!#%%&'*+\-.^_`|~0-9A-Za-z][%b]*" % TOKEN
"""A bytes regex. To a parser of RFC 2109, a name that starts with `$` is an attribute of the previous cookie."""

_FIELD_NAME: Final = re.compile(rb"[%b]+" % TOKEN)
_COOKIE_NAME: Final = re.compile(COOKIE_NAME)
_SEPARATORS: Final = re.compile(rb"[^0-9a-z]+")

# fmt: off
# RFC 9110, 7.6.1 and 7.2: fields of one connection or of the framing, which the gateway writes itself.
_FRAMING: Final = frozenset(
    {
        b"connection", b"content-length", b"expect", b"host", b"http2-settings", b"keep-alive", b"proxy-connection",
        b"te", b"trailer", b"transfer-encoding", b"upgrade",
    }
)
_NEVER_FORWARDED: Final = _FRAMING | frozenset(
    {
        # The client's credentials are for the gateway.
        b"authorization",
        b"cookie",
        b"cookie2",
        # A second method or target: the upstream would serve another call than the gate judged.
        b"x-original-host",
        b"x-original-method",
        b"x-original-path",
        b"x-original-uri",
        b"x-original-url",
        b"x-override-url",
        # Who the client is and how it came: an origin trusts the gateway, so a client must not set these.
        b"forwarded",
        b"front-end-https",
        b"x-forwarded",
        b"via",
        b"x-client-cert",
        b"x-client-ip",
        b"x-cluster-client-ip",
        b"x-host",
        b"x-real-ip",
        b"x-remote-addr",
        b"x-remote-ip",
        b"x-scheme",
        b"x-url-scheme",
        b"true-client-ip",
        b"cf-connecting-ip",
        b"fastly-client-ip",
        # httpoxy: CGI turns this field into the variable HTTP_PROXY.
        b"proxy",
    }
)
# Origins and their middleware obey every name with these prefixes instead of what the gateway checked.
_FAMILIES: Final = (
    b"proxy-", b"x-accel-", b"x-envoy-", b"x-forwarded-", b"x-http-method", b"x-method-override", b"x-rewrite-",
    b"x-tunneled-method",
)
# fmt: on


TELLS_THE_ORIGIN: Final = {
    "x-forwarded": ("X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Prefix"),
    "rfc7239": ("Forwarded",),
}
"""The fields that the gateway writes for each value of `upstream.forwarded`."""

NOT_WHERE_SEARCHED: Final = (b"accept-encoding", b"range", b"if-range")
"""The fields that a caller may not send if the gateway searches answers for secrets or links. A partial answer may cut one in
the middle, a range counts other octets in a rewritten body, and the gateway itself says which codings it reads."""


def is_field_name(name: bytes) -> bool:
    """Return whether the name is a legal field name (RFC 9110, 5.1)."""
    return _FIELD_NAME.fullmatch(name) is not None


def is_cookie_name(name: bytes) -> bool:
    """Return whether every parser reads the name as the name of a cookie."""
    return _COOKIE_NAME.fullmatch(name) is not None


def fold_header(name: bytes) -> bytes:
    """Return the letters and digits of a name: one spelling for all names that some origin takes for the same.

    CGI gives `X_Api_Key` and `X-Api-Key` one variable, and some servers give it to `X.Api.Key`, too.
    """
    return _SEPARATORS.sub(b"", name.lower())


def is_framing(name: bytes) -> bool:
    """Return whether the field frames or routes one message: a configured value would split or misroute it."""
    return fold_header(name) in _FRAMING_FOLDED


def is_written(name: bytes) -> bool:
    """Return whether the gateway writes this field into each call itself: a configured one would be a second copy."""
    return fold_header(name) in _WRITTEN_FOLDED


def is_never_forwarded(name: bytes) -> bool:
    """Return whether the gateway always drops this field, even if an operation declares it or `headers.forward` names it."""
    return fold_header(name) in _NEVER_FOLDED or _SEPARATORS.sub(b"-", name.lower()).startswith(_FAMILIES)


_FRAMING_FOLDED: Final = frozenset(map(fold_header, _FRAMING))
_WRITTEN_FOLDED: Final = _FRAMING_FOLDED | set(map(fold_header, (b"accept-encoding", b"x-request-id")))
_NEVER_FOLDED: Final = frozenset(map(fold_header, _NEVER_FORWARDED))
