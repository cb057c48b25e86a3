"""A naive proxy: Starlette in front, httpx2 behind, and a regular expression per operation."""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.world import KEY, KEY_HEADER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

ALLOWED = [re.compile(pattern) for pattern in json.loads(Path(os.environ["NAIVE_ROUTES"]).read_text())]
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length", "host"}


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    limits = httpx2.Limits(max_connections=1024, max_keepalive_connections=1024)
    async with httpx2.AsyncClient(base_url=os.environ["NAIVE_UPSTREAM"], limits=limits) as app.state.client:
        yield


async def forward(request: Request) -> Response:
    if not any(pattern.match(request.url.path) for pattern in ALLOWED):
        return Response(status_code=404)
    headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
    headers[KEY_HEADER] = KEY
    answer = await request.app.state.client.request(
        request.method, request.url.path, headers=headers, content=await request.body()
    )
    kept = {name: value for name, value in answer.headers.items() if name not in HOP_BY_HOP}
    return Response(answer.content, answer.status_code, kept)


app = Starlette(routes=[Route("/{path:path}", forward, methods=["GET", "POST"])], lifespan=lifespan)
