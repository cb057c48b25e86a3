"""An ASGI app for uvicorn: starlette's router, and all routing styles on the raw path."""

from __future__ import annotations

from typing import Any

from starlette.routing import Match, Route

from fuzz.origins.apps.styles import ROUTES, reached


async def _never(_request: Any) -> None:
    """Stand in for an endpoint: the app only needs the matching route."""


_ROUTES = [
    Route(route["path"].replace("{path}", "{path:path}"), _never, methods=[route["method"]], name=route["name"])
    for route in ROUTES
]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the routes that the request reached."""
    while (await receive()).get("more_body"):
        pass
    found = reached(scope["method"], scope["raw_path"], scope["query_string"].decode("latin-1"))
    for route in _ROUTES:
        if route.matches(scope)[0] is Match.FULL:
            found += f",starlette={route.name}"
            break
    head = [(b"content-length", b"2"), (b"x-reached", found.strip(",").encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else b"{}"})
