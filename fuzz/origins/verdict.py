"""The verdict: the rules for each request that the gateway forwards, and for the route that each origin reports."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from fuzz.origins.surface import ALLOWED_NAMES, BASE, CANARY, HEADER_KEY, OUTSIDE, QUERY_KEY

_BELOW: Final = BASE.encode() + b"/"
_MARKER: Final = b"\r\nx-reached:"
_AGENT: Final = b"\r\nuser-agent: target/"


class Hole(NamedTuple):
    """A broken rule, and the origin where it was seen."""

    where: str
    what: str


def number_of(head: bytes) -> int:
    """Return the number of the target that a forwarded head belongs to, or -1."""
    at = head.lower().find(_AGENT)
    word = head[at + len(_AGENT) : head.find(b"\r\n", at + 2)] if at >= 0 else b""
    return int(word) if word.isdigit() else -1


def judge_forwarded(head: bytes) -> list[Hole]:
    """Return the holes in a head that the gateway sent upstream."""
    line, *fields = head.split(b"\r\n")[:-2]
    target = line.split(b" ")[1] if line.count(b" ") == 2 else b""
    path, _, query = target.partition(b"?")
    pairs = [field.partition(b":") for field in fields]
    keys = [value.strip() for name, _, value in pairs if _plain(name) == b"x-api-key"]
    query_keys = [value for name, _, value in (one.partition(b"=") for one in query.split(b"&")) if _named_key(name)]
    holes: list[str] = []
    if not path.startswith(_BELOW) or _leaves(path):
        holes.append("the path leaves the base")
    if keys != [HEADER_KEY.encode()]:
        holes.append(f"{len(keys)} key fields, or another key")
    if query_keys != [QUERY_KEY.encode()]:
        holes.append(f"{len(query_keys)} key parameters, or another key")
    # Origins do not read credentials from the values of declared query parameters.
    if CANARY.encode() in _decoded(path + b"\n".join(fields)).lower():
        holes.append("a credential of the caller is forwarded")
    return [Hole("gateway", hole) for hole in holes]


def judge_reached(origin: str, head: bytes) -> list[Hole]:
    """Return a hole for each denied route in the head of an origin's answer."""
    return [
        Hole(f"{origin} {style}", "outside the base" if name == OUTSIDE else f"denied {name}")
        for style, name in routes_reached(head)
        if name not in ALLOWED_NAMES
    ]


def routes_reached(head: bytes) -> list[tuple[str, str]]:
    """Return each routing style with the route that it found."""
    at = head.lower().find(_MARKER)
    if at < 0:
        return []
    value = head[at + len(_MARKER) : head.find(b"\r\n", at + 2)].strip().decode("latin-1")
    found = (one.partition("=") for one in value.split(",") if one)
    return [(style, name) for style, _, name in found if name]


def _leaves(path: bytes) -> bool:
    depth = 0
    for segment in _decoded(path).replace(b"\\", b"/").split(b"/")[2:]:
        depth += -1 if segment.strip() == b".." else bool(segment.strip(b". "))
        if depth < 0:
            return True
    return False


def _plain(name: bytes) -> bytes:
    return name.strip().lower().replace(b"_", b"-")


def _named_key(name: bytes) -> bool:
    return _plain(_decoded(name)).replace(b"-", b"").replace(b".", b"").replace(b" ", b"") == b"apikey"


def _decoded(octets: bytes) -> bytes:
    for _ in range(3):
        octets = unquote_to_bytes(octets)
    return octets
