"""A partial head: an incomplete request head, bounded, and refused at the first byte that is never valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.errors import WireError
from plugin_gateway.proxy.wire import head_too_large, is_hopeless

if TYPE_CHECKING:
    from plugin_gateway.revision import Bounds


class PartialHead:
    """Collects a head that arrives in pieces. Each byte is checked once, however small the pieces are."""

    __slots__ = ("_bytes", "_limit_bytes")

    def __init__(self, data: bytes, limits: Bounds) -> None:
        """Begin with bytes that contain no complete head within the limit.

        Raises:
            WireError: no head can begin with these bytes.
        """
        self._bytes = bytearray(data)
        self._limit_bytes = limits.request_head_bytes
        self._check(0)

    @property
    def seen(self) -> bytes:
        return bytes(self._bytes)

    def add(self, data: bytes) -> bytes:
        """Take more bytes; return all bytes so far if the head is complete, else `b""`.

        Raises:
            WireError: no head can begin with these bytes.
        """
        seen = len(self._bytes)
        self._bytes += data
        if self._bytes.find(b"\r\n\r\n", max(0, seen - 3), self._limit_bytes + 4) >= 0:
            return bytes(self._bytes)
        self._check(seen)
        return b""

    def _check(self, seen: int) -> None:
        if len(self._bytes) > self._limit_bytes:
            if self._bytes.find(b"\r\n", 0, self._limit_bytes) < 0:
                raise WireError(414, "target-too-long", "The request line is longer than the limit for the whole head.")
            raise head_too_large(self._limit_bytes)
        if is_hopeless(self._bytes, max(0, seen - 1)):
            raise WireError(400, "bad-head", "The head contains a control byte, or a line that does not end in CRLF.")
