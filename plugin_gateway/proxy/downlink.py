"""What comes down: the head of the upstream's answer, read strictly and stripped of what is not the client's business."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from plugin_gateway.proxy.memo import Memo
from plugin_gateway.proxy.references import relocated
from plugin_gateway.proxy.relocation import Relocation
from plugin_gateway.proxy.wire import bad_answer, frame_response, options_of, read_field, read_status_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.proxy.masking import Mask
    from plugin_gateway.proxy.wire import Field
    from plugin_gateway.revision import UpstreamTarget

MAX_HEAD_BYTES: Final = 64 * 1024
_MAX_FIELDS: Final = 256

# Hop-by-hop fields (RFC 9110, 7.6.1), orders to a proxy that we are not, what tells about the machines behind us, and
# promises about an origin or its network that only whoever owns the public name can make.
_DROPPED: Final = frozenset(
    {
        b"alt-svc",
        b"alt-used",
        b"clear-site-data",
        b"connection",
        b"content-length",
        b"expect-ct",
        b"keep-alive",
        b"nel",
        b"proxy-authenticate",
        b"proxy-authentication-info",
        b"proxy-connection",
        b"public-key-pins",
        b"public-key-pins-report-only",
        b"report-to",
        b"reporting-endpoints",
        b"server",
        b"strict-transport-security",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"via",
        b"x-aspnet-version",
        b"x-aspnetmvc-version",
        b"x-litespeed-location",
        b"x-powered-by",
        b"x-reproxy-url",
        b"x-runtime",
        b"x-sendfile",
    }
)
_DROPPED_FAMILIES: Final = (b"x-accel-", b"access-control-")
_CHALLENGE_FIELDS: Final = frozenset({b"www-authenticate", b"authentication-info"})
_CHALLENGES: Final = frozenset({401, 407})
_BODILESS: Final = frozenset({204, 304})
_STATUS_LINES: Final = {
    status.value: b"HTTP/1.1 %d %b\r\n" % (status.value, status.phrase.encode()) for status in HTTPStatus
}


def status_line(status: int) -> bytes:
    """The first line of a response, with the phrase we know for the status or none."""
    return _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


class Answer:
    """The head of an answer, ready to be sent.

    `block` holds the field lines, each with its CRLF, without the framing that only the sender to the client can choose:
    Content-Length is among them where `length` is known, and Transfer-Encoding and Connection never are. `coding` is the
    content coding in lower case, empty where the body can be read as it is, `has_body` that content follows unless the
    request was a HEAD (RFC 9112, 6.3). `is_dated` tells whether Date is among the fields, `is_sealed` that neither it nor
    framing is missing, so that `sealed_head` is all there is to a head. `is_challenge` says that the upstream did not take a
    credential (401, or 407 of one that is a proxy).
    """

    __slots__ = (
        "block",
        "coding",
        "has_body",
        "head",
        "is_challenge",
        "is_chunked",
        "is_dated",
        "is_sealed",
        "keeps_alive",
        "length",
        "sealed_head",
        "status",
    )

    def __init__(
        self,
        status: int,
        block: bytes,
        length: int,
        *,
        is_chunked: bool,
        keeps_alive: bool,
        coding: bytes,
        is_dated: bool = False,
    ) -> None:
        self.status = status
        self.block = block
        self.head = status_line(status) + block
        self.sealed_head = self.head + b"\r\n"
        self.length = length
        self.is_chunked = is_chunked
        self.keeps_alive = keeps_alive
        self.coding = coding
        self.is_dated = is_dated
        self.has_body = status not in _BODILESS and length != 0
        self.is_challenge = status in _CHALLENGES
        self.is_sealed = is_dated and length >= 0

    def pairs(self, extra: bytes) -> list[tuple[bytes, bytes]]:
        """The fields as an ASGI server wants them, which sets Date itself (RFC 9110, 6.6.1)."""
        lines = (line.partition(b": ") for line in (self.block + extra).split(b"\r\n")[:-1])
        return [(name.lower(), value) for name, _, value in lines if name.lower() != b"date"]


class Downlink:
    """The rules for every answer to calls that carry the same injection. Remembers the heads it has read."""

    __slots__ = ("_answers", "_appended", "_drops_challenges", "_keeps_set_cookie", "mask", "relocation")

    def __init__(
        self,
        target: UpstreamTarget,
        public_url: str,
        mask: Mask,
        *,
        varies_by_origin: bool,
        query_names: Iterable[bytes] = (),
        drops_challenges: bool = False,
    ) -> None:
        """Prepare; `query_names` are those of injected parameters, and challenges are dropped that are not for callers."""
        self.mask = mask
        self.relocation = Relocation(target, public_url, query_names)
        self._drops_challenges = drops_challenges
        self._keeps_set_cookie = target.keep_set_cookie
        self._appended = b"Vary: Origin\r\n" if varies_by_origin else b""
        self._answers: Memo[Answer] = Memo()

    def read(self, head: bytes) -> Answer:
        """Read an answer's head, given without the empty line that ends it.

        Raises:
            UpstreamError: it is not strict HTTP/1.1, or can be read in two ways.
        """
        answer = self._answers.entries.get(head)
        if answer is None:
            answer = self._read(head)
            self._answers.offer(head, answer)
        return answer

    def _read(self, head: bytes) -> Answer:
        first, *lines = head.split(b"\r\n")
        minor, status = read_status_line(first)
        if len(lines) > _MAX_FIELDS:
            raise bad_answer()
        fields = [read_field(line) for line in lines]
        lengths: list[bytes] = []
        codings: list[bytes] = []
        connection: list[bytes] = []
        coding = b""
        is_dated = False
        for field in fields:
            if field is None:
                raise bad_answer()
            name = field.name
            if name == b"content-length":
                lengths.append(field.value)
            elif name == b"transfer-encoding":
                codings.append(field.value)
            elif name == b"connection":
                connection += options_of(field.value)
            elif name == b"content-encoding":
                coding += field.value.lower()
            elif name == b"date":
                is_dated = True
        framing = frame_response(minor, lengths, codings, connection)
        kept = [
            self._line(field) for field in fields if field and field.name not in connection and self._passes(field.name)
        ]
        # RFC 9110, 8.6: no Content-Length in a 204; in a 304 it speaks of another message and helps nobody.
        if framing.length >= 0 and status not in _BODILESS:
            kept.append(b"Content-Length: %d\r\n" % framing.length)
        kept.append(self._appended)
        return Answer(
            status,
            b"".join(kept),
            framing.length,
            is_chunked=framing.is_chunked,
            keeps_alive=framing.keeps_alive,
            coding=b"" if coding == b"identity" else coding,
            is_dated=is_dated and b"date" not in connection,
        )

    def _passes(self, name: bytes) -> bool:
        if name == b"set-cookie":
            return self._keeps_set_cookie
        if name in _CHALLENGE_FIELDS and self._drops_challenges:
            return False
        return name not in _DROPPED and not name.startswith(_DROPPED_FAMILIES)

    def _line(self, field: Field) -> bytes:
        value = relocated(field.name, field.value, self.relocation)
        if value is None:
            return b""
        line = field.line if value == field.value else field.line[: len(field.name)] + b": " + value + b"\r\n"
        return self.mask.cover(line)
