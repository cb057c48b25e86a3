"""The handlers of the questions that the workshop answers."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from starlette.responses import Response

from plugin_gateway.console.answer import unpacked
from plugin_gateway.console.handler import Handler
from plugin_gateway.endpoints.documents import accepts_gzip, matches

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from starlette.requests import Request

    from plugin_gateway.console.answer import WorkshopAnswer
    from plugin_gateway.console.workshop import Workshop

_GETS: Final = ("operations", "search", "operation", "document", "faces")
_POSTS: Final = ("explain", "try")
PREVIEW: Final = "preview"
SAVE: Final = "save"


class Reloading(Struct, frozen=True, kw_only=True):
    """How the console announces a reload to the supervisor: one is likely, or the file has been written."""

    expect: Callable[[], object]
    look: Callable[[], object]


def workshop_handlers(workshop: Workshop, may_write: Callable[[], bool], reloading: Reloading) -> tuple[Handler, ...]:
    """Return the handlers. `may_write` says at each save whether the console may write."""
    return (
        *(_handler(workshop, name, "GET") for name in _GETS),
        *(_handler(workshop, name, "POST") for name in _POSTS),
        _previewing(workshop, may_write, reloading),
        _saving(workshop, may_write, reloading),
    )


def _handler(workshop: Workshop, name: str, method: Literal["GET", "POST"]) -> Handler:
    async def answer(request: Request, body: bytes) -> Response:
        asked = body if method == "POST" else json.dumps(dict(request.query_params)).encode()
        return response_of(await workshop.ask(name, asked), request)

    return Handler(path=name, answer=answer, method=method)


def _previewing(workshop: Workshop, may_write: Callable[[], bool], reloading: Reloading) -> Handler:
    async def answer(request: Request, body: bytes) -> Response:
        response = response_of(await workshop.ask(PREVIEW, body), request)
        if response.status_code == HTTPStatus.OK and may_write():
            reloading.expect()
        return response

    return Handler(path=PREVIEW, answer=answer, method="POST")


def _saving(workshop: Workshop, may_write: Callable[[], bool], reloading: Reloading) -> Handler:
    async def answer(request: Request, body: bytes) -> Response:
        try:
            asked: Any = json.loads(body)
        except (ValueError, RecursionError):
            asked = None
        # The gateway decides this: a member of the same name that a browser sends is replaced.
        given = {**asked, "may_write": may_write()} if isinstance(asked, dict) else asked
        response = response_of(await workshop.ask(SAVE, json.dumps(given).encode()), request)
        if response.status_code == HTTPStatus.OK:
            reloading.look()
        return response

    return Handler(path=SAVE, answer=answer, method="POST")


def response_of(answer: WorkshopAnswer, request: Request) -> Response:
    """Return the answer as a response; 304 if the browser has it already."""
    headers = {"ETag": answer.etag, "Cache-Control": "private, no-cache"} if answer.etag else {}
    if answer.coding:
        headers["Vary"] = "Accept-Encoding"
    known = ", ".join(request.headers.getlist("if-none-match"))
    if answer.etag and matches(known, answer.etag.removeprefix("W/")):
        return Response(status_code=304, headers=headers)
    if answer.coding and accepts_gzip(", ".join(request.headers.getlist("accept-encoding"))):
        headers["Content-Encoding"] = answer.coding
    else:
        answer = unpacked(answer)
    return Response(answer.body, answer.status, headers, answer.media_type)
