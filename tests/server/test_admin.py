import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from plugin_gateway.config.address import Address
from plugin_gateway.endpoints.admin import Health
from plugin_gateway.errors import UsageError
from plugin_gateway.server import admin
from plugin_gateway.server.admin import AdminListener
from plugin_gateway.telemetry.series import Series
from tests.bounds import BOUND_S

HEALTH = Health(is_ready=True, revision=1, digest="d", operations=1, operations_total=2, workers=1, workers_wanted=1)


async def no_series() -> Series:
    return {}


def test_it_listens_until_it_is_closed() -> None:
    async def talk() -> tuple[Any, Address]:
        listener = AdminListener()
        address = await listener.open(Address("127.0.0.1", 0), lambda: HEALTH, no_series)
        async with httpx2.AsyncClient(trust_env=False) as client:
            response = await client.get(f"http://{address}/readyz")
        await listener.close()
        return response, address

    response, address = asyncio.run(talk())
    assert response.json()["revision"] == 1
    assert "server" not in response.headers
    assert address.port != 0


def test_a_taken_address_is_reported() -> None:
    async def talk() -> None:
        first, second = AdminListener(), AdminListener()
        address = await first.open(Address("127.0.0.1", 0), lambda: HEALTH, no_series)
        try:
            # The listener accepts as soon as its server has started.
            async with httpx2.AsyncClient(trust_env=False) as client:
                await client.get(f"http://{address}/livez")
            with pytest.raises(UsageError, match="another process listens there"):
                await second.open(address, lambda: HEALTH, no_series)
        finally:
            await first.close()
            await second.close()

    asyncio.run(talk())


def test_a_listener_that_was_never_opened_can_be_closed() -> None:
    asyncio.run(AdminListener().close())


async def sent(address: Address, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect, and send before the listener can accept: its patience begins when it does."""
    client = socket.create_connection((address.host, address.port), BOUND_S)
    client.sendall(data)
    return await asyncio.open_connection(sock=client)


HEAD = b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"


@pytest.mark.parametrize(
    "pieces",
    [[b""], [HEAD[:-2]], [HEAD], [HEAD + b"{"], [HEAD + b"{}", HEAD[:20]]],
    ids=["nothing", "half a head", "no body", "half a body", "half a second request"],
)
def test_a_request_that_does_not_arrive_is_given_up(monkeypatch: pytest.MonkeyPatch, pieces: list[bytes]) -> None:
    monkeypatch.setattr(admin, "PATIENCE_S", 0.05)

    async def talk() -> None:
        async with listening() as address:
            reader, writer = await sent(address, pieces[0])
            for piece in pieces[1:]:
                assert (await reader.readuntil(b"slow but whole")).startswith(b"HTTP/1.1 200 ")
                writer.write(piece)
            with suppress(ConnectionResetError):
                await asyncio.wait_for(reader.read(), BOUND_S)
            writer.close()

    asyncio.run(talk())


def test_an_answer_may_take_longer_than_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "PATIENCE_S", 0.05)

    async def talk() -> None:
        async with listening() as address:
            reader, writer = await sent(address, HEAD + b"{}")
            await asyncio.wait_for(reader.readuntil(b"slow but whole"), BOUND_S)
            writer.close()

    asyncio.run(talk())


@pytest.mark.parametrize(
    "sent", [b"", b"GET /li", HEAD, HEAD + b"{}"], ids=["nothing", "half a head", "no body", "all"]
)
@pytest.mark.parametrize("time_for_a_request_s", [0.0, 60.0])
def test_a_flood_of_connections_keeps_no_probe_out(
    monkeypatch: pytest.MonkeyPatch, sent: bytes, time_for_a_request_s: float
) -> None:
    monkeypatch.setattr(admin, "_MOST_CONNECTIONS", 4)
    monkeypatch.setattr(admin, "_MOST_AT_ALL", 8)
    monkeypatch.setattr(admin, "_TIME_FOR_A_REQUEST_S", time_for_a_request_s)

    async def talk() -> None:
        async with listening() as address:
            flood = []
            for _ in range(20):
                flood.append(await asyncio.open_connection(address.host, address.port))
                flood[-1][1].write(sent)
                reader, writer = await asyncio.open_connection(address.host, address.port)
                writer.write(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                assert (await asyncio.wait_for(reader.read(), BOUND_S)).startswith(b"HTTP/1.1 200 ")
                writer.close()
            # The last connections are still there; the first ones made room.
            with suppress(ConnectionResetError):
                assert await asyncio.wait_for(flood[0][0].read(), BOUND_S) == b""
            assert not flood[-1][0].at_eof()
            for _, writer in flood:
                writer.transport.abort()

    asyncio.run(talk())


@asynccontextmanager
async def listening() -> AsyncIterator[Address]:
    """Serve a path that reads its body and answers after more than the time that a request may take."""

    async def slow(request: Request) -> Response:
        await request.body()
        late = asyncio.Event()
        asyncio.get_running_loop().call_later(4 * admin.PATIENCE_S, late.set)
        await late.wait()
        return Response("slow but whole")

    listener = AdminListener()
    address = await listener.open_app(
        Address("127.0.0.1", 0),
        Starlette(routes=[Route("/slow", slow, methods=["POST"]), Route("/livez", lambda _: Response("ok"))]),
    )
    try:
        # The listener accepts as soon as its server has started.
        async with httpx2.AsyncClient(trust_env=False) as client:
            await client.get(f"http://{address}/livez")
        yield address
    finally:
        await listener.close()
