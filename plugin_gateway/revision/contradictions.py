"""Contradictions: allowed operations whose `servers` in the document disagree with `upstream.url`.

The gateway sends each call to `upstream.url`, with the key. Inside a cluster, that host is not the public host in the document.
So a host is compared with the hosts of other operations, and only a path with `upstream.url`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from plugin_gateway.config.url import DEFAULT_PORTS
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.servers import ANY, Server, Where, where_it_says_itself, where_the_api_is

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from plugin_gateway.config.url import UpstreamUrl
    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.revision.kept import KeptOperation

_URL = ("upstream", "url")
_UNLESS = "or, if `upstream.url` is right, write `servers: ignore` under `upstream`"

Host = tuple[str, int | None]


class _Conflict(Struct, frozen=True, kw_only=True):
    rule: str
    server: Server
    is_own: bool


def find_contradictions(
    document: Document, kept: Mapping[OperationKey, KeptOperation], url: UpstreamUrl
) -> Iterator[Finding]:
    """Warn of allowed operations that the document places elsewhere than `upstream.url`, once for each place."""
    everywhere = [path for path, _ in document.path_items()]
    whole = where_the_api_is(document)
    places = {key: where_it_says_itself(document, one.operation) or whole for key, one in kept.items()}
    is_doubled = _is_doubled(url.prefix, [key.path for key in kept], everywhere, places.values())
    if is_doubled:
        yield _doubled(url, next(iter(kept)))
    judge = _Judge(url, whole, places.values())
    found: dict[_Conflict, list[OperationKey]] = {}
    for key, where in places.items():
        conflict = judge.conflict(where)
        if conflict is None or (
            conflict.rule == "upstream-path" and (is_doubled or _covers(conflict.server.prefix, everywhere))
        ):
            continue
        found.setdefault(conflict, []).append(key)
    for conflict, keys in found.items():
        yield _finding(conflict, keys, url, kept[keys[0]].entries[0].index)


class _Judge:
    """Compares servers with `upstream.url`."""

    def __init__(self, url: UpstreamUrl, whole: Where, places: Collection[Where]) -> None:
        self._url = url
        named_hosts = {host for where in (whole, *places) for server in where.servers for host in _hosts(server)}
        # The upstream stands for the host in the document that has its name, or else for the document's main host.
        self._is_named = any(_is_host(name, url) for name, _ in named_hosts)
        self._home = {host for server in whole.servers for host in _hosts(server)}
        # A public host without a path may map to an upstream with a path, unless another server's path equals the upstream's.
        self._forgives_root = not any(
            reading.prefix and _fits(reading.prefix, url.prefix)
            for server in whole.servers
            for reading in server.readings
        )
        own = {frozenset(host for server in where.servers for host in _hosts(server)) for where in places}
        if not self._home and len(own) == 1:
            self._home = set(next(iter(own)))

    def conflict(self, where: Where) -> _Conflict | None:
        """Return the conflict of the first server in the list, or None if one of the servers agrees with `upstream.url`."""
        readings = [reading for server in where.servers for reading in server.readings]
        readings = [one for one in readings if one.is_stated and _is_host(one.host, self._url)] or readings
        found = None
        for reading in readings:
            rule = self._broken_rule(reading)
            if not rule:
                return None
            if found is None and (rule == "upstream-elsewhere" or ANY not in reading.prefix):
                found = _Conflict(rule=rule, server=reading, is_own=where.is_own)
        return found

    def _broken_rule(self, server: Server) -> str:
        url = self._url
        if server.is_stated and _is_host(server.host, url):
            if not _is_same_origin(server, url):
                return "upstream-elsewhere"
            return "" if _fits(server.prefix, url.prefix) else "upstream-path"
        if server.is_stated and (self._is_named or (server.host, server.port) not in self._home):
            return "upstream-elsewhere"
        is_fine = _fits(server.prefix, url.prefix) or (not server.prefix and self._forgives_root)
        return "" if is_fine else "upstream-path"


def _hosts(server: Server) -> Iterator[Host]:
    yield from ((reading.host, reading.port) for reading in server.readings if reading.is_stated)


def _is_host(host: str, url: UpstreamUrl) -> bool:
    return _fits(host.strip("[]").rstrip("."), url.host.rstrip("."))


def _is_same_origin(server: Server, url: UpstreamUrl) -> bool:
    scheme = server.scheme or url.scheme
    port = server.port or DEFAULT_PORTS[scheme]
    # HTTPS in place of the document's HTTP is not a contradiction.
    is_upgraded = (scheme, port, url.scheme, url.port) == ("http", 80, "https", 443)
    return is_upgraded or (scheme, port) == (url.scheme, url.port)


def _fits(prefix: str, actual: str) -> bool:
    pattern = "".join(".+" if character == ANY else re.escape(character) for character in prefix)
    return re.fullmatch(pattern, actual) is not None


def _covers(prefix: str, paths: Collection[str]) -> bool:
    return bool(prefix and paths) and all(f"{path}/".startswith(f"{prefix}/") for path in paths)


def _is_doubled(prefix: str, kept: Collection[str], everywhere: Collection[str], places: Iterable[Where]) -> bool:
    """Return whether each path template already begins with the path of `upstream.url`."""
    is_stated = any(reading.prefix == prefix for where in places for one in where.servers for reading in one.readings)
    # `servers` may have the prefix, too. If all paths of the document repeat it, that is probably a mistake; if only the kept
    # paths do, it is not.
    return _covers(prefix, everywhere if is_stated else kept)


def _doubled(url: UpstreamUrl, key: OperationKey) -> Finding:
    shorter = str(url).removesuffix(url.prefix)
    return Finding(
        rule="upstream-path",
        severity=Severity.WARNING,
        message=f"the paths of the document already begin with {url.prefix}: the gateway sends `{key}` to {url}{key.path}",
        hint=f"write `url: {shorter}`, {_UNLESS}",
        pointer=_URL,
    )


def _finding(conflict: _Conflict, keys: list[OperationKey], url: UpstreamUrl, entry: int) -> Finding:
    server, first = conflict.server, keys[0]
    more = f" and {len(keys) - 1} more operations" if len(keys) > 2 else f" and `{keys[1]}`" if len(keys) > 1 else ""
    verb = "are" if len(keys) > 1 else "is"
    at = f"at {server.url}" if server.host else f"below {server.url}"
    message = f"`{first}`{more} {verb} {at} in the document, but the gateway calls {url}{first.path}"
    if conflict.rule == "upstream-elsewhere" and conflict.is_own:
        them = "them" if len(keys) > 1 else "it"
        hint = (
            f"take {them} out of `allow`, and serve {them} with a second gateway with `url: {server.url}` if needed; "
        ) + _UNLESS
    elif conflict.rule == "upstream-elsewhere":
        hint = f"write `url: {server.url}`, {_UNLESS}"
    elif conflict.is_own:
        hint = (
            f"write `url: {_with_prefix(url, server.prefix)}` if all allowed operations are there; if not, take the others "
            f"out of `allow`; {_UNLESS}"
        )
    else:
        hint = f"write `url: {_with_prefix(url, server.prefix)}`, {_UNLESS}"
    return Finding(
        rule=conflict.rule,
        severity=Severity.WARNING,
        message=message,
        hint=hint,
        pointer=("allow", entry) if conflict.is_own else _URL,
    )


def _with_prefix(url: UpstreamUrl, prefix: str) -> str:
    if url.socket:
        return f"http://HOST:PORT{prefix}"
    return f"{str(url).removesuffix(url.prefix)}{prefix}"
