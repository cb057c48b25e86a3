"""The connections: the files that tell each client where the MCP endpoint is.

The client asks its user for a token; no file has one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.config.auth import ServiceHttpAuth, UserHttpAuth

if TYPE_CHECKING:
    from plugin_gateway.config.auth import Auth
    from plugin_gateway.export.candidate import Candidate
    from plugin_gateway.export.server_info import ServerInfo
    from plugin_gateway.openapi.document import JsonObject

MCP_SCHEMA: Final = "https://agent-plugins.org/schemas/1.0.0/mcp.schema.json"


def agent_plugins(server_info: ServerInfo) -> JsonObject:
    """Build `mcp.json` (Agent Plugins 1.0). Clients do not expand variables in its header fields, so it names no credential."""
    server = {"type": "streamable-http", "url": server_info.mcp_url}
    return {"$schema": MCP_SCHEMA, "mcpServers": {server_info.name: server}}


def codex(candidate: Candidate) -> JsonObject:
    """Build Codex's file. Its entries have no `type`."""
    server: JsonObject = {"url": candidate.server_info.mcp_url}
    scheme = token_scheme(candidate.config.auth)
    if scheme == "Bearer":
        server["bearer_token_env_var"] = token_variable(candidate.server_info)
    elif scheme:
        server["env_http_headers"] = {"Authorization": token_variable(candidate.server_info)}
    return {"mcpServers": {candidate.server_info.name: server}}


def claude(candidate: Candidate) -> JsonObject:
    """Build Claude Code's file. Its entries have the type `http`; the token comes from the plugin's `userConfig`."""
    server: JsonObject = {"type": "http", "url": candidate.server_info.mcp_url}
    if scheme := token_scheme(candidate.config.auth):
        server["headers"] = {"Authorization": f"{scheme} ${{user_config.token}}"}
    return {"mcpServers": {candidate.server_info.name: server}}


def vs_code(candidate: Candidate) -> JsonObject:
    """Build `.vscode/mcp.json`, which asks for a token."""
    server: JsonObject = {"type": "http", "url": candidate.server_info.mcp_url}
    inputs: list[JsonObject] = []
    if scheme := token_scheme(candidate.config.auth):
        server["headers"] = {"Authorization": f"{scheme} ${{input:token}}"}
        inputs = [{"type": "promptString", "id": "token", "description": token_text(candidate), "password": True}]
    return {"inputs": inputs, "servers": {candidate.server_info.name: server}}


def gemini(candidate: Candidate) -> JsonObject:
    """Build `gemini-extension.json`."""
    server_info = candidate.server_info
    server: JsonObject = {"httpUrl": server_info.mcp_url}
    members: JsonObject = {
        "name": server_info.name,
        "version": server_info.version,
        "description": server_info.summary,
        "mcpServers": {server_info.name: server},
    }
    if scheme := token_scheme(candidate.config.auth):
        variable = token_variable(server_info)
        server["headers"] = {"Authorization": f"{scheme} ${variable}"}
        members["settings"] = [
            {"name": "Token", "description": token_text(candidate), "envVar": variable, "sensitive": True}
        ]
    return members


def token_scheme(auth: Auth) -> str:
    """Return `Bearer` or `Basic` if callers send a fixed token; empty if they log in with OAuth or need no credential."""
    return auth.authorization_type.capitalize() if isinstance(auth, ServiceHttpAuth | UserHttpAuth) else ""


def token_variable(server_info: ServerInfo) -> str:
    """Return the name of the environment variable in which a client keeps the token."""
    return re.sub(r"[^A-Z0-9]+", "_", server_info.name.upper()) + "_TOKEN"


def token_text(candidate: Candidate) -> str:
    """Return the prompt by which a client asks its user for the token."""
    what = "Access token" if token_scheme(candidate.config.auth) == "Bearer" else "user:password in base64"
    return f"{what} for {candidate.server_info.title}"
