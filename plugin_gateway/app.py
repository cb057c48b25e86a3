"""The public app: what the gateway answers itself, in front of whatever forwards the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request

from plugin_gateway.endpoints.cors import mark, preflight
from plugin_gateway.endpoints.documents import refuse, serve_face
from plugin_gateway.policy.gate import NOT_FOUND

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from plugin_gateway.proxy.plan import Holder


class PublicApp:
    """Serves the faces and preflights of the revision in force; hands every other request to `forward`.

    The paths are those of the revision, which may change between two requests; that is why they are looked up and not
    routes of a router made at the start.
    """

    def __init__(self, holder: Holder, *, forward: ASGIApp) -> None:
        self._holder = holder
        self._forward = forward

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._forward(scope, receive, send)
            return
        revision = self._holder.revision
        request = Request(scope)
        if scope["method"] == "OPTIONS":
            await preflight(request, revision)(scope, receive, send)
        # The raw path, as for operations: an encoded spelling of a face is not that face.
        elif scope["raw_path"].decode("latin-1") in revision.faces:
            await mark(serve_face(request, revision), request, revision)(scope, receive, send)
        else:
            await self._forward(scope, receive, send)


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """Forward nothing: for a front that judges and forwards before it asks the app."""
    await refuse(NOT_FOUND)(scope, receive, send)


def create_app(holder: Holder, *, forward: ASGIApp = not_found) -> ASGIApp:
    """Compose the app of the public listener."""
    return PublicApp(holder, forward=forward)
