"""The package: all files of the plugin, by their paths. The same config, document and images give the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from plugin_gateway.discreet import Discreet
from plugin_gateway.export import connections
from plugin_gateway.export.listing import for_openai, images, interface, review
from plugin_gateway.export.server_card import credential_fields, described
from plugin_gateway.export.server_info import reversed_host
from plugin_gateway.export.skill import skill
from plugin_gateway.openapi.render import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.export.candidate import Candidate
    from plugin_gateway.openapi.document import JsonObject

PLUGIN_SCHEMA: Final = "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json"
REGISTRY_SCHEMA: Final = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
_PUBLISHER: Final = "io.modelcontextprotocol.registry/publisher-provided"
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
_READABLE: Final = 0o100644 << 16
_UNIX: Final = 3
_FORGES: Final = {"github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket"}


class Package(Discreet, frozen=True, kw_only=True):
    """The files of a package, by their paths from its root."""

    HIDDEN = ("files",)

    files: Mapping[str, bytes]

    def to_zip(self) -> bytes:
        """Return the package as an archive whose bytes depend on nothing but the files."""
        buffer = io.BytesIO()
        # Stored, not deflated: zlib versions pack differently.
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            for path in sorted(self.files):
                entry = zipfile.ZipInfo(path, _EARLIEST)
                entry.create_system, entry.external_attr = _UNIX, _READABLE
                archive.writestr(entry, self.files[path])
        return buffer.getvalue()


def build_package(candidate: Candidate) -> Package:
    """Build the package for ChatGPT and Codex, Claude, Gemini, VS Code and the MCP registry."""
    files: dict[str, JsonObject] = {
        "plugin.json": plugin_manifest(candidate),
        "mcp.json": connections.agent_plugins(candidate.server_info),
        ".codex-plugin/plugin.json": codex_manifest(candidate),
        ".mcp.json": connections.codex(candidate),
        ".claude-plugin/plugin.json": claude_manifest(candidate),
        ".claude-plugin/mcp.json": connections.claude(candidate),
        ".vscode/mcp.json": connections.vs_code(candidate),
        "gemini-extension.json": connections.gemini(candidate),
        "server.json": registry_entry(candidate),
    }
    return Package(
        files={
            **{path: to_json(value, indent=True) for path, value in files.items()},
            f"skills/{candidate.server_info.name}/SKILL.md": skill(candidate).encode(),
            **{path: image.body for _, path, image in images(candidate)},
        }
    )


def plugin_manifest(candidate: Candidate) -> JsonObject:
    """Build `plugin.json` (Agent Plugins 1.0).

    `extensions` has the revision's digest under the reversed host of the gateway.
    """
    return {
        "$schema": PLUGIN_SCHEMA,
        **_common(candidate),
        "extensions": {
            "com.openai": for_openai(candidate),
            reversed_host(candidate.server_info.public_url): {"revision": candidate.digest},
        },
    }


def codex_manifest(candidate: Candidate) -> JsonObject:
    """Build `.codex-plugin/plugin.json`."""
    members = {
        **_common(candidate),
        "skills": "./skills/",
        "mcpServers": "./.mcp.json",
        "interface": interface(candidate),
    }
    reviewed = review(candidate)
    return {**members, "extensions": {"com.openai": reviewed}} if reviewed else members


def claude_manifest(candidate: Candidate) -> JsonObject:
    """Build `.claude-plugin/plugin.json`. Claude prefers the servers of this file to those in `.mcp.json`."""
    common = _common(candidate)
    members: JsonObject = {
        "name": common.pop("name"),
        "displayName": candidate.server_info.title,
        **common,
        "mcpServers": "./.claude-plugin/mcp.json",
    }
    if connections.token_scheme(candidate.config.auth):
        text = connections.token_text(candidate)
        members["userConfig"] = {
            "token": {"type": "string", "title": "Token", "description": text, "required": True, "sensitive": True}
        }
    return members


def registry_entry(candidate: Candidate) -> JsonObject:
    """Build `server.json` for the MCP registry."""
    server_info = candidate.server_info
    remote: JsonObject = {"type": "streamable-http", "url": server_info.mcp_url}
    if fields := credential_fields(candidate.config.auth):
        remote["headers"] = fields
    members: JsonObject = {"$schema": REGISTRY_SCHEMA, **described(server_info)}
    repository = candidate.config.plugin.repository
    if repository and (source := _FORGES.get(urlsplit(repository).hostname or "")):
        members["repository"] = {"url": repository, "source": source}
    return {**members, "remotes": [remote], "_meta": {_PUBLISHER: {"revision": candidate.digest}}}


def _common(candidate: Candidate) -> JsonObject:
    """Return the members that all manifests have."""
    plugin, server_info = candidate.config.plugin, candidate.server_info
    author = {"name": candidate.developer, "email": candidate.email, "url": server_info.website}
    members: JsonObject = {
        "name": server_info.name,
        "version": server_info.version,
        "description": str(candidate.manifest["description_for_human"]),
        "author": {name: value for name, value in author.items() if value} if candidate.developer else {},
        "homepage": server_info.website,
        "repository": plugin.repository,
        "license": plugin.license,
        "keywords": list(plugin.keywords or _tags(candidate)),
    }
    return {name: value for name, value in members.items() if value}


def _tags(candidate: Candidate) -> tuple[str, ...]:
    """Return the document's tags as keywords."""
    listed = candidate.document.get("tags")
    names = (tag.get("name") for tag in listed if isinstance(tag, dict)) if isinstance(listed, list) else ()
    words = (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") for name in names if isinstance(name, str))
    return tuple(dict.fromkeys(word for word in words if word))
