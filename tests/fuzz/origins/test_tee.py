"""The tee between the gateway and the origins, over real sockets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fuzz.origins.programs import Origin
from fuzz.origins.tee import Tee
from tests.bounds import BOUND_S

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = b"GET /base/pets?api_key=query-key-51be02d8 HTTP/1.1\r\nUser-Agent: target/7\r\nX-Api-Key: header-key-7f3a9c51\r\n\r\n"


def answering(answer: bytes, received: list[Any], *, closes: bool) -> Callable[..., Any]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                received.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answer)
                if closes:
                    break
        except asyncio.IncompleteReadError:
            pass
        writer.close()
        await writer.wait_closed()

    return serve


async def ask_through_tee(answers: list[bytes], requests: int) -> tuple[Tee, list[list[bytes]], list[bytes]]:
    received: list[list[bytes]] = [[] for _ in answers]
    servers = [
        await asyncio.start_server(answering(answer, seen, closes=number == 1), "127.0.0.1", 0)
        for number, (answer, seen) in enumerate(zip(answers, received, strict=True))
    ]
    origins = [Origin(f"o{number}", server.sockets[0].getsockname()[1]) for number, server in enumerate(servers)]
    tee = Tee(origins)
    front = await asyncio.start_server(tee.serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", front.sockets[0].getsockname()[1])
    got = []
    async with asyncio.timeout(BOUND_S):
        for _ in range(requests):
            writer.write(HEAD)
            got.append(await reader.readuntil(b"\r\n\r\n"))
    writer.close()
    await writer.wait_closed()
    await tee.ended()
    for server in (front, *servers):
        server.close()
    return tee, received, got


def answer(reached: bytes) -> bytes:
    return b"HTTP/1.1 204 No Content\r\nX-Reached: " + reached + b"\r\n\r\n"


def test_every_origin_gets_the_very_bytes_and_one_answer_at_a_time_goes_back() -> None:
    answers = [answer(b"a=listPets"), answer(b"b=listPets")]
    tee, received, got = asyncio.run(ask_through_tee(answers, 4))
    assert received == [[HEAD] * 4, [HEAD] * 4]
    assert sorted(set(got)) == answers
    assert tee.forwarded == {7}
    assert tee.found == []


def test_a_denied_route_that_an_origin_reached_is_found_with_the_number_of_its_target() -> None:
    tee, _, _ = asyncio.run(ask_through_tee([answer(b"a=listPets"), answer(b"b=getMine")], 1))
    assert [(found.number, found.hole.where, found.hole.what) for found in tee.found] == [(7, "o1 b", "denied getMine")]
