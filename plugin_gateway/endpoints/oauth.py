"""The OAuth façade: the provider's two endpoints under our own host, for clients that demand them there.

`/oauth/authorize` sends the browser on, `/oauth/token` passes the code on. Codes and tokens go through; none is kept.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from plugin_gateway.endpoints.documents import refuse
from plugin_gateway.identity.presented import read_login
from plugin_gateway.identity.provider import ProviderError
from plugin_gateway.policy.oauth import AUTHORIZE_PATH, MAX_TOKEN_REQUEST_BYTES, judge_authorize, judge_token
from plugin_gateway.policy.refusal import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request

    from plugin_gateway.identity.provider import Provider
    from plugin_gateway.policy.oauth import Facade

_PROVIDER_FAILED: Final = Refusal(
    status=502, code="provider-failed", detail="The authorization server did not answer as it should."
)
_TOO_LARGE: Final = Refusal(status=413, code="request-too-large", detail="A token request is never as large as this.")
_BROKEN_OFF: Final = Refusal(
    status=400, code="incomplete-request", detail="The client left before its request was complete."
)
_BAD_LOGIN: Final = Refusal(
    status=400,
    code="invalid-oauth-request",
    detail="The Authorization field is no Basic credential.",
    members={"error": "invalid_request"},
)
_NEVER_STORED: Final = {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}
"""RFC 6749, 5.1."""


async def answer_oauth(request: Request, facade: Facade, provider: Provider) -> Response:
    """Answer a request for one of the façade's two paths."""
    if request.scope["raw_path"] == AUTHORIZE_PATH.encode():
        if request.method != "GET":
            return _method_not_allowed("GET")
        where = judge_authorize(facade, request.scope["query_string"])
        return refuse(where) if isinstance(where, Refusal) else _send_on(where)
    if request.method != "POST":
        return _method_not_allowed("POST")
    return await _relay(request, facade, provider)


def _send_on(where: str) -> Response:
    # The address holds the state; pages of the provider must not pass it on as their referrer.
    return Response(status_code=302, headers={**_NEVER_STORED, "Location": where, "Referrer-Policy": "no-referrer"})


async def _relay(request: Request, facade: Facade, provider: Provider) -> Response:
    logins = request.headers.getlist("authorization")
    client_id = _basic_client_id(logins)
    if isinstance(client_id, Refusal):
        return refuse(client_id)
    body = b""
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_TOKEN_REQUEST_BYTES:
                return refuse(_TOO_LARGE)
    except ClientDisconnect:
        return refuse(_BROKEN_OFF)
    form = judge_token(facade, request.headers.get("content-type", ""), body, basic_client_id=client_id)
    if isinstance(form, Refusal):
        return refuse(form)
    try:
        _, status, answer = await provider.relay_form(
            facade.token, form, {"authorization": logins[0]} if logins else {}
        )
    except ProviderError:
        return refuse(_PROVIDER_FAILED)
    return _pass_back(status, answer)


def _pass_back(status: int, answer: bytes) -> Response:
    """Pass on what RFC 6749 knows: a JSON object with a token (5.1), or with an error (5.2). Nothing else, no header."""
    try:
        is_object = isinstance(json.loads(answer), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object or status not in (200, 400, 401):
        return refuse(_PROVIDER_FAILED)
    return Response(answer, status, headers=_NEVER_STORED, media_type="application/json")


def _basic_client_id(logins: list[str]) -> str | Refusal | None:
    """Return whom the Authorization field names (RFC 6749, 2.3.1: both halves are form-encoded)."""
    if not logins:
        return None
    scheme, _, token = logins[0].partition(" ")
    login = read_login(token.encode("latin-1")) if len(logins) == 1 and scheme.lower() == "basic" else None
    return _BAD_LOGIN if login is None else unquote_plus(login.decode().partition(":")[0])


def _method_not_allowed(allowed: str) -> Response:
    return refuse(
        Refusal(
            status=405,
            code="method-not-allowed",
            detail="This endpoint is not offered for that method.",
            hint=f"Use {allowed}.",
            headers=((b"Allow", allowed.encode() + b", OPTIONS"),),
        )
    )
