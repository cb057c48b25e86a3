"""A held body: gathers the request body of one call, because the operation's shape judges it as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from plugin_gateway.shape.shape import BodyShape

_CONTENT_LENGTH = b"\r\nContent-Length: %d\r\n"


class HeldBody:
    """The pieces that have come. `limits.request_body` bounds them, as the client's side counts them."""

    __slots__ = ("_media_type", "_pieces", "_shape", "body", "length")

    def __init__(self, shape: BodyShape, media_type: bytes) -> None:
        self._shape = shape
        self._media_type = media_type
        self._pieces: list[bytes] = []
        self.body = b""
        """The body that goes up, once the whole body has come."""
        self.length = -1
        """The length of the body that goes up, in bytes; -1 until the whole body has come."""

    def feed(self, data: bytes, *, is_last: bool) -> bytes | Refusal:
        """Take the next piece. Return the body that goes up after the last piece, and nothing before."""
        self._pieces.append(data)
        if not is_last:
            return b""
        judged = self._shape.write(self._media_type, b"".join(self._pieces))
        self._pieces.clear()
        if isinstance(judged, Refusal):
            return judged
        self.body = judged.body
        self.length = len(judged.body)
        return judged.body

    def framed_head(self, head: bytes, announced: int) -> bytes:
        """Return a head with the length of the body that goes up instead of the `announced` one, -1 if it is chunked."""
        if announced in {self.length, -1}:
            return head
        # The gateway's own framing is its last line before the request id; no line of the client has this name.
        before, _, after = head.rpartition(_CONTENT_LENGTH % announced)
        return before + _CONTENT_LENGTH % self.length + after
