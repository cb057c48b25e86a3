"""A caller: it pipelines raw requests on persistent connections and counts the answers by status."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fuzz.origins.grammar import Target

_AT_ONCE: Final = 16
_ANSWER_S: Final = 30.0


class Caller:
    """Sends targets to the gateway and counts the answers by status."""

    def __init__(self, port: int) -> None:
        """Take the gateway's port on loopback."""
        self._port = port
        self.answered: Counter[str] = Counter()

    async def send(self, targets: Iterator[Target], connections: int = 8) -> None:
        """Send all targets over this number of connections."""
        await asyncio.gather(*(self._run(targets) for _ in range(connections)))

    async def _run(self, targets: Iterator[Target]) -> None:
        waiting: deque[Target] = deque()
        while True:
            while len(waiting) < _AT_ONCE and (target := next(targets, None)):
                waiting.append(target)
            if not waiting:
                return
            if not await self._talk(waiting, targets):
                # The gateway closed the connection or did not answer in time: count that as the answer to the first target.
                waiting.popleft()
                self.answered["closed"] += 1

    async def _talk(self, waiting: deque[Target], targets: Iterator[Target]) -> bool:
        """Use one connection until it closes. Return whether it brought an answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        is_answered = False
        try:
            writer.write(b"".join(target.data for target in waiting))
            while waiting:
                async with asyncio.timeout(_ANSWER_S):
                    status, closes = await _read_answer(reader, is_head=waiting[0].data.startswith(b"HEAD "))
                self.answered[status] += 1
                is_answered = True
                waiting.popleft()
                if closes:
                    break
                if (target := next(targets, None)) is not None:
                    waiting.append(target)
                    writer.write(target.data)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            pass
        finally:
            writer.close()
        return is_answered


async def _read_answer(reader: asyncio.StreamReader, *, is_head: bool) -> tuple[str, bool]:
    """Return the status of an answer, and whether the connection ends after it."""
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = head[9:12].decode("latin-1")
        if not status.startswith("1"):
            break
    closes = b"\r\nconnection: close\r\n" in head
    at = head.find(b"\r\ncontent-length:")
    if is_head or status in {"204", "304"}:
        return status, closes
    if at >= 0:
        body = await reader.readexactly(int(head[at + 17 : head.find(b"\r\n", at + 2)]))
        return (f"{status} {_code(body)}" if status.startswith("5") else status), closes
    if b"\r\ntransfer-encoding: chunked\r\n" in head:
        while True:
            size = int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16)
            await reader.readexactly(size + 2)
            if size == 0:
                return status, closes
    await reader.read()
    return status, True


def _code(body: bytes) -> str:
    """Return the code of the gateway's problem details, if the body has one."""
    try:
        return str(json.loads(body)["code"])
    except (ValueError, TypeError, KeyError):
        return "from an origin"
