"""Cross-origin rules (WHATWG Fetch, 3.2): which pages in a browser may read what the gateway answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

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


ORDINARY_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_MAX_ASKED_FIELDS: Final = 64
_FIELD_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}")


def preflight(request: Request, revision: Revision) -> Response:
    """Answer an OPTIONS request, whatever its path, here and without asking for a credential.

    One answer for all paths: it must not tell which of them exist. A browser that got leave for a path that is closed
    reads the same 404 there as everybody. Where the document wants a login, the answer does not depend on the operations at
    all: the page may send the fields that it asks for, and the gateway forwards those that are declared. For the same reason there is no Allow, which speaks of one resource (RFC 9110,
    10.2.1). Clients were seen to break where a preflight was answered with 401.
    """
    headers = {"Cache-Control": "no-store"}
    origin = allowed_origin(request.headers.get("origin"), revision.cors_origins)
    if revision.cors_origins:
        headers["Vary"] = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    if origin is not None and "access-control-request-method" in request.headers:
        authentication = revision.callers.authentication
        if authentication is None or authentication.has_public_documents:
            methods = {"GET", "HEAD", "OPTIONS", *(rule.method for rule in revision.rules)}
            fields = {name.decode("latin-1") for rule in revision.rules for name in rule.header_names}
        else:
            methods, fields = set(ORDINARY_METHODS), _asked_fields(request)
        headers |= {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": ", ".join(sorted(methods)),
            "Access-Control-Allow-Headers": ", ".join(sorted(fields.union(ALWAYS_ALLOWED_FIELDS))),
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


def _asked_fields(request: Request) -> set[str]:
    """The names that a browser says its page wants to send (WHATWG Fetch, 4.8), as far as they are names."""
    asked = ",".join(request.headers.getlist("access-control-request-headers")).lower()
    return {name for part in asked.split(",")[:_MAX_ASKED_FIELDS] if _FIELD_NAME.fullmatch(name := part.strip(" \t"))}


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
