"""The traffic stream: the calls of the gateway as server-sent events, for one open page."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from plugin_gateway.console.handler import Handler
from plugin_gateway.endpoints.documents import refuse
from plugin_gateway.refusal import Refusal
from plugin_gateway.telemetry.traffic import MOST_VIEWERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from plugin_gateway.console.sessions import Session
    from plugin_gateway.telemetry.traffic import Traffic, Viewer

HEARTBEAT_S: Final = 15.0
PATIENCE_S: Final = 30.0
"""A page that takes nothing for this long leaves its place to another one."""
LONGEST_S: Final = 600.0
"""How long one answer lasts. A page that reads asks again at once. One that never reads takes a place no longer than this: the
system acknowledges a few bytes for it, so the gateway cannot see that it reads nothing."""
_HELLO: Final = b"retry: 3000\n: the calls follow\n\n"
_HEARTBEAT: Final = b": still here\n\n"

_FULL: Final = Refusal(
    status=503,
    code="too-many-viewers",
    detail=f"{MOST_VIEWERS} pages show the traffic already.",
    hint="Close one of them.",
)


class TrafficStream(Response):
    """An answer that lasts until the page, the session or the gateway ends."""

    media_type = "text/event-stream"

    def __init__(self, traffic: Traffic, session: Session, clock: Callable[[], float] = monotonic) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers({"X-Accel-Buffering": "no"})
        self._traffic = traffic
        self._session = session
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's signature
        awake = asyncio.Event()
        viewer = self._traffic.enter(awake.set)
        gone = asyncio.create_task(_until_gone(receive), name="traffic viewer")
        gone.add_done_callback(lambda _: awake.set())
        try:
            with suppress(TimeoutError):
                await self._send_all(viewer, awake, gone, send)
        finally:
            self._traffic.leave(viewer)
            gone.cancel()
        # A page that reads again after all sees the end, and connects again.
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_all(self, viewer: Viewer, awake: asyncio.Event, gone: asyncio.Task[None], send: Send) -> None:
        """Send events until the stream is over.

        Raises:
            TimeoutError: the page does not read.
        """
        until = min(self._session.expires_at, self._clock() + LONGEST_S)
        async with asyncio.timeout(PATIENCE_S):
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        awake.clear()
        events = _HELLO + events_of(*viewer.take())
        while not (gone.done() or self._traffic.is_closed or self._session.is_ended or self._clock() >= until):
            async with asyncio.timeout(PATIENCE_S):
                await send({"type": "http.response.body", "body": events, "more_body": True})
            with suppress(TimeoutError):
                async with asyncio.timeout(min(HEARTBEAT_S, max(0.0, until - self._clock()))):
                    await awake.wait()
            awake.clear()
            events = events_of(*viewer.take()) or _HEARTBEAT


def events_of(records: list[bytes], dropped: int) -> bytes:
    """Return the events for records of one line each. First comes how many were dropped before them."""
    notice = b"event: dropped\ndata: %d\n\n" % dropped if dropped else b""
    return notice + b"".join([b"event: record\ndata: %b\n\n" % record for record in records])


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def traffic_handler(traffic: Traffic) -> Handler:
    async def answer(request: Request, _: bytes) -> Response:
        if request.method == "HEAD":
            return Response(media_type=TrafficStream.media_type)
        # No other request can enter between this and the start of the stream: nothing is awaited there.
        return TrafficStream(traffic, request.state.session) if traffic.has_room else refuse(_FULL)

    return Handler(path="traffic", answer=answer)
