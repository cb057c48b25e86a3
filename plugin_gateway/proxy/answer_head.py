"""The head of an answer: its status, its field lines and the framing of its body, ready to be sent."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from plugin_gateway.proxy.request_id import FIELD

BODILESS: Final = frozenset({204, 304})
"""The statuses whose answers have no body."""
_CHALLENGES: Final = frozenset({401, 407})
_OF_THE_CODED: Final = frozenset(
    {b"content-digest", b"content-encoding", b"content-length", b"content-md5", b"digest", b"repr-digest"}
)
_STATUS_LINES: Final = {
    status.value: b"HTTP/1.1 %d %b\r\n" % (status.value, status.phrase.encode()) for status in HTTPStatus
}


def status_line(status: int) -> bytes:
    """Return the status line of a response, with an empty phrase for an unknown status."""
    return _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


class Answer:
    """The head of an answer, ready to be sent.

    `block` holds the field lines, each with its CRLF. It contains Content-Length if `length` is known, but never
    Transfer-Encoding or Connection: the sender to the client chooses those. `codings` are the content codings to decode
    before the body is searched, and `uncoded` is the head for the decoded body. `unreadable` says why the body cannot
    be searched and must not pass; it is empty if it can. `has_body` says that content follows unless the request was
    HEAD (RFC 9112, 6.3).

    `is_coded` says that the body keeps its content coding because there is no secret yet. `is_dated` says that Date is
    among the fields, `is_sealed` that both Date and the framing are. `head` ends where the request id begins, which
    differs between calls. `is_special` says that an exchange must check more than the status. `is_challenge` says that
    the upstream refused a credential (401, or 407 from an upstream that is a proxy).
    """

    __slots__ = (
        "block",
        "codings",
        "has_body",
        "head",
        "is_challenge",
        "is_chunked",
        "is_coded",
        "is_dated",
        "is_sealed",
        "is_special",
        "keeps_alive",
        "length",
        "status",
        "uncoded",
        "unreadable",
    )

    def __init__(
        self,
        status: int,
        block: bytes,
        length: int,
        *,
        is_chunked: bool,
        keeps_alive: bool,
        is_dated: bool = False,
        codings: tuple[bytes, ...] = (),
        unreadable: str = "",
        is_coded: bool = False,
    ) -> None:
        self.status = status
        self.block = block
        self.head = status_line(status) + block + FIELD
        self.length = length
        self.is_chunked = is_chunked
        self.is_coded = is_coded
        self.keeps_alive = keeps_alive
        self.codings = codings
        self.unreadable = unreadable
        self.is_dated = is_dated
        self.has_body = status not in BODILESS and length != 0
        self.is_challenge = status in _CHALLENGES
        self.is_sealed = is_dated and length >= 0
        self.is_special = bool(codings or unreadable or self.is_challenge)
        self.uncoded: Answer = _uncoded(self) if codings else self

    def pairs(self, request_id: bytes, extra: bytes) -> list[tuple[bytes, bytes]]:
        """Return the fields for an ASGI server, which sets Date itself (RFC 9110, 6.6.1)."""
        lines = (line.partition(b": ") for line in (self.block + extra).split(b"\r\n")[:-1])
        fields = [(name.lower(), value) for name, _, value in lines if name.lower() != b"date"]
        return [*fields, (b"x-request-id", request_id)]


def of_length(answer: Answer, length: int) -> Answer:
    """Return a head that lacks the length of its body with the length."""
    return Answer(
        answer.status,
        answer.block + b"Content-Length: %d\r\n" % length,
        length,
        is_chunked=False,
        keeps_alive=answer.keeps_alive,
        is_dated=answer.is_dated,
    )


def _uncoded(answer: Answer) -> Answer:
    """Return the head for the decoded content (RFC 9110, 8.8.3.3: a strong validator describes the octets)."""
    lines: list[bytes] = []
    for line in answer.block.splitlines(keepends=True):
        name = line.partition(b":")[0].lower()
        if name == b"etag" and line[5:].strip().startswith(b'"'):
            lines.append(b"ETag: W/" + line[5:].lstrip())
        elif name not in _OF_THE_CODED:
            lines.append(line)
    return Answer(
        answer.status,
        b"".join(lines),
        -1,
        is_chunked=answer.is_chunked,
        keeps_alive=answer.keeps_alive,
        is_dated=answer.is_dated,
    )
