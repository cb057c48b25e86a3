"""The OAuth façade: the provider's two endpoints under the gateway's host, for clients that require them there.

`/oauth/authorize` redirects the browser to the provider; `/oauth/token` relays the code. The gateway stores neither
codes nor tokens. These endpoints need no credential, so `limits` and the budget for failed requests of each client
address bound what reaches the provider.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from plugin_gateway.callers.facade import AUTHORIZE_PATH, MAX_TOKEN_REQUEST_BYTES, judge_authorize, judge_token
from plugin_gateway.callers.presented import read_login
from plugin_gateway.callers.provider import ProviderError
from plugin_gateway.callers.strangers import share_of, too_many_bad
from plugin_gateway.endpoints.documents import refuse
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request

    from plugin_gateway.admission.limiter import Limiter, Verdict
    from plugin_gateway.callers.facade import Facade
    from plugin_gateway.callers.provider import Provider
    from plugin_gateway.callers.strangers import Strangers
    from plugin_gateway.telemetry.outage import Outage

_PROVIDER_FAILED: Final = Refusal(
    status=502, code="provider-failed", detail="The authorization server gave no valid answer."
)
_TOO_LARGE: Final = Refusal(status=413, code="request-too-large", detail="The token request is too large.")
_BROKEN_OFF: Final = Refusal(
    status=400, code="incomplete-request", detail="The client left before its request was complete."
)
_BAD_LOGIN: Final = Refusal(
    status=400,
    code="invalid-oauth-request",
    detail="The Authorization field does not hold a Basic credential.",
    members={"error": "invalid_request"},
)
_NEVER_STORED: Final = {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}
"""RFC 6749, 5.1."""


async def answer_oauth(
    request: Request,
    facade: Facade,
    provider: Provider,
    *,
    limiter: Limiter | None = None,
    strangers: Strangers | None = None,
    outage: Outage | None = None,
) -> Response:
    """Answer a request for one of the façade's two paths."""
    if request.scope["raw_path"] == AUTHORIZE_PATH.encode():
        if request.method != "GET":
            return _method_not_allowed("GET")
        where = judge_authorize(facade, request.scope["query_string"])
        return refuse(where) if isinstance(where, Refusal) else _send_on(where)
    if request.method != "POST":
        return _method_not_allowed("POST")
    share = share_of(request.client.host if request.client is not None else "")
    wait_s = strangers.wait_s(share) if strangers is not None else 0.0
    if wait_s:
        return refuse(too_many_bad(wait_s))
    token_request = await _read(request, facade)
    if isinstance(token_request, Refusal):
        return refuse(token_request)
    entered = await _enter(limiter)
    if isinstance(entered, Refusal):
        return refuse(entered)
    try:
        response = await _relay(facade, provider, *token_request)
    finally:
        if limiter is not None:
            limiter.leave()
    if strangers is not None and response.status_code in (400, 401):
        strangers.failed(share)
    if outage is not None and response.status_code == _PROVIDER_FAILED.status:
        outage.failed("it sent no valid OAuth response")
    elif outage is not None:
        outage.answered()
    return response


def _send_on(where: str) -> Response:
    # The URL contains the state; the provider's pages must not pass it on in a Referer field.
    return Response(status_code=302, headers={**_NEVER_STORED, "Location": where, "Referrer-Policy": "no-referrer"})


async def _read(request: Request, facade: Facade) -> tuple[bytes, dict[str, str]] | Refusal:
    """Return the form for the provider and the header fields to send with it."""
    logins = request.headers.getlist("authorization")
    client_id = _basic_client_id(logins)
    if isinstance(client_id, Refusal):
        return client_id
    body = b""
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_TOKEN_REQUEST_BYTES:
                return _TOO_LARGE
    except ClientDisconnect:
        return _BROKEN_OFF
    form = judge_token(facade, request.headers.get("content-type", ""), body, basic_client_id=client_id)
    return form if isinstance(form, Refusal) else (form, {"authorization": logins[0]} if logins else {})


async def _enter(limiter: Limiter | None) -> Verdict | None:
    if limiter is None:
        return None
    verdict: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()

    def on_verdict(found: Verdict) -> None:
        if not verdict.done():
            verdict.set_result(found)
        elif not isinstance(found, Refusal):
            # The client disconnected while Redis was asked.
            limiter.leave()

    limiter.admit_token_request(on_verdict)
    return await verdict


async def _relay(facade: Facade, provider: Provider, form: bytes, fields: dict[str, str]) -> Response:
    try:
        _, status, answer = await provider.relay_form(facade.token, form, fields)
    except ProviderError:
        return refuse(_PROVIDER_FAILED)
    return _pass_back(status, answer)


def _pass_back(status: int, answer: bytes) -> Response:
    """Pass on a JSON object with a token (RFC 6749, 5.1) or an error (5.2), and nothing else from the provider."""
    try:
        is_object = isinstance(json.loads(answer), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object or status not in (200, 400, 401):
        return refuse(_PROVIDER_FAILED)
    return Response(answer, status, headers=_NEVER_STORED, media_type="application/json")


def _basic_client_id(logins: list[str]) -> str | Refusal | None:
    """Return the client id in the Authorization field (RFC 6749, 2.3.1: both halves are form-encoded)."""
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
            detail="This endpoint does not support that method.",
            hint=f"Use {allowed}.",
            headers=((b"Allow", allowed.encode() + b", OPTIONS"),),
        )
    )
