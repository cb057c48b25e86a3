"""Invariants: rules for every byte that the gateway sends, checked by a parser that shares no code with the gateway."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

AUTHORITY: Final = b"up.test"
HEADER_SECRET: Final = b"sekret-hdr-7f3a9c"
QUERY_SECRET: Final = b"sekret-qry-51be02"

_REQUEST: Final = re.compile(
    rb"(GET|HEAD|POST) (/[!-~]*) HTTP/1\.1\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*\r\n)+)\r\n"
)
_ANSWER: Final = re.compile(
    rb"HTTP/1\.1 ([1-9][0-9]{2}) [\t\x20-\x7e\x80-\xff]*\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*\r\n)*)\r\n"
)
_CHUNK: Final = re.compile(rb"([0-9a-f]{1,8})\r\n")
_NEVER_UP: Final = frozenset(
    {b"connection", b"keep-alive", b"te", b"trailer", b"upgrade", b"expect", b"authorization", b"cookie", b"x-hop"}
    | {b"x-http-method-override", b"x-original-url", b"x-forwarded-host", b"proxy-authorization"}
)
_QUERY_NAMES: Final = frozenset({b"limit", b"tag", b"q"})
_PLACES: Final = frozenset({b"pets", b"files"})
_FORMAT: Final = re.compile(rb"\.(?:json|xml|html)\Z")
_BODILESS: Final = frozenset({204, 304})


class ViolationError(Exception):
    """The gateway broke an invariant."""


class Request(NamedTuple):
    """A complete request and its length in bytes."""

    method: bytes
    size: int


class Answer(NamedTuple):
    """An answer as the client reads it, possibly cut off."""

    status: int
    body: bytes
    is_whole: bool


def read_request(data: bytes) -> Request | None:
    """Read a request that the upstream received. Return None if it is incomplete.

    Raises:
        ViolationError: the request is not strict HTTP/1.1, is not allowed, or does not carry exactly the gateway's credentials.
    """
    end = data.find(b"\r\n\r\n") + 4
    if end < 4:
        return None
    match = _REQUEST.fullmatch(data, 0, end)
    if match is None:
        raise ViolationError("a request head that is not strict")
    method, target, block = match.groups()
    fields = _fields(block)
    path, _, query = target.partition(b"?")
    _check_target(method, path, query)
    names = [name.replace(b"_", b"-") for name, _ in fields]
    if [value for name, value in fields if name == b"host"] != [AUTHORITY] or names.count(b"host") != 1:
        raise ViolationError("not exactly one Host, the upstream's")
    if [value for name, value in fields if name == b"x-api-key"] != [HEADER_SECRET] or names.count(b"x-api-key") != 1:
        raise ViolationError("not exactly one key header, the gateway's")
    if not _NEVER_UP.isdisjoint(names):
        raise ViolationError("a field that must never be forwarded")
    lengths, is_chunked = _framing(fields)
    body = _read_body(data, end, lengths, is_chunked=is_chunked)
    return Request(method, body[1]) if body is not None else None


def read_answers(data: bytes, methods: list[bytes]) -> list[Answer]:
    """Read the answers that the client received to requests with these methods. Interim answers are skipped.

    Raises:
        ViolationError: the bytes are not strict HTTP/1.1, hold more answers than requests, or contain a secret.
    """
    answers: list[Answer] = []
    at = 0
    while at < len(data):
        end = data.find(b"\r\n\r\n", at) + 4
        match = _ANSWER.fullmatch(data, at, end) if end >= 4 else None
        if match is None:
            raise ViolationError("an answer head that is not strict")
        at, status, fields = end, int(match[1]), _fields(match[2])
        if status < 200:
            continue
        if len(answers) == len(methods):
            raise ViolationError("more answers than requests")
        lengths, is_chunked = _framing(fields)
        if methods[len(answers)] == b"HEAD" or status in _BODILESS:
            body: tuple[bytes, int] | None = b"", at
        elif lengths or is_chunked:
            body = _read_body(data, at, lengths, is_chunked=is_chunked)
        else:
            body = data[at:], len(data)
        content = body[0] if body is not None else data[at:]
        if any(secret in text for secret in (HEADER_SECRET, QUERY_SECRET) for text in (match[0], content)):
            raise ViolationError("a secret in an answer")
        answers.append(Answer(status, content, body is not None))
        if body is None:
            break
        at = body[1]
    return answers


def _fields(block: bytes) -> list[tuple[bytes, bytes]]:
    parts = (line.partition(b":") for line in block.split(b"\r\n")[:-1])
    return [(name.lower(), value.strip(b" \t")) for name, _, value in parts]


def _framing(fields: list[tuple[bytes, bytes]]) -> tuple[list[bytes], bool]:
    lengths = [value for name, value in fields if name == b"content-length"]
    codings = [value for name, value in fields if name == b"transfer-encoding"]
    if len(lengths) + len(codings) > 1 or codings not in ([], [b"chunked"]) or not all(map(bytes.isdigit, lengths)):
        raise ViolationError("ambiguous framing")
    return lengths, bool(codings)


def _read_body(data: bytes, at: int, lengths: list[bytes], *, is_chunked: bool) -> tuple[bytes, int] | None:
    if not is_chunked:
        end = at + (int(lengths[0]) if lengths else 0)
        return (data[at:end], end) if len(data) >= end else None
    pieces: list[bytes] = []
    while True:
        match = _CHUNK.match(data, at)
        if match is None:
            if b"\r\n" in data[at : at + 12]:
                raise ViolationError("a chunk that is not strict")
            return None
        size, at = int(match[1], 16), match.end()
        if len(data) < at + size + 2:
            return None
        if data[at + size : at + size + 2] != b"\r\n":
            raise ViolationError("a chunk that does not end")
        if size == 0:
            return b"".join(pieces), at + 2
        pieces.append(data[at : at + size])
        at += size + 2


def _check_target(method: bytes, path: bytes, query: bytes) -> None:
    reading = path
    for _ in range(4):
        segments = re.split(rb"[;?#\x00]", reading, maxsplit=1)[0].lower().replace(b"\\", b"/").split(b"/")
        names = [_FORMAT.sub(b"", segment.rstrip(b" .")) for segment in segments]
        is_collection = len(names) == 2 and names[1] == b"pets"
        is_member = len(names) == 3 and names[1] in _PLACES and names[2] and names[1:] != [b"pets", b"export"]
        if not is_collection and (not is_member or method == b"POST"):
            raise ViolationError("a denied operation")
        reading = unquote_to_bytes(reading)
    pairs = [pair.partition(b"=") for pair in query.split(b"&")]
    keys = [value for name, _, value in pairs if unquote_to_bytes(name) == b"api_key"]
    if keys != [QUERY_SECRET]:
        raise ViolationError("not exactly one key parameter, the gateway's")
    if any(unquote_to_bytes(name) not in _QUERY_NAMES for name, _, _ in pairs if name != b"api_key"):
        raise ViolationError("an undeclared parameter")
