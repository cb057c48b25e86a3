"""Records: the lines of sightings, of the gateway's access log and audit, and of other servers' access logs, as calls."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from plugin_gateway.observation.sighting import Sighting, sighting_of
from plugin_gateway.openapi.document import OperationKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plugin_gateway.observation.finder import Finder

_REQUEST: Final = re.compile(r'"([A-Z]{3,10}) (\S+)(?: HTTP/[0-9.]+)?" ([0-9]{3})\b')
_TIME: Final = re.compile(r"\[([0-9]{2}/[A-Za-z]{3}/[0-9]{4}(?::[0-9]{2}){3} [+-][0-9]{4})\]")
_ACCESS: Final = "access"
_AUDITED: Final = "call"
OBSERVE: Final = "observe"
"""The event of the line with which `observe` says which API it observes."""


class SeenCall(NamedTuple):
    """One call of a record. `key` is None if no operation matches it."""

    key: OperationKey | None
    shown: str
    """`METHOD /path`, for messages about a call without an operation."""
    status: int
    is_deliberate: bool
    """It comes from `observe` or from the gateway's own log. The log of a public server has the calls of scanners, too."""
    sighting: Sighting | None = None
    unix_time_s: float | None = None


class Observed(NamedTuple):
    """Which API `observe` observed."""

    openapi: str
    upstream: str


def read_calls(lines: Iterable[str], finder: Finder) -> Iterator[SeenCall | None]:
    """Yield the call of each line, and None for a line that is not a record."""
    for line in lines:
        if not line.strip():
            continue
        members = _members(line)
        if members is None:
            yield _of_text(line, finder)
        elif _is_call(members):
            yield _of_members(members, finder)


def _is_call(members: Mapping[str, Any]) -> bool:
    """Return whether a line should be a call: the gateway's log has other events, and its audit has calls of no operation."""
    event = members.get("event", _ACCESS)
    return event == _ACCESS or (event == _AUDITED and "path" in members)


def observed_in(lines: Iterable[str]) -> Observed | None:
    """Return which API the first line of `observe` names."""
    for line in lines:
        members = _members(line)
        if members is not None and members.get("event") == OBSERVE:
            openapi, upstream = members.get("openapi"), members.get("upstream")
            if isinstance(openapi, str) and isinstance(upstream, str):
                return Observed(openapi, upstream)
    return None


def _members(line: str) -> dict[str, Any] | None:
    if not line.lstrip().startswith("{"):
        return None
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return members if isinstance(members, dict) else None


def _of_members(members: Mapping[str, Any], finder: Finder) -> SeenCall | None:
    if (sighting := sighting_of(members)) is not None:
        key = _known(finder, sighting.method, sighting.path) if sighting.in_document else None
        return SeenCall(
            key, f"{sighting.method} {sighting.path}", sighting.status, is_deliberate=True, sighting=sighting
        )
    method, path, status = members.get("method"), members.get("path"), members.get("status")
    if members.get("event") not in (_ACCESS, _AUDITED) or not (isinstance(method, str) and isinstance(path, str)):
        return None
    status = status if isinstance(status, int) else 0
    if isinstance(members.get("operation"), str):
        # The path is the template of an operation that the gateway forwarded.
        key, is_deliberate = _known(finder, method, path), True
    else:
        rule = finder.find(method, path.encode("latin-1", "replace"))
        key, is_deliberate = finder.key(rule) if rule is not None else None, False
    return SeenCall(key, f"{method} {path}", status, is_deliberate, unix_time_s=_time_of(members.get("time")))


def _known(finder: Finder, method: str, path: str) -> OperationKey | None:
    operations = finder.document.operations
    for one in (method, "GET") if method == "HEAD" else (method,):
        if (key := OperationKey(one, path)) in operations:
            return key
    return None


def _of_text(line: str, finder: Finder) -> SeenCall | None:
    """Read a line of the common or combined log format (Apache, nginx, Caddy and others)."""
    found = _REQUEST.search(line)
    if found is None:
        return None
    method, target, status = found[1], found[2], int(found[3])
    if "://" in target:
        parts = urlsplit(target)
        target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    rule = finder.find(method, target.encode("latin-1", "replace"))
    key = finder.key(rule) if rule is not None else None
    at = _TIME.search(line)
    # The values of a query are data.
    shown = f"{method} {target.partition('?')[0]}"
    return SeenCall(key, shown, status, is_deliberate=False, unix_time_s=_log_time_of(at[1]) if at else None)


def _log_time_of(text: str) -> float | None:
    try:
        return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").timestamp()
    except ValueError:
        return None


def _time_of(text: object) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except ValueError:
        return None
