"""The well-known files: domain proofs for OpenAI and the MCP registry, and the card and the catalog of the MCP endpoint."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final

from plugin_gateway.config.secrets import secrets_in
from plugin_gateway.diagnostics import Finding
from plugin_gateway.export.server_card import (
    CARD_SUFFIX,
    CATALOG_PATH,
    catalog,
    credential_fields,
    server_card,
)
from plugin_gateway.export.server_info import gather_server_info
from plugin_gateway.openapi.render import to_json
from plugin_gateway.publish.face import CARD_TYPE, CATALOG_TYPE, Face, build_face

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.config.model import Config
    from plugin_gateway.openapi.document import Json

CHALLENGE_PATH: Final = "/.well-known/openai-apps-challenge"
REGISTRY_PATH: Final = "/.well-known/mcp-registry-auth"
MCP_VERSIONS: Final = ("2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26")
"""The revisions of MCP that the endpoint speaks."""
_TEXT: Final = "text/plain"


def build_well_known(config: Config, manifest: bytes, info: Json) -> dict[str, Face]:
    """Build the faces of these files from the served manifest and the document's `info`."""
    plugin = config.plugin
    server_info = gather_server_info(config, json.loads(manifest), info if isinstance(info, dict) else {})
    faces: dict[str, Face] = {}
    if plugin.openai_challenge:
        # The exact token: a line feed would be a part of it.
        faces[CHALLENGE_PATH] = build_face(_TEXT, plugin.openai_challenge.encode())
    if plugin.registry_auth:
        faces[REGISTRY_PATH] = build_face(_TEXT, f"{plugin.registry_auth}\n".encode())
    if server_info.mcp_url:
        path = server_info.mcp_url.removeprefix(server_info.public_url) + CARD_SUFFIX
        faces[path] = Face(
            CARD_TYPE, partial(to_json, server_card(server_info, MCP_VERSIONS, credential_fields(config.auth)))
        )
        faces[CATALOG_PATH] = Face(CATALOG_TYPE, partial(to_json, catalog(server_info)))
    return faces


def find_published_secrets(config: Config) -> Iterator[Finding]:
    """Find texts that would publish a secret of the config, such as a copied line that still names the upstream's key."""
    kept = frozenset(secret.reveal() for secret in secrets_in(config))
    plugin = config.plugin
    for key, text in (("openai_challenge", plugin.openai_challenge), ("registry_auth", plugin.registry_auth)):
        if text in kept:
            yield Finding(
                rule="published-secret",
                message=f"`plugin.{key}` is the same text as a credential, and every client could read it",
                hint="name the variable or the file of the token that the directory showed you",
                pointer=("plugin", key),
            )
