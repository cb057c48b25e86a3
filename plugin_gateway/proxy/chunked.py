"""A chunked body: the decoder of RFC 9112, 7.1, for both directions. It limits or refuses every optional part."""

from __future__ import annotations

import re
from typing import Final

_SIZE_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})([\t ]*;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER_LINE: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*")
_MAX_LINE_BYTES: Final = 1024
_MAX_OVERHEAD_BYTES: Final = 16 * 1024
"""The limit for extensions and trailers together: a peer must not make us read a gigabyte that we discard."""

_SIZE: Final = 0
_DATA: Final = 1
_DATA_END: Final = 2
_TRAILERS: Final = 3
_DONE: Final = 4

LAST_CHUNK: Final = b"0\r\n\r\n"


class ChunkedError(ValueError):
    """The bytes are not a chunked body. The caller decides which side is at fault."""


def chunk(data: bytes) -> bytes:
    """Frame data as one chunk. Empty data gives no chunk, because an empty chunk would end the body."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


class ChunkedReader:
    """Decodes a chunked body from pieces of any size. Extensions and trailers are checked and dropped."""

    __slots__ = ("_buffered", "_left", "_overhead", "_state", "is_done", "surplus")

    def __init__(self) -> None:
        self.is_done = False
        self.surplus = b""
        """The bytes after the body in the last data fed."""
        self._state = _SIZE
        self._left = 0
        self._overhead = 0
        self._buffered = b""

    def feed(self, data: bytes) -> bytes:
        """Take bytes as they came; return the content in them.

        Raises:
            ChunkedError: the bytes are not a chunked body.
        """
        if self._buffered:
            data = self._buffered + data
            self._buffered = b""
        pieces: list[bytes] = []
        at, end = 0, len(data)
        while at < end:
            if self._state == _DATA:
                piece = data[at : at + self._left]
                pieces.append(piece)
                at += len(piece)
                self._left -= len(piece)
                if self._left == 0:
                    self._state = _DATA_END
            elif self._state == _DATA_END:
                if data[at : at + 2] != b"\r\n":
                    if data[at:] == b"\r":
                        self._buffered = b"\r"
                        break
                    raise ChunkedError
                at += 2
                self._state = _SIZE
            else:
                line_end = data.find(b"\r\n", at)
                if line_end < 0 or line_end - at > _MAX_LINE_BYTES:
                    if end - at > _MAX_LINE_BYTES:
                        raise ChunkedError
                    self._buffered = data[at:]
                    break
                self._on_line(data[at:line_end])
                at = line_end + 2
                if self._state == _DONE:
                    self.is_done = True
                    self.surplus = data[at:]
                    break
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _on_line(self, line: bytes) -> None:
        if self._state == _SIZE:
            match = _SIZE_LINE.fullmatch(line)
            if match is None:
                raise ChunkedError
            self._left = int(match[1], 16)
            self._count_overhead(match[2])
            self._state = _DATA if self._left else _TRAILERS
        elif not line:
            self._state = _DONE
        elif _TRAILER_LINE.fullmatch(line):
            self._count_overhead(line)
        else:
            raise ChunkedError

    def _count_overhead(self, dropped: bytes | None) -> None:
        if dropped:
            self._overhead += len(dropped)
            if self._overhead > _MAX_OVERHEAD_BYTES:
                raise ChunkedError
