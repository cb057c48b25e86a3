"""The approvals in the console: the calls that wait for a person, and the decisions, as on the admin listener.

If gateway.yaml sets `approvals.key`, the session alone decides nothing: a program that runs as the gateway's user, such as a
model's agent, could enter the console and approve its own call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.console.handler import Handler
from plugin_gateway.endpoints.approvals import MOST_BODY_BYTES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from plugin_gateway.endpoints.approvals import ApprovalsApi


def approvals_handlers(api: ApprovalsApi) -> tuple[Handler, Handler]:
    async def show(request: Request, _: bytes) -> Response:
        return await api.show_all(request)

    async def decide(request: Request, body: bytes) -> Response:
        return await api.decide(request.path_params["id"], body, "console", request)

    return (
        Handler(path="approvals", answer=show),
        Handler(path="approvals/{id}", answer=decide, method="POST", most_body_bytes=MOST_BODY_BYTES),
    )
