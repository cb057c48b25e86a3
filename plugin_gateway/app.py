"""The public app: what the gateway answers itself, and, for whatever speaks ASGI, the whole gateway as one app."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from starlette.requests import Request

from plugin_gateway import methods
from plugin_gateway.callers.provider import Provider
from plugin_gateway.endpoints.cors import mark, preflight
from plugin_gateway.endpoints.documents import RefusedResponse, refuse, serve_document
from plugin_gateway.endpoints.oauth import answer_oauth
from plugin_gateway.gate.gate import NOT_FOUND
from plugin_gateway.proxy.fronts.asgi import AsgiFront
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.telemetry.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

    from plugin_gateway.telemetry import AccessRecord


class LocalApp:
    """Answers for the faces of the revision in force and for preflights; everything else is the one 404.

    The paths are those of the revision, which may change between two requests; that is why they are looked up and not
    routes of a router made at the start.
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
        # One reference for all of it: a reload may come while we wait for a caller's credential to be looked into.
        serving = self._holder.serving
        revision, path = serving.revision, scope["raw_path"].decode("latin-1")
        request = Request(scope, receive)
        if scope["method"] == methods.PREFLIGHT:
            response = preflight(request, revision)
        # The raw path, as for operations: an encoded spelling of a face is not that face.
        elif path in revision.faces:
            response = mark(await serve_document(request, revision.faces, serving.door), request, revision)
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


def create_app(holder: Holder, on_record: Callable[[AccessRecord], object]) -> ASGIApp:
    """Compose the whole gateway as an ASGI app: the front that judges and forwards, before what is answered here."""
    return AsgiFront(holder, LocalApp(holder), on_record)


def embed(config: Path, *, on_record: Callable[[AccessRecord], object] | None = None) -> ASGIApp:
    """Build a gateway from a config file, to run inside another ASGI application or server.

    There is no reload and no admin listener: whoever embeds it has both. The server has to pass `raw_path`.

    Raises:
        ConfigError: the config is wrong or does not fit the document.
        DocumentError: the document is.
    """
    from plugin_gateway.revision.build import build, load_config  # noqa: PLC0415  # a worker must not pay for it

    holder = Holder(build(load_config(config, environ=os.environ)).revision)
    return create_app(holder, on_record or _unrecorded)


def _unrecorded(record: AccessRecord) -> None:
    """Keep no record."""
