"""The downlink: reads the head of the upstream's answer strictly, and strips the fields that clients must not see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.credentials.injection import MIN_MASKED_BYTES
from plugin_gateway.proxy.answer_head import BODILESS, Answer
from plugin_gateway.proxy.charset import hides_secrets
from plugin_gateway.proxy.coding import are_readable, codings_of
from plugin_gateway.proxy.memo import Memo
from plugin_gateway.proxy.references import relocated
from plugin_gateway.proxy.relocation import OwnNames, Relocation
from plugin_gateway.proxy.wire import bad_answer, frame_response, options_of, read_field, read_status_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.proxy.known_secrets import KnownSecrets
    from plugin_gateway.proxy.link_queries import LinkQueries
    from plugin_gateway.proxy.wire import FieldLine
    from plugin_gateway.revision import UpstreamSettings

MAX_HEAD_BYTES: Final = 64 * 1024
_MAX_FIELDS: Final = 256

# Dropped: hop-by-hop fields (RFC 9110, 7.6.1), commands to a proxy in front, details of the upstream's software, and
# promises about an origin or network that only the owner of the public name can make. The gateway sets the request id.
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
        b"x-request-id",
        b"x-runtime",
        b"x-sendfile",
    }
)
_DROPPED_FAMILIES: Final = (b"x-accel-", b"access-control-")
_CHALLENGE_FIELDS: Final = frozenset({b"www-authenticate", b"authentication-info"})
_PARTIAL: Final = frozenset({206, 226})
_IS_BYTERANGES: Final = re.compile(rb"(?i)multipart/byteranges\b")
_COLON: Final = 0x3A


class Downlink:
    """Reads answer heads by the rules of one revision, and remembers them."""

    __slots__ = (
        "_answers",
        "_appended",
        "_decodes",
        "_drops_challenges",
        "_keeps_set_cookie",
        "_known",
        "_may_echo",
        "mask",
        "passes_unreadable",
        "relocation",
    )

    def __init__(
        self,
        upstream: UpstreamSettings,
        public_url: str,
        known: KnownSecrets,
        *,
        varies_by_origin: bool,
        query_names: Iterable[bytes] = (),
        own: OwnNames | None = None,
        link_queries: LinkQueries | None = None,
        drops_challenges: bool = False,
        decodes: bool = False,
    ) -> None:
        """Make the rules for answers to one upstream's calls.

        `query_names` are parameters that clients do not send; `drops_challenges` drops challenges not meant for callers. `own`
        has the parameters that clients of this operation send under other names; `link_queries` finds them for other
        operations. With `decodes`, bodies are decoded and partial answers are refused even if there are no secrets, because
        fields are left out.
        """
        self._known = known
        self.mask = known.mask
        """The mask for everything sent now, as of the last `look`."""
        self._may_echo = upstream.may_echo
        self._decodes = decodes
        self.passes_unreadable = upstream.passes_unreadable and not decodes
        self.relocation = Relocation(upstream, public_url, query_names, own, link_queries)
        self._drops_challenges = drops_challenges
        self._keeps_set_cookie = upstream.keep_set_cookie
        self._appended = b"Vary: Origin\r\n" if varies_by_origin else b""
        self._answers: Memo[Answer] = Memo()

    def read(self, head: bytes) -> Answer:
        """Read an answer's head, without the empty line that ends it.

        Raises:
            UpstreamError: the head is not strict HTTP/1.1, or it is ambiguous.
        """
        if self._known.board is not None or self._known.mask is not self.mask:
            self.look()
        answer = self._answers.entries.get(head)
        if answer is None:
            answer = self._read(head)
            self._answers.offer(head, answer)
        return answer

    def look(self) -> None:
        """Update `mask` with the secrets that were added since the last look."""
        known = self._known
        if known.board is not None:
            known.look()
        if known.mask is not self.mask:
            # The secrets have changed, and the remembered heads were masked with the old ones.
            self.mask = known.mask
            self._answers = Memo()

    def _read(self, head: bytes) -> Answer:
        first, *lines = head.split(b"\r\n")
        minor, status = read_status_line(first)
        if len(lines) > _MAX_FIELDS:
            raise bad_answer(f"the head has more than {_MAX_FIELDS} field lines")
        fields = [read_field(line) for line in lines]
        lengths: list[bytes] = []
        codings: list[bytes] = []
        connection: list[bytes] = []
        encodings: list[bytes] = []
        is_part = status in _PARTIAL
        is_dated = is_hidden = False
        for number, field in enumerate(fields, start=1):
            if field is None:
                raise bad_answer(f"field line {number} of the head is not `Name: value`")
            name = field.name
            if name == b"content-length":
                lengths.append(field.value)
            elif name == b"transfer-encoding":
                codings.append(field.value)
            elif name == b"connection":
                connection += options_of(field.value)
            elif name == b"content-encoding":
                encodings.append(field.value)
            elif name == b"content-range":
                is_part = is_part or status < 300
            elif name == b"content-type":
                is_part = is_part or (status < 300 and _IS_BYTERANGES.match(field.value) is not None)
                is_hidden = is_hidden or hides_secrets(field.value)
            elif name == b"date":
                is_dated = True
        framing = frame_response(minor, lengths, codings, connection)
        # Names have no case, so clients and the ASGI front read them in lower case, as they are here.
        is_named = bool(self.mask.find(b" ".join([field.name for field in fields if field])))
        kept = [
            self._line(field)
            for line, field in zip(lines, fields, strict=True)
            if field
            and field.name not in connection
            and self._passes(field.name)
            and not self._hides_colon(line, field)
            and not (is_named and self.mask.find(field.name))
        ]
        # The gateway's lines are not masked: a secret may look like a length.
        block = self.mask.cover(b"".join(kept)) + self._appended
        # RFC 9110, 8.6: a 204 has no Content-Length, and in a 304 it would describe another message.
        if framing.length >= 0 and status not in BODILESS:
            block += b"Content-Length: %d\r\n" % framing.length
        encoded: tuple[bytes, ...] = ()
        unreadable = ""
        if self._is_read:
            encoded = codings_of(encodings)
            # Range is not forwarded, so no caller chooses the part. A part shorter than any masked secret reveals too
            # little.
            if is_part and (self._decodes or not 0 <= framing.length < MIN_MASKED_BYTES):
                unreadable = "is partial although the whole was requested"
            elif encoded and not are_readable(encoded):
                unreadable = "" if self.passes_unreadable else "has an unknown content coding"
                encoded = ()
            elif is_hidden and not self.passes_unreadable:
                unreadable = "is in a charset that spells secrets in another way"
        return Answer(
            status,
            block,
            framing.length,
            is_chunked=framing.is_chunked,
            keeps_alive=framing.keeps_alive,
            is_dated=is_dated and b"date" not in connection,
            codings=encoded,
            unreadable=unreadable,
            is_coded=self._may_echo and not self.passes_unreadable and not encoded and bool(codings_of(encodings)),
        )

    @property
    def _is_read(self) -> bool:
        return self._decodes or (self._may_echo and not self._known.is_none)

    def _passes(self, name: bytes) -> bool:
        if name == b"set-cookie":
            return self._keeps_set_cookie
        if name in _CHALLENGE_FIELDS and self._drops_challenges:
            return False
        if name == b"accept-ranges" and self._is_read:
            # Range is not forwarded in that case.
            return False
        return name not in _DROPPED and not name.startswith(_DROPPED_FAMILIES)

    def _hides_colon(self, line: bytes, field: FieldLine) -> bool:
        """Whether a secret spans the colon between a field's name and value. Masking the secret would destroy the line."""
        if _COLON not in self.mask.run:
            return False
        colon = len(field.name)
        return any(start <= colon < end for written in (line, field.line) for start, end in self.mask.find(written))

    def _line(self, field: FieldLine) -> bytes:
        value = relocated(field.name, field.value, self.relocation)
        if value is None:
            return b""
        return field.line if value == field.value else field.line[: len(field.name)] + b": " + value + b"\r\n"
