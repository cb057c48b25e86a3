import asyncio
from typing import Any

import httpx2
import pytest

from plugin_gateway.config.address import Address
from plugin_gateway.endpoints.admin import Health
from plugin_gateway.errors import UsageError
from plugin_gateway.server.admin import AdminListener

HEALTH = Health(is_ready=True, revision=1, digest="d", operations=1, operations_total=2, workers=1, workers_wanted=1)


async def no_series() -> Any:
    return {}


def test_it_listens_until_it_is_closed() -> None:
    async def talk() -> tuple[Any, Address]:
        admin = AdminListener()
        address = await admin.open(Address("127.0.0.1", 0), lambda: HEALTH, no_series)
        async with httpx2.AsyncClient(trust_env=False) as client:
            response = await client.get(f"http://{address}/readyz")
        await admin.close()
        return response, address

    response, address = asyncio.run(talk())
    assert response.json()["revision"] == 1
    assert "server" not in response.headers
    assert address.port != 0


def test_a_taken_address_is_told_so() -> None:
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


def test_one_that_was_never_opened_closes_too() -> None:
    asyncio.run(AdminListener().close())
