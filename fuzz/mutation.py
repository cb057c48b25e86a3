"""Mutations: well-formed messages, and random changes that make them malformed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

_HOST: Final = b"Host: gw.test\r\n"
_JSON: Final = b"Content-Type: application/json\r\n"

REQUESTS: Final = (
    b"GET /pets HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"GET /pets/1?limit=1&tag=a&tag=b HTTP/1.1\r\n" + _HOST + b"Accept: */*\r\nIf-None-Match: *\r\n\r\n",
    b"GET /pets?limit=1&q=a%20b HTTP/1.1\r\n" + _HOST + b"Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\n\r\n",
    b"GET /files/a%20b.txt HTTP/1.1\r\n" + _HOST + b"X-Api-Key: mine\r\nX_Api_Key: mine\r\nCookie: a=b\r\n\r\n",
    b"HEAD /pets/2 HTTP/1.1\r\n" + _HOST + b"Range: bytes=0-1\r\n\r\n",
    b"GET http://gw.test/pets/3 HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"GET /pets/4 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"GET /pets/5 HTTP/1.1\r\n" + _HOST + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    b"GET /pets/export HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"GET /admin/users HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"DELETE /pets/6 HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"OPTIONS /pets HTTP/1.1\r\n" + _HOST + b"Origin: https://evil.test\r\n\r\n",
    b"GET /openapi.json HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"POST /openapi.json HTTP/1.1\r\n" + _HOST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    b"POST /pets HTTP/1.1\r\n" + _HOST + _JSON + b'Content-Length: 14\r\n\r\n{"name":"Tom"}',
    b"POST /pets HTTP/1.1\r\n" + _HOST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /pets HTTP/1.1\r\n"
    + _HOST
    + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n",
    b"POST /pets HTTP/1.1\r\n"
    + _HOST
    + b"Content-Length: 44\r\n\r\nGET /admin/users HTTP/1.1\r\nHost: gw.test\r\n\r\n",
    b"POST /denied HTTP/1.1\r\n" + _HOST + b"Content-Length: 5\r\n\r\nabcde",
)

_TOKENS: Final = (
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\x00", b"\x0b", b"\x0c", b"\x7f", b"\x80", b"\xa0", b"\xff", b" ", b"\t", b"\r\n ",
    b"\r\n\t", b":", b",", b";", b"=", b"&", b"?", b"#", b"%", b"/", b"\\", b"..", b"/../", b"%2e%2e/", b"..;/", b"%2f",
    b"%252f", b"%5c", b"%00", b"%c0%af", b"%ef%bc%8f", b"%u002f", b"export", b"%65xport", b"EXPORT", b"export.json",
    b"/admin/users", b"api_key=mine", b"&api%5fkey=mine", b"&API_KEY=mine", b"&debug=1", b"-1", b"0", b"00", b"+5", b"0x5",
    b"5, 5", b"18446744073709551617", b"99999999999999999999", b"chunked", b"Chunked", b"xchunked", b"identity",
    b"gzip, chunked", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"GET ", b"CONNECT ", b"get ",
)  # fmt: skip
_LINES: Final = (
    b"Transfer-Encoding: chunked", b"Transfer-Encoding : chunked", b"Transfer-Encoding: identity", b"Transfer_Encoding: chunked",
    b"Transfer-Encoding:\x0bchunked", b" Transfer-Encoding: chunked", b"Content-Length: 0", b"Content-Length: 5",
    b"content-length: 5", b"Content-Length : 5", b"Content_Length: 5", b"Content-Length: 44", b"Host: evil.test", b"Host:",
    b"X-Api-Key: mine", b"x-api-key : mine", b"X_API_KEY: mine", b"Connection: close", b"Connection: X-Api-Key",
    b"Connection: Host, Content-Length, Transfer-Encoding", b"Upgrade: websocket", b"Expect: 100-continue", b"Expect: other",
    b"X-HTTP-Method-Override: DELETE", b"X-Original-URL: /admin/users", b"Authorization: Bearer mine", b"TE: trailers",
    b"Trailer: X-Api-Key", b"X-Forwarded-Host: evil.test", b"X-Long: " + b"a" * 600, b"nocolon", b": noname", b"",
)  # fmt: skip


def mutate(message: bytes, random: Random) -> bytes:
    """Return the message with zero to four random changes."""
    for _ in range(random.choice((0, 0, 0, 1, 1, 1, 2, 2, 3, 4))):
        message = random.choice(_WAYS)(message, random)
    return message


def split(data: bytes, random: Random) -> list[bytes]:
    """Cut the data into up to five pieces, but mostly leave it whole."""
    cuts = sorted(random.randrange(len(data) + 1) for _ in range(random.choice((0, 0, 0, 1, 2, 4))))
    bounds = [0, *cuts, len(data)]
    return [data[start:end] for start, end in pairwise(bounds) if end > start]


def _insert_token(message: bytes, random: Random) -> bytes:
    at = random.randrange(len(message) + 1)
    return message[:at] + random.choice(_TOKENS) + message[at:]


def _replace_word(message: bytes, random: Random) -> bytes:
    words = message.split(b" ")
    words[random.randrange(len(words))] = random.choice(_TOKENS)
    return b" ".join(words)


def _flip_byte(message: bytes, random: Random) -> bytes:
    if not message:
        return message
    at = random.randrange(len(message))
    return message[:at] + bytes((random.randrange(256),)) + message[at + 1 :]


def _cut_bytes(message: bytes, random: Random) -> bytes:
    at = random.randrange(len(message) + 1)
    return message[:at] + message[at + random.randrange(1, 9) :]


def _insert_line(message: bytes, random: Random) -> bytes:
    return _on_lines(message, random, lambda lines, at: lines.insert(at, random.choice(_LINES)))


def _repeat_line(message: bytes, random: Random) -> bytes:
    return _on_lines(message, random, lambda lines, at: lines.insert(at, lines[at - 1]))


def _drop_line(message: bytes, random: Random) -> bytes:
    return _on_lines(message, random, lambda lines, at: lines.pop(at - 1))


def _swap_lines(message: bytes, random: Random) -> bytes:
    def swap(lines: list[bytes], at: int) -> None:
        lines[0], lines[at - 1] = lines[at - 1], lines[0]

    return _on_lines(message, random, swap)


def _change_case(message: bytes, random: Random) -> bytes:
    start = random.randrange(len(message) + 1)
    return message[:start] + message[start : start + 12].swapcase() + message[start + 12 :]


def _splice(message: bytes, random: Random) -> bytes:
    other = random.choice(REQUESTS)
    return message[: random.randrange(len(message) + 1)] + other[random.randrange(len(other)) :]


def _on_lines(message: bytes, random: Random, change: Callable[[list[bytes], int], object]) -> bytes:
    lines = message.split(b"\r\n")
    change(lines, random.randrange(1, len(lines) + 1))
    return b"\r\n".join(lines)


_WAYS: Final = (
    _insert_token, _insert_token, _replace_word, _flip_byte, _cut_bytes, _insert_line, _insert_line, _repeat_line,
    _drop_line, _swap_lines, _change_case, _splice,
)  # fmt: skip
