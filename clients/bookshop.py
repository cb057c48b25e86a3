"""The bookshop: a small API with the habits of old documents, which echoes its input: `python -m clients.bookshop PORT`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

_BOOK = {
    "type": "object",
    "required": ["title"],
    "properties": {"title": {"type": "string"}, "pages": {"type": "integer", "nullable": True}},
}
_RECEIVED = {
    "description": "What was sent.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Received"}}},
}

DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Bookshop", "version": "1"},
    # A relative URL, which several clients cannot use.
    "servers": [{"url": "/api"}],
    "paths": {
        "/shelves/{shelfId}/books": {
            # A parameter of the path item, and a reference: several clients fail on either.
            "parameters": [{"$ref": "#/components/parameters/shelfId"}],
            "post": {
                "operationId": "addBook",
                "summary": "Add a book to a shelf.",
                "parameters": [
                    {"name": "notify", "in": "query", "schema": {"type": "string"}},
                    {"$ref": "#/components/parameters/reason"},
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewBook"}}},
                },
                "responses": {"200": _RECEIVED},
            },
        },
        # An operation without an id or a text.
        "/shelves": {"get": {"responses": {"200": _RECEIVED}}},
    },
    "components": {
        "parameters": {
            "shelfId": {"name": "shelfId", "in": "path", "required": True, "schema": {"type": "string"}},
            "reason": {"name": "X-Reason", "in": "header", "required": True, "schema": {"type": "string"}},
        },
        "schemas": {
            "NewBook": _BOOK,
            "Received": {
                "type": "object",
                "properties": {
                    "shelf": {"type": "string"},
                    "notify": {"type": "string"},
                    "reason": {"type": "string"},
                    "key": {"type": "string"},
                    "body": {"$ref": "#/components/schemas/NewBook"},
                },
            },
        },
    },
}


async def add_book(request: Request) -> JSONResponse:
    return JSONResponse(
        {
            "shelf": request.path_params["shelf_id"],
            "notify": request.query_params.get("notify"),
            "reason": request.headers.get("x-reason"),
            "authorization": request.headers.get("authorization"),
            "keyed": request.headers.get("x-api-key") == "bookshop-key",
            "body": await request.json(),
        }
    )


def main() -> None:
    app = Starlette(routes=[Route("/api/shelves/{shelf_id}/books", add_book, methods=["POST"])])
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", lifespan="off")


if __name__ == "__main__":
    main()
