"""The upstream URL of a draft: the server of most operations in the document."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.url import parse_upstream_url
from plugin_gateway.openapi.servers import where_it_says_itself, where_the_api_is

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Document, Operation
    from plugin_gateway.openapi.servers import Server, Where

PLACEHOLDER_URL = "https://api.example.com"
_MAX_OTHERS = 3


class DraftedUrl(NamedTuple):
    """The draft's `upstream.url`, its server in the document, and the URLs of other servers."""

    url: str
    server: Server | None = None
    others: tuple[str, ...] = ()
    is_stated: bool = True


def upstream_url(document: Document) -> DraftedUrl:
    """Return the URL of the server with the most operations, or a placeholder."""
    whole = where_the_api_is(document)
    own = [where_it_says_itself(document, operation) for operation in document.operations.values()]
    # On a tie, the server of the whole document wins.
    counted = Counter({_first(whole): 0})
    counted.update(_first(where or whole) for where in own)
    ((server, _),) = counted.most_common(1)
    if server is not None:
        url = _without_what_paths_have(server, document)
        named = [one for place in (whole, *own) if place is not None for one in _urls(place)]
        others = [other for other in dict.fromkeys(named) if other != server.url]
        return DraftedUrl(url, server, tuple(others[:_MAX_OTHERS]))
    if document.address and not whole.servers and (origin := _legal(_origin(document.address))):
        return DraftedUrl(origin)
    prefix = next((one.prefix for one in whole.servers if _legal(PLACEHOLDER_URL + one.prefix)), "")
    return DraftedUrl(PLACEHOLDER_URL + prefix, is_stated=False)


def is_elsewhere(document: Document, operation: Operation, upstream: DraftedUrl) -> bool:
    """Tell whether the document gives an operation other servers than the draft's upstream."""
    places = list(_urls(where_the_api_is(document, operation)))
    return bool(places) and (upstream.server is None or upstream.server.url not in places)


def _first(where: Where) -> Server | None:
    """Return the first server that a gateway can forward to."""
    return next((one for one in where.servers if one.is_known and _legal(one.url)), None)


def _urls(where: Where) -> Iterator[str]:
    return (one.url for server in where.servers for one in server.readings if one.is_known)


def _legal(url: str) -> str:
    try:
        return str(parse_upstream_url(url))
    except Mistake:
        return ""


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _without_what_paths_have(server: Server, document: Document) -> str:
    """Remove the server's path if every path template begins with it: the gateway would send it twice."""
    paths = [path for path, _ in document.path_items()]
    is_doubled = server.prefix and paths and all(f"{path}/".startswith(f"{server.prefix}/") for path in paths)
    return server.url.removesuffix(server.prefix) if is_doubled else server.url
