"""An upstream on loopback with a holder in front of it, both closed to the last connection."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from plugin_gateway.proxy.holder import Holder


@contextlib.asynccontextmanager
async def in_front_of(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], make_holder: Callable[[int], Holder]
) -> AsyncIterator[Holder]:
    """Give the holder that `make_holder` makes for the port of an upstream; `serve` handles the upstream's connections."""
    writers: list[asyncio.StreamWriter] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await serve(reader, writer)

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        holder = make_holder(server.sockets[0].getsockname()[1])
        try:
            yield holder
        finally:
            holder.close()
    finally:
        server.close()
        for writer in writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
    while holder.serving.pool.open_connections:  # noqa: ASYNC110  # the loop closes them without an event
        await asyncio.sleep(0)
