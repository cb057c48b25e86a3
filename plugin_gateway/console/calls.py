"""The calls: how many each operation had in the last 24 hours, for the list of operations."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from plugin_gateway.console.handler import Handler

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from plugin_gateway.telemetry.call_history import CallHistory


def calls_handler(history: CallHistory) -> Handler:
    async def answer(_: Request, __: bytes) -> Response:
        return JSONResponse({"calls": history.calls(time())})

    return Handler(path="calls", answer=answer)
