"""A message head: the strict parser of RFC 9112 for both clients and the upstream.

Request smuggling needs two parties that read one head differently. So this parser is never lenient: a head that does
not match the grammar byte for byte is refused, and a head that does has only one meaning. Every function is
pure; `known` is a cache that the caller owns.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.config.header_names import fold_header
from plugin_gateway.errors import UpstreamError, WireError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.proxy.memo import Memo

MAX_FIELDS: Final = 128
"""The limit of field lines. No browser, SDK or proxy chain sends more, and each costs memory and time."""

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
REQUEST_LINE: Final = re.compile(rb"(" + _TOKEN + rb") ([\x21-\x7e]+) HTTP/1\.([01])")
"""The method, the target and the minor version (RFC 9112, 3)."""
_OTHER_VERSION: Final = re.compile(_TOKEN + rb" [\x21-\x7e]+ HTTP/[0-9]\.[0-9]")
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?")
_FIELD_LINE: Final = re.compile(rb"(" + _TOKEN + rb"):([\t\x20-\x7e\x80-\xff]*)")
_LENGTH: Final = re.compile(rb"0|[1-9][0-9]{0,17}")
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9_][A-Za-z0-9._\-]*|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?")
_ABSOLUTE_FORM: Final = re.compile(rb"(?i:https?)://([^/?#]+)(/.*)")
_EMPTY_LINES: Final = re.compile(rb"(?:\r\n)+")
_METHOD_AND_TARGET: Final = re.compile(rb"(" + _TOKEN + rb") ([^ \r\n]+)")
_LOGGED_BYTES: Final = 4096
_MEANT_FOR_US: Final = frozenset(
    {
        b"authorization",
        b"connection",
        b"content-length",
        b"expect",
        b"host",
        b"origin",
        b"transfer-encoding",
        b"upgrade",
        b"x-request-id",
    }
)
"""The fields whose values `read_request_lines` reads."""
REQUEST_ID: Final = re.compile(rb"[\x21-\x7e]{1,128}")
# A CR or LF outside a CRLF, or a control byte: no later byte can make such a head valid.
_NEVER_IN_HEAD: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<!\r)\n|\r(?!\n)(?!\Z)")


class FieldLine(NamedTuple):
    """A field line: the name in lower case, the value without surrounding white space, and the line to forward."""

    name: bytes
    value: bytes
    line: bytes


class RequestFields:
    """The field lines of a request, with the framing of its body and the fate of its connection.

    `is_plain` says that the request has no body, does not close the connection and asks for no upgrade.
    `content_length` is -1 if no length is given. `nominated` are the names that Connection declares hop-by-hop.
    """

    __slots__ = (
        "authorizations",
        "closes",
        "content_length",
        "expects_continue",
        "fields",
        "has_body",
        "host",
        "is_chunked",
        "is_plain",
        "minor",
        "nominated",
        "origin",
        "request_id",
        "wants_websocket",
    )

    def __init__(
        self,
        minor: int,
        fields: Iterable[FieldLine] = (),
        *,
        content_length: int = -1,
        is_chunked: bool = False,
        expects_continue: bool = False,
        wants_websocket: bool = False,
        nominated: Iterable[bytes] = (),
        host: bytes = b"",
        origin: bytes = b"",
        request_id: bytes = b"",
        authorizations: tuple[bytes, ...] = (),
    ) -> None:
        self.minor: Final = minor
        self.fields: Final = tuple(fields)
        self.content_length: Final = content_length
        self.is_chunked: Final = is_chunked
        self.expects_continue: Final = expects_continue
        self.wants_websocket: Final = wants_websocket
        self.nominated: Final = frozenset(nominated)
        self.host: Final = host
        self.origin: Final = origin
        self.request_id: Final = request_id
        self.authorizations: Final = authorizations
        self.has_body: Final = is_chunked or content_length > 0
        self.closes: Final = minor == 0 or b"close" in self.nominated
        self.is_plain: Final = not (self.has_body or self.closes or wants_websocket)

    def as_chunked(self) -> RequestFields:
        """Return the same fields for a body whose length no field gives."""
        return RequestFields(
            self.minor,
            self.fields,
            is_chunked=True,
            expects_continue=self.expects_continue,
            wants_websocket=self.wants_websocket,
            nominated=self.nominated,
            host=self.host,
            origin=self.origin,
            request_id=self.request_id,
            authorizations=self.authorizations,
        )

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of the fields of that name, unless Connection declares it hop-by-hop."""
        if name in self.nominated:
            return []
        return [field.value for field in self.fields if field.name == name]

    def spelled_like(self, name: bytes) -> list[tuple[bytes, bytes]]:
        """Return the names and values of the fields that some server takes for `name`, as `values` does."""
        folded = fold_header(name)
        return [
            (field.name, field.value)
            for field in self.fields
            if fold_header(field.name) == folded and field.name not in self.nominated
        ]


class ResponseFraming(NamedTuple):
    """How a response's body ends: by `length` (-1 without Content-Length), by chunks, or else at the close."""

    length: int
    is_chunked: bool
    keeps_alive: bool


def without_empty_lines(data: bytes) -> bytes:
    """Return the data without leading empty lines, which some clients send after a body (RFC 9112, 2.2)."""
    match = _EMPTY_LINES.match(data)
    return data[match.end() :] if match else data


def asked_for(head: bytes) -> tuple[bytes, bytes]:
    """Return the method and target of a refused head, for the log; empty if its first line has none."""
    match = _METHOD_AND_TARGET.match(head[:_LOGGED_BYTES])
    return (match[1], match[2]) if match else (b"", b"")


def bad_request_line(line: bytes) -> WireError:
    """Return the error for a line that is not a `REQUEST_LINE`: 505 if only the version is wrong."""
    if _OTHER_VERSION.fullmatch(line):
        return WireError(505, "http-version-not-supported", "This gateway speaks only HTTP/1.1 and HTTP/1.0.")
    return WireError(400, "bad-request-line", "The request line is not `METHOD target HTTP/1.1`.")


def origin_form(target: bytes, host: bytes) -> bytes:
    """Return the path and query of a target in absolute-form, which every server must accept (RFC 9112, 3.2.2).

    Only if its authority equals the Host field: with two names for one request, hops would disagree. Any other target
    stays as it is, and the gate refuses it.
    """
    match = _ABSOLUTE_FORM.fullmatch(target)
    return match[2] if match and match[1].lower() == host.lower() else target


def is_hopeless(data: bytes | bytearray, start: int) -> bool:
    """Whether no head can begin with these bytes; those before `start` were checked earlier."""
    return _NEVER_IN_HEAD.search(data, start) is not None


def read_field(line: bytes) -> FieldLine | None:
    """Read one field line without its CRLF; None if it is invalid (a fold, no colon, white space in the name)."""
    match = _FIELD_LINE.fullmatch(line)
    if match is None:
        return None
    name, value = match.groups()
    value = value.strip()
    return FieldLine(name.lower(), value, name + b": " + value + b"\r\n")


def options_of(value: bytes) -> list[bytes]:
    """Return the members of a comma-separated list of tokens, in lower case."""
    return [option for part in value.lower().split(b",") if (option := part.strip())]


def read_request_fields(block: bytes, minor: int, known: Memo[FieldLine] | None = None) -> RequestFields:
    """Read the field lines of a request: `block` lies between the request line and the empty line.

    `known` remembers lines: most lines of a client are the same in each of its requests, even if one of them always differs.

    Raises:
        WireError: the lines are not strict, or the end of the request or its host is ambiguous.
    """
    return read_request_lines(block.split(b"\r\n")[:-1], minor, known)


def read_request_lines(lines: list[bytes], minor: int, known: Memo[FieldLine] | None = None) -> RequestFields:
    """Read field lines that are already split, each without its CRLF; see `read_request_fields`."""
    if len(lines) > MAX_FIELDS:
        raise WireError(431, "too-many-fields", f"A request may have at most {MAX_FIELDS} header fields.")
    fields: list[FieldLine] = []
    hosts: list[bytes] = []
    lengths: list[bytes] = []
    codings: list[bytes] = []
    nominated: list[bytes] = []
    upgrades: list[bytes] = []
    authorizations: tuple[bytes, ...] = ()
    origin = request_id = b""
    expects_continue = False
    for line in lines:
        field = known.entries.get(line) if known is not None else None
        if field is None:
            field = _read_new(line, known)
        fields.append(field)
        name, value, _ = field
        if name not in _MEANT_FOR_US:
            continue
        if name == b"host":
            hosts.append(value)
        elif name == b"content-length":
            lengths.append(value)
        elif name == b"transfer-encoding":
            codings.append(value)
        elif name == b"connection":
            nominated += options_of(value)
        elif name == b"expect":
            if value.lower() != b"100-continue":
                raise WireError(417, "unknown-expectation", "The only supported expectation is `100-continue`.")
            expects_continue = minor == 1
        elif name == b"upgrade":
            upgrades += options_of(value)
        elif name == b"origin":
            origin = value
        elif name == b"authorization":
            authorizations += (value,)
        elif name == b"x-request-id":
            # One call has one id, which is forwarded, logged and answered: the first valid one.
            if request_id or not REQUEST_ID.fullmatch(value):
                fields.pop()
            else:
                request_id = value
    host = _read_host(hosts, minor)
    is_chunked = _is_chunked(codings, lengths, minor)
    return RequestFields(
        minor,
        fields,
        content_length=_read_length(lengths),
        is_chunked=is_chunked,
        expects_continue=expects_continue,
        wants_websocket=b"websocket" in upgrades and b"upgrade" in nominated,
        nominated=nominated,
        host=host,
        origin=origin,
        request_id=request_id,
        authorizations=authorizations,
    )


def _read_new(line: bytes, known: Memo[FieldLine] | None) -> FieldLine:
    field = read_field(line)
    if field is None:
        raise WireError(400, "bad-field-line", "A header line is not `Name: value` (RFC 9112, 5).")
    if known is not None:
        known.offer(line, field)
    return field


def _read_host(hosts: list[bytes], minor: int) -> bytes:
    if not hosts and minor == 0:
        return b""
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        raise WireError(
            400, "bad-host", "A request needs exactly one Host field, a name or address with an optional port."
        )
    return hosts[0]


def _is_chunked(codings: list[bytes], lengths: list[bytes], minor: int) -> bool:
    if not codings:
        return False
    # RFC 9112, 6.1: with both fields, or in HTTP/1.0, this may be an attempt at smuggling.
    if lengths or minor == 0:
        raise WireError(400, "ambiguous-framing", "Transfer-Encoding allows no Content-Length and needs HTTP/1.1.")
    if len(codings) != 1 or codings[0].lower() != b"chunked":
        raise WireError(400, "bad-transfer-encoding", "The only supported transfer coding is a single `chunked`.")
    return True


def _read_length(lengths: list[bytes]) -> int:
    if not lengths:
        return -1
    if len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0]):
        raise WireError(400, "bad-content-length", "A request may have one Content-Length, a plain decimal number.")
    return int(lengths[0])


def read_status_line(line: bytes) -> tuple[int, int]:
    """Return the minor version and status of a response's first line; the reason phrase is ignored.

    Raises:
        UpstreamError: the line is not a status line of HTTP/1.x.
    """
    match = _STATUS_LINE.fullmatch(line)
    if match is None:
        raise bad_answer("the first line is no status line of HTTP/1.x")
    return 1 if match[1] == b"1" else 0, int(match[2])


def frame_response(minor: int, lengths: list[bytes], codings: list[bytes], connection: list[bytes]) -> ResponseFraming:
    """Return how a response's body ends.

    Raises:
        UpstreamError: the framing is ambiguous (RFC 9112, 6.3); such an answer is never forwarded.
    """
    keeps_alive = minor == 1 and b"close" not in connection
    if codings:
        if lengths or minor == 0:
            raise bad_answer("Transfer-Encoding stands beside Content-Length, or in HTTP/1.0")
        if len(codings) != 1 or codings[0].lower() != b"chunked":
            raise bad_answer("Transfer-Encoding is not a single `chunked`")
        return ResponseFraming(-1, True, keeps_alive)
    if lengths:
        if len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0]):
            raise bad_answer("Content-Length is not one decimal number")
        return ResponseFraming(int(lengths[0]), False, keeps_alive)
    return ResponseFraming(-1, False, keeps_alive)


def bad_answer(cause: str) -> UpstreamError:
    """Return the error for an answer that is not HTTP.

    `cause` tells the operator what is wrong with the upstream.
    """
    detail = "The upstream's answer is not a well-formed HTTP/1.1 message."
    return UpstreamError(502, "bad-upstream-answer", detail, cause=cause)


def head_too_large(limit_bytes: int) -> WireError:
    return WireError(431, "head-too-large", f"A request head may have at most {limit_bytes} bytes.")
