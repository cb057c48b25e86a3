"""A tee: it sends the gateway's requests, byte for byte, to every origin and returns one of the answers.

This tests each target on all real servers at once. The verdict uses both sides: the forwarded bytes, and the route that each origin
reports.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from fuzz.origins.verdict import Hole, judge_forwarded, judge_reached, number_of, routes_reached

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fuzz.origins.programs import Origin

_ANSWER_S: Final = 5.0
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]+)[ \t]*\r\n", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_BROKEN: Final = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"


class Found(NamedTuple):
    """A hole, and the number of the target that opened it."""

    number: int
    hole: Hole


class Tee:
    """Serves the gateway on a port of loopback, and records requests, routes and holes."""

    def __init__(self, origins: Sequence[Origin]) -> None:
        """Take the origins that receive every request."""
        self._origins = origins
        self._turn = 0
        self.forwarded: set[int] = set()
        self.reached: dict[str, Counter[str]] = {origin.name: Counter() for origin in origins}
        """For each origin, the number of requests per route, and the number without an answer."""
        self.found: list[Found] = []
        self._tasks: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the gateway."""
        wires = [_Wire(origin) for origin in self._origins]
        self._tasks.add(asyncio.current_task())
        try:
            while (request := await _read_message(reader)) is not None:
                writer.write(await self._ask_all(wires, *request))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            for wire in wires:
                await wire.close()
            await _close(writer)

    async def ended(self) -> None:
        """Wait until every connection of the gateway has ended."""
        await asyncio.gather(*filter(None, self._tasks))

    async def _ask_all(self, wires: list[_Wire], head: bytes, body: bytes) -> bytes:
        number = number_of(head)
        self.forwarded.add(number)
        self.found += [Found(number, hole) for hole in judge_forwarded(head)]
        answers = await asyncio.gather(*(wire.ask(head, body) for wire in wires))
        for wire, (answer, _) in zip(wires, answers, strict=True):
            name = wire.origin.name
            self.found += [Found(number, hole) for hole in judge_reached(name, answer)]
            routes = {route for _, route in routes_reached(answer)} or {answer[9:12].decode("latin-1") or "no answer"}
            self.reached[name].update(routes)
        self._turn = (self._turn + 1) % len(answers)
        return b"".join(answers[self._turn]) or _BROKEN


class _Wire:
    """A connection to one origin, reopened after the origin closes it."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, head: bytes, body: bytes) -> tuple[bytes, bytes]:
        """Return the head and the body of the answer, both empty after a timeout."""
        for _ in range(2):  # an idle connection may just have been closed
            is_kept = self._streams is not None
            try:
                async with asyncio.timeout(_ANSWER_S):
                    answer = await self._exchange(head, body)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                answer = None
            if answer is None:
                await self.close()
                if is_kept:
                    continue
                return b"", b""
            return answer
        return b"", b""

    async def _exchange(self, head: bytes, body: bytes) -> tuple[bytes, bytes] | None:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.origin.port)
        reader, writer = self._streams
        writer.write(head + body)
        answer = await _read_message(reader, is_answer=True, is_bodiless=head.startswith(b"HEAD "))
        if answer is None or b"\r\nconnection: close\r\n" in answer[0].lower() or reader.at_eof():
            await self.close()
        return answer

    async def close(self) -> None:
        if self._streams is not None:
            streams, self._streams = self._streams, None
            await _close(streams[1])


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def _read_message(
    reader: asyncio.StreamReader, *, is_answer: bool = False, is_bodiless: bool = False
) -> tuple[bytes, bytes] | None:
    """Read one message. Return its head and its raw body, or None at the end of the stream."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    if is_bodiless or (is_answer and head[9:12] in {b"204", b"304"}):
        return head, b""
    if found := _LENGTH.search(head):
        return head, await reader.readexactly(int(found[1]))
    if _CHUNKED.search(head):
        pieces: list[bytes] = []
        while True:
            line = await reader.readuntil(b"\r\n")
            pieces += [line, await reader.readexactly(int(line.partition(b";")[0], 16) + 2)]
            if int(line.partition(b";")[0], 16) == 0:
                return head, b"".join(pieces)
    return head, await reader.read() if is_answer else b""
