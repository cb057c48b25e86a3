"""The own site: whether a request is for the console and comes from its pages, judged by Host, Origin and media type.

A browser attaches the session's cookie to every request for this address, also to those of pages that are not the console. DNS
rebinding lets such a page ask under its own name. So the console takes only addresses and `localhost` as Host, and an Origin only
if it is this Host.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from starlette.datastructures import Headers

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""The response fields of every answer of the console."""

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z.-]{1,253})(?::[0-9]{1,5})?")
_OWN_SITES: Final = frozenset({"same-origin", "none"})

WRONG_HOST: Final = Refusal(
    status=403,
    code="host-not-allowed",
    detail="The console does not answer under this name, because any page can give its name the address of this machine.",
    hint="Use `localhost` or the IP address of the admin listener.",
)
WRONG_ORIGIN: Final = Refusal(
    status=403, code="origin-not-allowed", detail="Only the pages of the console may ask this."
)
NOT_JSON: Final = Refusal(
    status=415, code="unsupported-media-type", detail="The body must have the media type application/json."
)


def judge_host(headers: Headers) -> Refusal | None:
    """Refuse a name. A page of another site can rebind its name to this address, but it cannot be called `localhost` or an address."""
    hosts = headers.getlist("host")
    match = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    if match is None:
        return WRONG_HOST
    return None if match[1].lower() == "localhost" or _is_address(match[1]) else WRONG_HOST


def judge_origin(headers: Headers, *, is_needed: bool) -> Refusal | None:
    """Refuse a request that a browser sends for another page. `is_needed` also refuses a request that does not say where it comes from."""
    sites = headers.getlist("sec-fetch-site")
    if any(site not in _OWN_SITES for site in sites):
        return WRONG_ORIGIN
    origins = headers.getlist("origin")
    if origins:
        host = headers["host"].lower()
        is_own = len(origins) == 1 and origins[0].lower() in {f"http://{host}", f"https://{host}"}
        return None if is_own else WRONG_ORIGIN
    return WRONG_ORIGIN if is_needed and sites != ["same-origin"] else None


def judge_media_type(headers: Headers) -> Refusal | None:
    """Refuse a body that a page of another site could send without a preflight."""
    types = headers.getlist("content-type")
    is_json = len(types) == 1 and types[0].partition(";")[0].strip().lower() == "application/json"
    return None if is_json else NOT_JSON


def _is_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
