"""A content coding (RFC 9110, 8.4.1): decodes a compressed answer so that it can be searched for secrets.

The gateway asks the upstream not to compress, but some upstreams do. Such an answer is decoded and sent uncoded. An
answer that cannot be decoded is an error, because a secret in it would pass unseen. Decoding is bounded: no API sends a
body that expands without limit.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, Protocol

from plugin_gateway.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable

_STEP_BYTES: Final = 64 * 1024
_GIVEN_BYTES: Final = 4 * 1024
"""The input of zlib or zstd in one step.

At the end of a member they copy all remaining input, and a body may have thousands of members.
"""
_STEP_COSTS_BYTES: Final = 4 * 1024
"""The cost of a step in bytes, even if it yields none."""
_FREE_BYTES: Final = 8 * 1024 * 1024
_MAX_RATIO: Final = 200
"""Text of one repeated line compresses a hundredfold; a gzip bomb, a thousandfold."""
_ZSTD_WINDOW_LOG: Final = 23
_MAX_CODINGS: Final = 3
_UNCODED: Final = frozenset({b"", b"identity"})
_MAGIC_BYTES: Final = 4
_MAGIC: Final = (b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd")
"""The first bytes of gzip (RFC 1952, 2.3.1) and zstd (RFC 8878, 3.1.1). No text begins with them."""


class Decoder(Protocol):
    """Decodes one coding. `decode` raises `ValueError` for invalid input; call it with `b""` for more output."""

    is_at_end: bool
    """Whether the body may end here."""

    def decode(self, data: bytes) -> bytes:
        """Take the next piece; return at most `_STEP_BYTES`. `has_more` says whether more output is ready."""

    has_more: bool


class ContentDecoder:
    """Decodes the codings of one body. A stage of an answer."""

    __slots__ = ("_beginning", "_decoded_bytes", "_decoders", "_received_bytes")

    def __init__(self, codings: tuple[bytes, ...]) -> None:
        """Prepare; `codings` are readable (see `are_readable`), in the order in which they were applied."""
        self._decoders = [_DECODERS[coding]() for coding in reversed(codings)]
        self._beginning = b""
        self._received_bytes = 0
        self._decoded_bytes = 0

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; return its decoded content.

        Raises:
            UpstreamError: the piece does not match its coding, or expands too much.
        """
        self._received_bytes += len(data)
        for decoder in self._decoders:
            data = self._decode(decoder, data)
        if len(self._beginning) < _MAGIC_BYTES:
            self._beginning += data[:_MAGIC_BYTES]
            if self._beginning.startswith(_MAGIC):
                raise unreadable("is compressed more often than its Content-Encoding says")
        return data

    def finish(self) -> bytes:
        """End the body.

        Raises:
            UpstreamError: the body ended in the middle of its coding.
        """
        if self._received_bytes and not all(decoder.is_at_end for decoder in self._decoders):
            raise unreadable("ends in the middle of its content coding")
        return b""

    def _decode(self, decoder: Decoder, data: bytes) -> bytes:
        pieces: list[bytes] = []
        try:
            while True:
                piece = decoder.decode(data)
                self._decoded_bytes += len(piece)
                if self._decoded_bytes > _FREE_BYTES + _MAX_RATIO * self._received_bytes:
                    raise unreadable("expands too much when decoded")
                pieces.append(piece)
                if not decoder.has_more:
                    return b"".join(pieces)
                self._decoded_bytes += _STEP_COSTS_BYTES
                data = b""
        except ValueError:
            raise unreadable("does not match its Content-Encoding") from None


class _Given:
    """Input that was not decoded yet."""

    __slots__ = ("_at", "_data")

    def __init__(self) -> None:
        self._data = b""
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def add(self, data: bytes) -> None:
        if data:
            self._data = self._data[self._at :] + data
            self._at = 0

    def take(self) -> bytes:
        """Return the next bytes. The caller gives back the bytes that it does not use."""
        taken = self._data[self._at : self._at + _GIVEN_BYTES]
        self._at += len(taken)
        return taken

    def give_back(self, count: int) -> None:
        self._at -= count


class _Deflated:
    """gzip with its members (RFC 1952, 2.2), zlib (RFC 1950), and the bare deflate that some servers send as `deflate`."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._inflater = zlib.decompressobj(window) if window else None
        self._given = _Given()
        self.is_at_end = False
        self.has_more = False

    def decode(self, data: bytes) -> bytes:
        self._given.add(data)
        data = self._given.take()
        self.has_more = False
        if self._inflater is None:
            if len(data) < 2:
                self._given.give_back(len(data))
                return b""
            is_zlib = data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._window = zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
            self._inflater = zlib.decompressobj(self._window)
        if self.is_at_end and data:
            # Zeros may pad the end of a file, and another member may follow.
            if self._window < 16 or not data.startswith((b"\x1f", b"\0")):
                raise ValueError("something follows")
            data = data.lstrip(b"\0")
            if data:
                self._inflater = zlib.decompressobj(self._window)
                self.is_at_end = False
        if self.is_at_end:
            self.has_more = bool(self._given)
            return b""
        try:
            content = self._inflater.decompress(data, _STEP_BYTES)
        except zlib.error as error:
            raise ValueError(str(error)) from None
        self.is_at_end = self._inflater.eof
        self._given.give_back(len(self._inflater.unused_data or self._inflater.unconsumed_tail))
        self.has_more = bool(self._given) or (len(content) == _STEP_BYTES and not self._inflater.eof)
        return content


class _Zstandard:
    """zstd (RFC 8878), frame after frame, with no larger window than HTTP allows (RFC 9659)."""

    def __init__(self) -> None:
        try:
            from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415  # Python 3.14
        except ImportError:
            from backports import zstd  # noqa: PLC0415  # few answers need it

        options = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
        self._make: Callable[[], zstd.ZstdDecompressor] = lambda: zstd.ZstdDecompressor(options=options)
        self._error = zstd.ZstdError
        self._decoder = self._make()
        self._given = _Given()
        self.is_at_end = False
        self.has_more = False

    def decode(self, data: bytes) -> bytes:
        self._given.add(data)
        self.has_more = False
        if self._decoder.eof:
            if not self._given:
                return b""
            self._decoder = self._make()
        given = self._given.take() if self._decoder.needs_input else b""
        try:
            content: bytes = self._decoder.decompress(given, _STEP_BYTES)
        except self._error as error:
            raise ValueError(str(error)) from None
        self.is_at_end = self._decoder.eof
        if self._decoder.eof:
            self._given.give_back(len(self._decoder.unused_data))
        self.has_more = bool(self._given) or not (self._decoder.eof or self._decoder.needs_input)
        return content


class _Brotli:
    """br (RFC 7932)."""

    def __init__(self) -> None:
        import brotli  # noqa: PLC0415  # few answers need it

        self._decoder = brotli.Decompressor()
        self._error = brotli.error
        self._rest = b""
        self.is_at_end = False
        self.has_more = False

    def decode(self, data: bytes) -> bytes:
        if self.is_at_end:
            if data:
                raise ValueError("something follows")
            return b""
        self._rest += data
        given = b""
        if self._decoder.can_accept_more_data():
            given, self._rest = self._rest, b""
        try:
            content: bytes = self._decoder.process(given, output_buffer_limit=_STEP_BYTES)
        except self._error as error:
            raise ValueError(str(error)) from None
        self.is_at_end = self._decoder.is_finished()
        is_full = len(content) >= _STEP_BYTES or not self._decoder.can_accept_more_data()
        self.has_more = not self.is_at_end and (is_full or bool(self._rest))
        return content


_DECODERS: Final[dict[bytes, Callable[[], Decoder]]] = {
    b"gzip": lambda: _Deflated(16 + zlib.MAX_WBITS),
    b"x-gzip": lambda: _Deflated(16 + zlib.MAX_WBITS),
    b"deflate": lambda: _Deflated(0),
    b"br": _Brotli,
    b"zstd": _Zstandard,
}


def codings_of(values: list[bytes]) -> tuple[bytes, ...]:
    """The codings that the Content-Encoding fields name, in the order in which they were applied, without `identity`."""
    named = (coding.strip(b" \t").lower() for value in values for coding in value.split(b","))
    return tuple(coding for coding in named if coding not in _UNCODED)


def are_readable(codings: tuple[bytes, ...]) -> bool:
    """Whether a body with these codings can be decoded."""
    return len(codings) <= _MAX_CODINGS and all(coding in _DECODERS for coding in codings)


def unreadable(what: str) -> UpstreamError:
    """The error for an answer in which a secret could pass unnoticed; `what` completes "the upstream's answer …"."""
    return UpstreamError(502, "unreadable-answer", f"The upstream's answer {what}, so the gateway cannot read it.")
