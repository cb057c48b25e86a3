"""Header names: which fields of a call no declaration and no setting lets a client send upstream.

The proxy, the gate, the served document and `upstream.headers.forward` all ask here.
"""

from __future__ import annotations

from typing import Final

# fmt: off
# RFC 9110 7.6.1 and 7.2: they belong to one connection or to the message's framing, and are ours to write.
_FRAMING: Final = frozenset(
    {
        b"connection", b"content-length", b"expect", b"host", b"http2-settings", b"keep-alive", b"proxy-connection",
        b"te", b"trailer", b"transfer-encoding", b"upgrade",
    }
)
_NEVER_FORWARDED: Final = _FRAMING | frozenset(
    {
        # The client's credentials are for us.
        b"authorization",
        b"cookie",
        b"cookie2",
        # A second method or target: what was judged would not be what is served.
        b"x-original-host",
        b"x-original-method",
        b"x-original-path",
        b"x-original-uri",
        b"x-original-url",
        b"x-override-url",
        # Who the client is and how it came: an origin believes a gateway, so only a gateway may say it.
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
        # The httpoxy advisory: CGI makes HTTP_PROXY of it.
        b"proxy",
    }
)
# Origins and their middleware obey every name of these in place of what we vouch for.
_FAMILIES: Final = (
    b"proxy-", b"x-accel-", b"x-envoy-", b"x-forwarded-", b"x-http-method", b"x-method-override", b"x-rewrite-",
)
# fmt: on


def fold_header(name: bytes) -> bytes:
    """Return the spelling that CGI-like origins cannot tell from others: they read `X_Api_Key` as `X-Api-Key`."""
    return name.lower().replace(b"_", b"-")


def is_framing(name: bytes) -> bool:
    """Tell whether the field frames or routes one message: a configured value would split or misroute it."""
    return fold_header(name) in _FRAMING


def is_never_forwarded(name: bytes) -> bool:
    """Tell whether the gateway always drops this field, even if an operation declares it or `headers.forward` names it."""
    folded = fold_header(name)
    return folded in _NEVER_FORWARDED or folded.startswith(_FAMILIES)
