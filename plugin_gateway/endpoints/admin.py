"""The admin listener's answers: is it alive, is it ready and with which revision, and what has it counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import orjson
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from plugin_gateway.endpoints.exposition import exposition

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from plugin_gateway.telemetry import Series

NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloads:
    """How many reloads were served and refused, and when the last of each was, in seconds since 1970; 0 for none."""

    served: int = 0
    refused: int = 0
    served_at: float = 0.0
    refused_at: float = 0.0

    def after(self, *, served: bool, at: float) -> Reloads:
        """Return the count after one more."""
        if served:
            return replace(self, served=self.served + 1, served_at=at)
        return replace(self, refused=self.refused + 1, refused_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What `/readyz` says. `reload_error` is the report of the last reload if it failed, as `check` prints it.

    `awaited` says likewise why the document is not there yet, while the start waits for it; `held` names the operations
    that the document added to groups of the allow-list since the start, and that stay closed.
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
    reloads: Reloads = Reloads()
    restarts: int = 0
    """How many workers were replaced."""


def create_admin(health: Callable[[], Health], series: Callable[[], Awaitable[Series]]) -> Starlette:
    """Return the app of the admin listener. It is a listener of its own so that none of this can be asked in public."""

    async def livez(_: Request) -> Response:
        return Response("ok\n", media_type="text/plain", headers=NO_STORE)

    async def readyz(_: Request) -> Response:
        now = health()
        members = {
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
        }
        body = orjson.dumps(members, option=orjson.OPT_APPEND_NEWLINE)
        # A reload that failed changes nothing: what is being served still is, so this replica stays ready.
        status = 200 if now.is_ready else 503
        return Response(body, status, media_type="application/json", headers=NO_STORE)

    routes = [Route("/livez", livez), Route("/healthz", livez), Route("/readyz", readyz)]
    return Starlette(routes=[*routes, _metrics_route(health, series)])


def create_metrics(health: Callable[[], Health], series: Callable[[], Awaitable[Series]]) -> Starlette:
    """Return the app of a listener for metrics alone."""
    return Starlette(routes=[_metrics_route(health, series)])


def _metrics_route(health: Callable[[], Health], series: Callable[[], Awaitable[Series]]) -> Route:
    async def metrics(request: Request) -> Response:
        body, media_type = exposition(health(), await series(), ", ".join(request.headers.getlist("accept")))
        return Response(body, headers={**NO_STORE, "Content-Type": media_type, "Vary": "Accept"})

    return Route("/metrics", metrics)
