"""The public app: the answers that the gateway gives itself, and the whole gateway as one ASGI app."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from starlette.requests import Request

from plugin_gateway import methods
from plugin_gateway.callers.provider import Provider
from plugin_gateway.endpoints.cors import mark, preflight
from plugin_gateway.endpoints.documents import RefusedResponse, refuse, serve_document, serve_page
from plugin_gateway.endpoints.oauth import answer_oauth
from plugin_gateway.gate.gate import NOT_FOUND
from plugin_gateway.mcp.endpoint import McpEndpoints
from plugin_gateway.proxy.fronts.asgi import AsgiFront
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.publish.page import PAGE_PATH
from plugin_gateway.telemetry.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

    from plugin_gateway.proxy.tracing import Tracing
    from plugin_gateway.telemetry import AccessRecord


class LocalApp:
    """Serves the faces of the current revision, the OAuth façade and CORS preflights; answers 404 to every other path.

    A reload may change the paths between two requests, so they are looked up for each request instead of being
    registered with a router at startup.
    """

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._provider = Provider()
        self._outage: tuple[str, Outage] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        # Read the revision once: a reload may swap it while this request waits for the judge of a client credential.
        serving = self._holder.serving
        revision, path = serving.revision, scope["raw_path"].decode("latin-1")
        request = Request(scope, receive)
        if scope["method"] == methods.PREFLIGHT:
            response = preflight(request, revision)
        # Compare the raw path, as the gate does for operations: an encoded spelling of a face's path gets a 404.
        elif path in revision.faces:
            response = mark(await serve_document(request, revision.faces, serving.door), request, revision)
        elif path == PAGE_PATH and revision.page is not None:
            response = serve_page(request, revision.page)
        elif path in revision.callers.local_paths and revision.callers.facade is not None:
            door = serving.door
            answered = await answer_oauth(
                request,
                revision.callers.facade,
                self._provider,
                limiter=serving.limiter,
                strangers=door.authenticator.strangers if door is not None else None,
                outage=self._outage_of(revision.callers.facade.token),
            )
            response = mark(answered, request, revision)
        else:
            response = refuse(NOT_FOUND)
        if isinstance(response, RefusedResponse):
            scope.setdefault("state", {})["reason"] = response.code
        await response(scope, receive, send)

    def _outage_of(self, url: str) -> Outage:
        place = url.partition("?")[0]
        if self._outage is None or self._outage[0] != place:
            self._outage = place, Outage(f"The token endpoint {place}")
        return self._outage[1]

    async def _live(self, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        self._holder.close()
        await self._provider.close()
        await send({"type": "lifespan.shutdown.complete"})


def create_app(holder: Holder, on_record: Callable[[AccessRecord], object], tracing: Tracing | None = None) -> ASGIApp:
    """Return the whole gateway as an ASGI app: a front that judges and forwards calls, with `LocalApp` behind it."""
    return AsgiFront(holder, LocalApp(holder), on_record, tracing)


def embed(config: Path, *, on_record: Callable[[AccessRecord], object] | None = None) -> ASGIApp:
    """Build a gateway from a config file, to run inside another ASGI application or server.

    The result has no reload and no admin listener; the embedding application provides them. The server must pass
    `raw_path`.

    Raises:
        ConfigError: the config is wrong or does not fit the document.
        DocumentError: the document is wrong.
    """
    from plugin_gateway.revision.build import build, load_config  # noqa: PLC0415  # a worker must not pay for it

    record = on_record or _unrecorded
    holder = Holder(build(load_config(config, environ=os.environ)).revision, endpoints=McpEndpoints(record))
    return create_app(holder, record)


def _unrecorded(record: AccessRecord) -> None:
    """Discard the record."""
