"""A held body: gathers the request body of one call, because the operation's shape or a person must judge it as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.request.invalid_request import joined

if TYPE_CHECKING:
    from plugin_gateway.proxy.wire import RequestFields
    from plugin_gateway.shape.shape import BodyShape, Shape
    from plugin_gateway.shape.values.problem import Problem

_CONTENT_LENGTH = b"\r\nContent-Length: %d\r\n"


def holds_body(shape: Shape, media_type: bytes) -> bool:
    """Whether the exchange holds bodies of this type until they are judged."""
    return shape.body is not None and shape.body.judges(media_type) and not shape.body.only_reports


def media_type_of(request: RequestFields) -> bytes:
    """Return the value of Content-Type; empty if there is none."""
    return b"".join(request.values(b"content-type")[:1])


class HeldBody:
    """The pieces that have come. `limits.request_body` bounds them, as the client's side counts them."""

    __slots__ = ("_media_type", "_pieces", "_refused", "_shape", "body", "length", "problems")

    def __init__(self, shape: BodyShape, media_type: bytes, refused: Refusal | None = None) -> None:
        """Take the refusal of the call's parameters, which is answered together with the problems of the body."""
        self._refused = refused
        self._shape = shape
        self._media_type = media_type
        self._pieces: list[bytes] = []
        self.body = b""
        """The body that goes up, once the whole body has come."""
        self.length = -1
        """The length of the body that goes up, in bytes; -1 until the whole body has come."""
        self.problems: tuple[Problem, ...] = ()
        """Problems of the body that goes up, which are reported."""

    def feed(self, data: bytes, *, is_last: bool) -> bytes | Refusal:
        """Take the next piece. Return the body that goes up after the last piece, and nothing before."""
        self._pieces.append(data)
        if not is_last:
            return b""
        judged = self._shape.write(self._media_type, b"".join(self._pieces))
        self._pieces.clear()
        if self._refused is not None:
            return joined([self._refused, judged] if isinstance(judged, Refusal) else [self._refused])
        if isinstance(judged, Refusal):
            return judged
        self.problems = judged.problems
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
