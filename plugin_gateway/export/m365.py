"""The manifest for Microsoft 365 Copilot: the API plugin manifest, version 2.4, with its tools pinned."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.config.auth import NoAuth, OAuthAuth
from plugin_gateway.export.listing import drafted_prompts
from plugin_gateway.export.package import Package
from plugin_gateway.openapi.render import to_json
from plugin_gateway.publish.shorten import shorten

if TYPE_CHECKING:
    from plugin_gateway.export.candidate import Candidate
    from plugin_gateway.openapi.document import JsonObject

MANIFEST: Final = "ai-plugin.json"
TOOLS: Final = "mcp-tools.json"
MAX_DESCRIPTION_FOR_MODEL: Final = 2048


def build_m365_package(candidate: Candidate) -> Package:
    """Build the manifest, and the file of its tools if there is an MCP endpoint that lists them."""
    files = {MANIFEST: to_json(m365_manifest(candidate), indent=True)}
    if _pins_tools(candidate):
        files[TOOLS] = to_json({"tools": [tool.definition for tool in candidate.tools]}, indent=True)
    return Package(files=files)


def m365_manifest(candidate: Candidate) -> JsonObject:
    """Build the manifest. It has only keys of the schema: any other key would make it invalid."""
    manifest, plugin = candidate.manifest, candidate.config.plugin
    members: JsonObject = {
        "schema_version": "v2.4",
        "name_for_human": manifest["name_for_human"],
        "namespace": plugin.m365.namespace or namespace_of(candidate),
        "description_for_human": manifest["description_for_human"],
        "description_for_model": shorten(str(manifest["description_for_model"]), MAX_DESCRIPTION_FOR_MODEL),
        "logo_url": manifest["logo_url"],
        "contact_email": candidate.email,
        "legal_info_url": candidate.terms,
        "privacy_policy_url": plugin.privacy,
        "functions": [{"name": tool.name, "description": tool.description or tool.title} for tool in candidate.tools],
        "runtimes": [_runtime(candidate)],
        "capabilities": {
            "conversation_starters": [{"text": text} for text in plugin.prompts or drafted_prompts(candidate)]
        },
    }
    if candidate.config.mcp.mode == "search":
        del members["functions"]
    return {name: value for name, value in members.items() if value}


def namespace_of(candidate: Candidate) -> str:
    """Return a namespace made from the name, which may have letters and digits only."""
    return "".join(word.capitalize() for word in re.findall(r"[a-z0-9]+", candidate.server_info.name))


def _runtime(candidate: Candidate) -> JsonObject:
    spec: JsonObject
    if not candidate.server_info.mcp_url:
        spec = {"url": f"{candidate.server_info.public_url}/openapi.json"}
        return {"type": "OpenApi", "auth": _auth(candidate), "spec": spec}
    spec = {"url": candidate.server_info.mcp_url}
    if _pins_tools(candidate):
        spec["mcp_tool_description"] = {"file": TOOLS}
    return {"type": "RemoteMCPServer", "auth": _auth(candidate), "spec": spec}


def _pins_tools(candidate: Candidate) -> bool:
    return bool(candidate.server_info.mcp_url) and candidate.config.mcp.mode == "tools"


def _auth(candidate: Candidate) -> JsonObject:
    """Return the runtime's `auth`. The secret itself is in Microsoft's vault, under the reference."""
    auth = candidate.config.auth
    if isinstance(auth, NoAuth):
        return {"type": "None"}
    kind = "OAuthPluginVault" if isinstance(auth, OAuthAuth) else "ApiKeyPluginVault"
    reference = candidate.config.plugin.m365.reference_id
    return {"type": kind, "reference_id": reference} if reference else {"type": kind}
