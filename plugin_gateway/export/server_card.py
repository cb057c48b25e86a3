"""The server card: what a client reads about the MCP endpoint before it connects, and the catalog that names the card.

SEP-2127; its wire format is in modelcontextprotocol/experimental-ext-server-card. A card lists no tools.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.export.connections import token_scheme
from plugin_gateway.publish.face import CARD_TYPE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.config.auth import Auth
    from plugin_gateway.export.server_info import ServerInfo
    from plugin_gateway.openapi.document import Json, JsonObject

CATALOG_PATH: Final = "/.well-known/ai-catalog.json"
CARD_SUFFIX: Final = "/server-card"
_CARD_SCHEMA: Final = "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json"
_MAX_ICON_URL: Final = 255


def server_card(server_info: ServerInfo, versions: Sequence[str], headers: Sequence[JsonObject] = ()) -> JsonObject:
    """Build the card. `versions` are the protocol revisions of the endpoint, `headers` the fields that a client must send."""
    remote: JsonObject = {"type": "streamable-http", "url": server_info.mcp_url}
    if headers:
        remote["headers"] = list(headers)
    remote["supportedProtocolVersions"] = list(versions)
    return {"$schema": _CARD_SCHEMA, **described(server_info), "remotes": [remote]}


def credential_fields(auth: Auth) -> list[JsonObject]:
    """Return the header fields that a client must ask its user for. A client that logs in with OAuth asks for no field."""
    if not (scheme := token_scheme(auth)):
        return []
    word = "token" if scheme == "Bearer" else "login"
    text = "The access token." if word == "token" else "`user:password`, in base64."
    return [
        {
            "name": "Authorization",
            "value": f"{scheme} {{{word}}}",
            "isRequired": True,
            "isSecret": True,
            "variables": {word: {"description": text, "isRequired": True, "isSecret": True}},
        }
    ]


def described(server_info: ServerInfo) -> JsonObject:
    """Return the members that a card and a registry's `server.json` have in common."""
    members: JsonObject = {
        "name": server_info.registry_name,
        "title": server_info.title[:100],
        "description": server_info.summary,
        "version": server_info.version,
    }
    if server_info.website:
        members["websiteUrl"] = server_info.website
    if server_info.logo_url.startswith("https://") and len(server_info.logo_url) <= _MAX_ICON_URL:
        members["icons"] = [{"src": server_info.logo_url}]
    return members


def catalog(server_info: ServerInfo) -> JsonObject:
    """Build the catalog of the host (Agent-Card/ai-catalog 1.0), with the card as its only entry."""
    namespace, _, name = server_info.registry_name.rpartition("/")
    publisher = ".".join(reversed(namespace.split(".")))
    entry: dict[str, Json] = {
        "identifier": f"urn:air:{publisher}:mcp:{name}",
        "type": CARD_TYPE,
        "url": server_info.mcp_url + CARD_SUFFIX,
    }
    return {"specVersion": "1.0", "entries": [entry]}
