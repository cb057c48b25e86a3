"""The own site: whether a request is for the admin listener and comes from its pages, judged by Host, Origin and media type.

A browser attaches a cookie to every request for this address, also if a page of another site sends it. DNS rebinding lets such
a page ask under its own name. So the listener takes as Host only addresses, `localhost` and a name that the operator chose, and
an Origin only if it is one of these.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.datastructures import Headers

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z._-]{1,253})(?::[0-9]{1,5})?")
_OWN_SITES: Final = frozenset({"same-origin", "none"})


def has_own_host(headers: Headers, url: str = "") -> bool:
    """Return whether the Host is an address, `localhost` or the name in `url`: a page of another site has another name."""
    hosts = headers.getlist("host")
    match = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    if match is None:
        return False
    name = match[1].lower()
    return name == "localhost" or _is_address(name) or bool(url and name == urlsplit(url).hostname)


def has_own_origin(headers: Headers, url: str = "", *, is_needed: bool = False) -> bool:
    """Return whether a request comes from a page under its own Host or under `url`.

    A browser sends no Origin for a typed address, and a program sends none; `is_needed` refuses such a request.
    """
    sites = headers.getlist("sec-fetch-site")
    if any(site not in _OWN_SITES for site in sites):
        return False
    origins = headers.getlist("origin")
    if not origins:
        return not is_needed or sites == ["same-origin"]
    scheme, _, authority = origins[0].lower().partition("://")
    own = {headers["host"].lower(), urlsplit(url).netloc.lower()} - {""}
    return len(origins) == 1 and scheme in {"http", "https"} and authority in own


def has_json(headers: Headers) -> bool:
    """Return whether a body is JSON by its media type: a page of another site can send JSON only after a preflight."""
    types = headers.getlist("content-type")
    return len(types) == 1 and types[0].partition(";")[0].strip().lower() == "application/json"


def _is_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
