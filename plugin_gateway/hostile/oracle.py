"""The oracle: finds what is wrong with a request that reached the upstream, or with an answer that the caller got.

It shares no code with the gate. It reads a path in every way in which some server reads it, so it finds what the gate
might miss.
"""

from __future__ import annotations

import base64
import re
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from plugin_gateway.hostile.cases import CANARY
from plugin_gateway.hostile.shaped_cases import DROPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.hostile.terrain import AttackedOperation, Terrain

LEAST_SHOWN: Final = 6
"""A leak is at least this many characters of a secret in a row."""
_PARAMETERS: Final = re.compile(r";[^/]*")
_CHUNK_LINE: Final = re.compile(rb"(?:\A|\r\n)[0-9A-Fa-f]+\r\n")
_CHUNK_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]*\r\n")
_DROPPED: Final = tuple(DROPPED.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
_MIXED: Final = re.compile(rb"[A-Za-z][0-9]|[0-9][A-Za-z]")
_MOST_DECOMPRESSED: Final = 16_000_000


class Arrival(NamedTuple):
    """A request that reached the upstream: its method, its target without the prefix of `upstream.url`, and all its octets."""

    method: str
    target: str
    octets: bytes


def readings(path: str) -> set[str]:
    """Return the paths that some server could read in a path."""
    # Servers cut off path parameters before they decode.
    found = {path, _PARAMETERS.sub("", path)}
    for _ in range(2):
        found |= {unquote(one, errors="replace") for one in found}
    found |= {one.replace("\\", "/") for one in found}
    found |= {re.sub("/{2,}", "/", one) for one in found}
    found |= {_without_dots(one) for one in found}
    found |= {one.rstrip("/. \0\n") or "/" for one in found}
    return found


def _without_dots(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            # The first segment is the empty text before the first slash.
            del kept[max(1, len(kept) - 1) :]
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept)


def readings_of_answer(octets: bytes) -> set[bytes]:
    """Return what a client could read in an answer: the octets, and the body without chunk lines and decompressed."""
    body = octets.partition(b"\r\n\r\n")[2]
    bodies = {body, _CHUNK_LINE.sub(b"", body), _without_framing(body)}
    return {octets, *bodies, *map(_decompressed, bodies)}


def _without_framing(body: bytes) -> bytes:
    """Return the data of the whole chunks at the start of a body (RFC 9112, 7.1). Data may look like a chunk line."""
    data = b""
    while (line := _CHUNK_SIZE.match(body)) and (size := int(line[1], 16)):
        data += body[line.end() : line.end() + size]
        body = body[line.end() + size + 2 :]
    return data


def _is_in(piece: bytes, readings: Iterable[bytes]) -> bool:
    return any(piece in reading for reading in readings)


def _decompressed(body: bytes) -> bytes:
    """Decompress gzip and zlib (RFC 9110, 8.4.1); return nothing for other octets."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, _MOST_DECOMPRESSED)
    except zlib.error:
        return b""


class Oracle:
    """Judges what one terrain lets through."""

    def __init__(self, terrain: Terrain, secrets: Iterable[str], *, is_remote: bool = False) -> None:
        """Prepare; `is_remote` says that a real API answers, whose ordinary words may be in a secret, too."""
        self._allowed = [(place, place.pattern) for place in terrain.allowed]
        self._denied = [(place, place.pattern) for place in terrain.denied]
        self._once = tuple(name.lower().encode() for name in terrain.injected_headers)
        self._pieces: dict[bytes, bytes] = {}
        for secret in secrets:
            self._pieces |= _pieces(secret, is_remote=is_remote)

    def judge_arrival(self, arrival: Arrival) -> Iterator[str]:
        """Yield what is wrong with a request that reached the upstream."""
        if arrival.method == "HEAD":
            # The same as GET, without the content of the answer (RFC 9110, 9.3.2).
            yield from self.judge_arrival(arrival._replace(method="GET"))
            return
        path = arrival.target.partition("?")[0]
        if (denied := self._denied_reading(arrival.method, path)) is not None:
            yield f"the upstream could read it as `{denied}`, which is denied"
        elif not self._is_allowed(arrival.method, path):
            yield "it matches no allowed operation"
        if CANARY.encode() in arrival.octets:
            yield "a field of the caller reached the upstream, and must not"
        head = arrival.octets.partition(b"\r\n\r\n")[0].lower()
        for name in self._once:
            names = [line.partition(b":")[0].strip().replace(b"_", b"-") for line in head.split(b"\r\n")[1:]]
            if names.count(name.replace(b"_", b"-")) != 1:
                yield f"the field {name.decode()} of the gateway is in the request {names.count(name)} times"

    def judge_answer(self, octets: bytes, ordinary: bytes = b"") -> Iterator[str]:
        """Yield what is wrong with the answers on a connection.

        A gateway without any secret sends and answers `ordinary`. Words of a secret that it contains reveal nothing.
        """
        answered, known = readings_of_answer(octets), readings_of_answer(ordinary)
        if any(_is_in(dropped, answered) for dropped in _DROPPED):
            yield "the answer shows a field that clients must not get"
        for piece, shown in self._pieces.items():
            if _is_in(piece, answered) and not _is_in(piece, known) and not _is_in(shown, known):
                yield f"the answer shows {LEAST_SHOWN} or more characters of a secret"
                return

    def _denied_reading(self, method: str, path: str) -> AttackedOperation | None:
        """Return the denied operation that a server would choose for some reading of a path."""
        for reading in readings(path):
            denied = [place for place, pattern in self._denied if place.method == method and pattern.fullmatch(reading)]
            if not denied:
                continue
            best = max(denied, key=lambda place: place.literals)
            if not any(
                place.method == method and place.literals >= best.literals and pattern.fullmatch(reading)
                for place, pattern in self._allowed
            ):
                return best
        return None

    def _is_allowed(self, method: str, path: str) -> bool:
        decoded = unquote(path, errors="replace")
        return any(place.method == method and pattern.fullmatch(decoded) for place, pattern in self._allowed)


def _pieces(secret: str, *, is_remote: bool) -> dict[bytes, bytes]:
    """Return the octets that would show a part of a secret, each with the characters that it shows.

    The part stands as it is, or in a common encoding.

    If `is_remote`, pieces without a letter beside a digit count from twice the length on, or as a whole secret: an API may well
    answer with the words and dates in its keys.
    """
    raw = secret.encode()
    if len(raw) < LEAST_SHOWN:
        return {}
    double = LEAST_SHOWN * 2
    shown = _slices(raw, LEAST_SHOWN)
    if is_remote:
        shown = [(piece, at) for piece, at in shown if _MIXED.search(piece)]
    pieces = {piece: piece for piece, _ in (*shown, *(_slices(raw, double) or [(raw, 0)]))}
    pieces |= {piece: piece[::-1] for piece, _ in _slices(raw[::-1], double)}
    for text in (raw.hex().encode(), raw.hex().upper().encode()):
        pieces |= {piece: raw[(at + 1) // 2 : (at + double) // 2] for piece, at in _slices(text, double)}
    for skipped in range(3):
        text = base64.b64encode(raw[skipped:])
        # The last digits depend on what follows the secret.
        for piece, at in _slices(text[: len(text) // 4 * 4 - 4], double):
            pieces[piece] = raw[skipped:][(at * 6 + 7) // 8 : (at + double) * 6 // 8]
    return pieces


def _slices(text: bytes, width: int) -> list[tuple[bytes, int]]:
    return [(text[at : at + width], at) for at in range(len(text) - width + 1)]
