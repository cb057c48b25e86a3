"""The application: every operation of the document as a route, behind the API key."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from . import back_office, customers, fulfilment, orders
from .contract import DOCUMENT, Mismatch, Operation, read_document, read_operations
from .replies import HANDLERS, Fault, Reply
from .store import connect

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

ROOMS = (customers, orders, fulfilment, back_office)
"""The modules whose import registers the handlers."""


def create_app(api_key: str) -> Starlette:
    """Return the API with a new store. It accepts only `api_key`."""
    document = read_document()
    base_path = document["basePath"]
    database = connect()
    routes = [
        Route(
            base_path + operation.path,
            _endpoint(operation, database, base_path, api_key.encode()),
            methods=[operation.method],
            name=operation.key,
        )
        for operation in read_operations(document)
    ]
    routes.append(Route(f"{base_path}/swagger.yaml", _serve_document, methods=["GET"]))
    return Starlette(routes=routes, exception_handlers={HTTPException: _refuse})


def _endpoint(
    operation: Operation, database: sqlite3.Connection, base_path: str, api_key: bytes
) -> Callable[[Request], Awaitable[Response]]:
    handler = HANDLERS[operation.key]

    async def answer(request: Request) -> Response:
        sent_key = request.headers.get("x-api-key", "").encode("latin-1")
        if not operation.is_public and not hmac.compare_digest(sent_key, api_key):
            return _problem(401, "send the API key in X-Api-Key")
        query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        try:
            call = operation.judge(
                request.path_params,
                query,
                request.headers.get("content-type", ""),
                await request.body(),
                f"{request.url.scheme}://{request.url.netloc}{base_path}",
            )
            return _response(handler(database, call))
        except (Mismatch, Fault) as problem:
            return _problem(problem.status, problem.detail)

    return answer


def _response(reply: Reply) -> Response:
    headers = {"X-Powered-By": "Contoso.OrderDesk/2.14", **reply.headers}
    if reply.media_type:
        return Response(reply.content, reply.status, headers, reply.media_type)
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers)
    response = JSONResponse(reply.body, reply.status, headers)
    response.set_cookie("OrderDeskSession", "0", httponly=True)
    return response


async def _serve_document(_: Request) -> Response:
    return FileResponse(DOCUMENT, media_type="application/yaml")


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what Starlette calls this for
    return _problem(error.status_code, error.detail, dict(error.headers or {}))


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(body, status, headers, "application/problem+json")
