"""Cross-origin rules (WHATWG Fetch, 3.2): which pages in a browser may read what the gateway answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from plugin_gateway.revision import Revision

PREFLIGHT_MAX_AGE_S = 600

ALWAYS_ALLOWED_FIELDS = (
    "authorization",
    "content-type",
    "openai-conversation-id",
    "openai-ephemeral-user-id",
    "prefer",
    "idempotency-key",
    "x-request-id",
)
"""What ChatGPT's browser side sends, and what the data plane passes on for every operation."""


def preflight(request: Request, revision: Revision) -> Response:
    """Answer an OPTIONS request, whatever its path, here and without asking for a credential.

    One answer for all paths: it must not tell which of them exist. A browser that got leave for a path that is closed
    reads the same 404 there as everybody. For the same reason there is no Allow, which speaks of one resource (RFC 9110,
    10.2.1). Clients were seen to break where a preflight was answered with 401.
    """
    methods = ", ".join(sorted({"GET", "HEAD", "OPTIONS", *(rule.method for rule in revision.rules)}))
    headers = {"Cache-Control": "no-store"}
    origin = allowed_origin(request.headers.get("origin"), revision.cors_origins)
    if revision.cors_origins:
        headers["Vary"] = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    if origin is not None and "access-control-request-method" in request.headers:
        declared = {name.decode("latin-1") for rule in revision.rules for name in rule.header_names}
        headers |= {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": ", ".join(sorted(declared.union(ALWAYS_ALLOWED_FIELDS))),
            "Access-Control-Max-Age": str(PREFLIGHT_MAX_AGE_S),
        }
        if request.headers.get("access-control-request-private-network") == "true":
            # A page on the public web that calls a gateway on localhost, as while a plugin is being developed.
            headers["Access-Control-Allow-Private-Network"] = "true"
    return Response(status_code=204, headers=headers)


def mark(response: Response, request: Request, revision: Revision) -> Response:
    """Let the pages of allowed origins read an answer."""
    if revision.cors_origins:
        response.headers.add_vary_header("Origin")
        origin = allowed_origin(request.headers.get("origin"), revision.cors_origins)
        if origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "*"
    return response


def allowed_origin(origin: str | None, allowed: Iterable[str]) -> str | None:
    """Return what Access-Control-Allow-Origin says, None to say nothing.

    Compared byte for byte with what is configured, never reflected because it looks alike. `null` is what any sandboxed
    page sends, and no origin.
    """
    if origin is None or origin == "null":
        return None
    if origin in (allowed := tuple(allowed)):
        return origin
    return "*" if "*" in allowed else None
