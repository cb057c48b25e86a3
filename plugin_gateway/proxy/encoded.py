"""A compressed body on its way to the client: passed as it is, but looked into, since a secret may be echoed in there too.

The upstream was asked not to compress; some do all the same. What is found cannot be covered without compressing anew, so
the answer is refused or cut instead. Looking is bounded: a bomb costs no more than a small body.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from plugin_gateway.errors import UpstreamError

if TYPE_CHECKING:
    from plugin_gateway.proxy.masking import Mask

READABLE: Final = frozenset({b"gzip", b"x-gzip", b"deflate"})
"""The codings that the standard library reads. Others pass unseen, as the ADR on masking says."""
_EITHER_HEADER: Final = 32 + zlib.MAX_WBITS
_STEP_BYTES: Final = 64 * 1024
_MOST_BYTES: Final = 8 * 1024 * 1024
"""How much decoded content is looked at; some twenty milliseconds of work."""


class EncodedBody:
    """Looks into one body while it passes. Has the shape of a masked body."""

    __slots__ = ("_decoder", "_left", "_mask", "_tail")

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._decoder = zlib.decompressobj(_EITHER_HEADER)
        self._left = _MOST_BYTES
        self._tail = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; return it.

        Raises:
            UpstreamError: there is a secret in it.
        """
        rest, has_more = data, bool(data)
        while has_more and self._left > 0:
            try:
                content = self._decoder.decompress(rest, _STEP_BYTES)
            except zlib.error:
                # Not what it says it is, or a range out of the middle: for whoever asked to make sense of.
                self._left = 0
                break
            self._look(content)
            if self._decoder.eof:
                rest = self._decoder.unused_data
                has_more = bool(rest)
                self._decoder = zlib.decompressobj(_EITHER_HEADER)
            else:
                rest = self._decoder.unconsumed_tail
                has_more = bool(rest) or len(content) == _STEP_BYTES
        return data

    def flush(self) -> bytes:
        """The body has ended; nothing is ever held back."""
        return b""

    def _look(self, content: bytes) -> None:
        seen = self._tail + content
        if self._mask.cover(seen) != seen:
            raise UpstreamError(502, "secret-in-answer", "The upstream's answer holds what must not be passed on.")
        self._left -= len(content)
        tail = self._mask.tail(seen)
        self._tail = seen[-tail:] if tail else b""
