"""The origin: the upstream of an attack. It records each request and repeats it in its answer, secrets included."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import re
import zlib
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from plugin_gateway.hostile.case import Echo
from plugin_gateway.hostile.oracle import Arrival

if TYPE_CHECKING:
    from collections.abc import Callable

_LENGTH: Final = re.compile(rb"(?im)^content-length: *(\d+)")
_CHUNKED: Final = re.compile(rb"(?im)^transfer-encoding: *chunked")
_UNSAFE_IN_FIELD: Final = re.compile(rb"[^ -~]")


class Origin:
    """What reached the upstream since the last `take`."""

    def __init__(self, prefix: str) -> None:
        """`prefix` is the path of `upstream.url`, without a slash at its end."""
        self.echo = Echo.PLAIN
        self.fixed = b""
        """The answer to every request; empty to repeat the request."""
        self._prefix = prefix
        self._arrivals: list[Arrival] = []

    def take(self) -> list[Arrival]:
        """Return the requests so far, and forget them."""
        arrivals, self._arrivals = self._arrivals, []
        return arrivals

    def answer(self, octets: bytes) -> bytes:
        """Record a request, and return the answer to it."""
        method, _, rest = octets.partition(b"\r\n")[0].partition(b" ")
        target = rest.rpartition(b" ")[0].decode("latin-1")
        # Outside the prefix, the whole target is judged, and matches no operation.
        target = target.removeprefix(self._prefix) if target.startswith(self._prefix + "/") else target
        self._arrivals.append(Arrival(method.decode("latin-1"), target, octets))
        return self.fixed or _answer(octets, self.echo, is_head=method == b"HEAD")

    def connect(self) -> asyncio.Protocol:
        return _OriginConnection(self.answer)


def _answer(octets: bytes, echo: Echo, *, is_head: bool) -> bytes:
    fields, body, status = [b"Content-Type: text/plain"], octets, b"200 OK"
    match echo:
        case Echo.JSON:
            fields, body = [b"Content-Type: application/json"], json.dumps({"got": octets.decode("latin-1")}).encode()
        case Echo.PERCENT:
            body = quote(octets, safe="").encode()
        case Echo.HEX:
            body = octets.hex().encode()
        case Echo.BASE64:
            body = base64.b64encode(octets)
        case Echo.GZIP:
            fields.append(b"Content-Encoding: gzip")
            body = gzip.compress(octets)
        case Echo.DEFLATE:
            fields.append(b"Content-Encoding: deflate")
            body = zlib.compress(octets)
        case Echo.FIELD:
            fields.append(b"X-Got: " + _UNSAFE_IN_FIELD.sub(b" ", octets))
        case Echo.LOCATION:
            status = b"302 Found"
            fields.append(b"Location: /got?" + quote(octets).encode())
        case _:
            pass
    if echo is Echo.CHUNKS:
        fields.append(b"Transfer-Encoding: chunked")
        # Small chunks cut each secret.
        pieces = [body[at : at + 5] for at in range(0, len(body), 5)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    else:
        fields.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([b"HTTP/1.1 " + status, *fields, b"", b"" if is_head else body])


class _OriginConnection(asyncio.Protocol):
    """One connection of the gateway, read as a plain server reads it."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # of a stream server
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        while (end := _end_of_request(self._got)) >= 0:
            octets, self._got = self._got[:end], self._got[end:]
            self._transport.write(self._answer(octets))


def _end_of_request(octets: bytes) -> int:
    """Return where the first request ends; -1 if it is not whole."""
    head, blank, rest = octets.partition(b"\r\n\r\n")
    if not blank:
        return -1
    start = len(head) + len(blank)
    if _CHUNKED.search(head):
        end = rest.find(b"0\r\n\r\n")
        return -1 if end < 0 else start + end + 5
    length = _LENGTH.search(head)
    end = start + (int(length[1]) if length else 0)
    return end if end <= len(octets) else -1
