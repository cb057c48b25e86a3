"""The admin app: liveness, readiness with the current revision, and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from msgspec import Struct
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from plugin_gateway.endpoints.documents import refuse
from plugin_gateway.proxy.request_id import new_request_ids
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from plugin_gateway.revision.agreed import Drifted
    from plugin_gateway.telemetry import Series

NO_STORE = {"Cache-Control": "no-store"}

NO_SUCH_PATH: Final = Refusal(status=404, code="unknown-path", detail="The admin listener has no such path.")


class Reloads(Struct, frozen=True, kw_only=True):
    """The number of served and of refused reloads, and the time of the last of each in Unix seconds; 0 means never."""

    served: int = 0
    refused: int = 0
    served_at: float = 0.0
    refused_at: float = 0.0

    def after(self, *, served: bool, at: float) -> Reloads:
        """Return the counts after one more reload."""
        if served:
            return replace(self, served=self.served + 1, served_at=at)
        return replace(self, refused=self.refused + 1, refused_at=at)


class Health(Struct, frozen=True, kw_only=True):
    """The body of `/readyz`.

    `reload_error` is the report of the last reload if it failed, as `check` prints it. `awaited` is the report that
    explains why the gateway is still waiting for its document at startup. `held` names the operations that the document
    added to groups of the allow-list since the lock was written; they stay closed. `drifted` has the operations that are not as
    they were locked, with the outcome and the parts that changed. `stale` is the warning that the document is its last good
    copy.
    """

    is_ready: bool
    revision: int
    digest: str
    operations: int
    operations_total: int
    workers: int
    workers_wanted: int
    reload_error: str = ""
    awaited: str = ""
    held: tuple[str, ...] = ()
    drifted: tuple[Drifted, ...] = ()
    stale: str = ""
    reloads: Reloads = Reloads()
    restarts: int = 0
    """The number of workers that ended and were replaced."""


def admin_app(routes: Iterable[Route]) -> Starlette:
    """Return an app with these routes.

    It answers problem details for a path or a method that they lack, and redirects nothing.
    """
    app = Starlette(
        routes=[*routes], exception_handlers={HTTPException: _refuse}, middleware=[Middleware(_WithRequestId)]
    )
    app.router.redirect_slashes = False
    return app


class _WithRequestId:
    """Gives each answer a request id, as the public listener does, so that a person can name an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", next(new_request_ids))]
            await send(message)

        await self._app(scope, receive, send_with_id)


async def _refuse(_: Request, error: Exception) -> Response:
    """Answer for Starlette's router, which raises 404 and 405."""
    headers = (isinstance(error, HTTPException) and error.headers) or {}
    if "Allow" not in headers:
        return refuse(NO_SUCH_PATH)
    return refuse(only(*headers["Allow"].split(", ")))


def only(*methods: str) -> Refusal:
    """Return the refusal of a method for a path that takes these ones."""
    allowed = ", ".join(sorted(set(methods)))
    return Refusal(
        status=405,
        code="method-not-allowed",
        detail=f"This path takes only {allowed}.",
        headers=((b"Allow", allowed.encode()),),
    )


def create_admin(
    health: Callable[[], Health], series: Callable[[], Awaitable[Series]], others: Iterable[Route] = ()
) -> Starlette:
    """Return the app of the admin listener, with `others` as further routes. Clients cannot reach the listener."""

    async def livez(_: Request) -> Response:
        return Response("ok\n", media_type="text/plain", headers=NO_STORE)

    async def readyz(_: Request) -> Response:
        now = health()
        body = orjson.dumps(readiness(now), option=orjson.OPT_APPEND_NEWLINE)
        # After a failed reload the gateway still serves the previous revision, so this replica stays ready.
        status = 200 if now.is_ready else 503
        return Response(body, status, media_type="application/json", headers=NO_STORE)

    routes = [Route("/livez", livez), Route("/healthz", livez), Route("/readyz", readyz)]
    return admin_app([*routes, _metrics_route(health, series), *others])


def readiness(now: Health) -> dict[str, Any]:
    """Return the members of `/readyz`."""
    return {
        "ready": now.is_ready,
        "revision": now.revision,
        "digest": now.digest,
        "operations": now.operations,
        "operations_total": now.operations_total,
        "workers": now.workers,
        "workers_wanted": now.workers_wanted,
        "reload_error": now.reload_error or None,
        "awaited": now.awaited or None,
        "held": now.held,
        "stale": now.stale or None,
        "drift": [one._asdict() for one in now.drifted],
    }


def create_metrics(health: Callable[[], Health], series: Callable[[], Awaitable[Series]]) -> Starlette:
    """Return the app of a listener that serves only metrics."""
    return admin_app([_metrics_route(health, series)])


def _metrics_route(health: Callable[[], Health], series: Callable[[], Awaitable[Series]]) -> Route:
    async def metrics(request: Request) -> Response:
        from plugin_gateway.endpoints.exposition import exposition  # noqa: PLC0415  # a start must not pay for its library

        body, media_type = exposition(health(), await series(), ", ".join(request.headers.getlist("accept")))
        return Response(body, headers={**NO_STORE, "Content-Type": media_type, "Vary": "Accept"})

    return Route("/metrics", metrics)
