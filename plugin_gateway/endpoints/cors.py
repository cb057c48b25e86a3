"""CORS rules (WHATWG Fetch, 3.2): which web pages may read the gateway's answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from plugin_gateway.mcp.head import allows_page, is_allowed_host
from plugin_gateway.publish.face import CARD_TYPE, CATALOG_TYPE
from plugin_gateway.publish.security import METADATA_PATH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from plugin_gateway.revision import Revision
    from plugin_gateway.revision.mcp import McpSettings

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
"""The fields that ChatGPT sends from the browser, and the fields that the gateway forwards for every operation."""


_OPEN_FIELDS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "Content-Type, If-None-Match, MCP-Protocol-Version",
    "Access-Control-Expose-Headers": "ETag",
}
_MCP_FIELDS: Final = frozenset(
    {"accept", "authorization", "content-type", "mcp-method", "mcp-name", "mcp-protocol-version"}
)
ORDINARY_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_MAX_REQUESTED_FIELDS: Final = 64
_FIELD_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}")


OPEN_TYPES: Final = frozenset({CARD_TYPE, CATALOG_TYPE})
"""Types of files that every page may read, as SEP-2127 demands: they are made for strangers."""


def is_open(revision: Revision, path: str) -> bool:
    """Return whether pages of every origin may read the file at this path.

    A client in a page reads the metadata before it logs in.
    """
    face = revision.faces.get(path)
    return face is not None and (face.media_type in OPEN_TYPES or path.startswith(METADATA_PATH))


def preflight(request: Request, revision: Revision) -> Response:
    """Answer an OPTIONS request for any path, without asking for a credential.

    Except for open files and the MCP endpoint, the answer is the same for every path, so it does not reveal which paths exist.
    A page that may call a denied path reads the same 404 there as any other client. If the document requires a login, the
    answer does not depend on the operations at all: the page may send every field that it asks for, and the gateway forwards
    the declared ones. There is no Allow field for the same reason: it describes one resource (RFC 9110, 10.2.1). Some clients
    break if a preflight is answered with 401.
    """
    headers = {"Cache-Control": "no-store"}
    path = request.scope["raw_path"].decode("latin-1")
    if is_open(revision, path):
        return Response(status_code=204, headers=headers | _OPEN_FIELDS)
    if revision.mcp is not None and path == revision.mcp.path:
        return _preflight_of_mcp(request, revision.mcp)
    origin = allowed_origin(request.headers.get("origin"), revision.cors_origins)
    if revision.cors_origins:
        headers["Vary"] = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    if origin is not None and "access-control-request-method" in request.headers:
        authentication = revision.callers.authentication
        if authentication is None or authentication.has_public_documents:
            methods = {"GET", "HEAD", "OPTIONS", *(rule.method for rule in revision.rules)}
            fields = {name.decode("latin-1") for rule in revision.rules for name in rule.header_names}
        else:
            methods, fields = set(ORDINARY_METHODS), _requested_fields(request)
        headers |= {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": ", ".join(sorted(methods)),
            "Access-Control-Allow-Headers": ", ".join(sorted(fields.union(ALWAYS_ALLOWED_FIELDS))),
            "Access-Control-Max-Age": str(PREFLIGHT_MAX_AGE_S),
        }
        headers |= _private_network(request)
    return Response(status_code=204, headers=headers)


def _preflight_of_mcp(request: Request, settings: McpSettings) -> Response:
    """Answer for the MCP endpoint. The config has a separate list of origins for it, `mcp.origins`.

    A page may send every field that it asks for, because the names of Mcp-Param fields depend on the tool.
    """
    headers = {
        "Cache-Control": "no-store",
        "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    }
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    if origin is not None and is_allowed_host(host.encode("latin-1"), settings) and allows_page(origin, host, settings):
        headers |= {
            "Access-Control-Allow-Origin": origin,
            # GET and DELETE get 405, which a page must be able to read: clients of older revisions try them.
            "Access-Control-Allow-Methods": "DELETE, GET, POST",
            "Access-Control-Allow-Headers": ", ".join(sorted(_requested_fields(request).union(_MCP_FIELDS))),
            "Access-Control-Max-Age": str(PREFLIGHT_MAX_AGE_S),
        } | _private_network(request)
    return Response(status_code=204, headers=headers)


def _private_network(request: Request) -> dict[str, str]:
    """Let a public web page call a gateway on localhost, as during plugin development."""
    is_asked = request.headers.get("access-control-request-private-network") == "true"
    return {"Access-Control-Allow-Private-Network": "true"} if is_asked else {}


def mark(response: Response, request: Request, revision: Revision) -> Response:
    """Add the CORS fields that let pages of allowed origins read a response."""
    if is_open(revision, request.scope["raw_path"].decode("latin-1")):
        response.headers.update(_OPEN_FIELDS)
        return response
    if revision.cors_origins:
        response.headers.add_vary_header("Origin")
        origin = allowed_origin(request.headers.get("origin"), revision.cors_origins)
        if origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "*"
    return response


def _requested_fields(request: Request) -> set[str]:
    """Return the valid names in Access-Control-Request-Headers (WHATWG Fetch, 4.8)."""
    names = ",".join(request.headers.getlist("access-control-request-headers")).lower()
    return {
        name for part in names.split(",")[:_MAX_REQUESTED_FIELDS] if _FIELD_NAME.fullmatch(name := part.strip(" \t"))
    }


def allowed_origin(origin: str | None, allowed: Iterable[str]) -> str | None:
    """Return the value of Access-Control-Allow-Origin, or None for no such field.

    An origin must equal a configured one byte for byte; a similar origin is not reflected. `null` is never allowed,
    because any sandboxed page sends it.
    """
    if origin is None or origin == "null":
        return None
    if origin in (allowed := tuple(allowed)):
        return origin
    return "*" if "*" in allowed else None
