"""The MCP settings of a revision: the path of the endpoint, its callers' hosts and origins, and the text that introduces it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from plugin_gateway.export.server_info import gather_server_info
from plugin_gateway.publish.manifest import MANIFEST_PATH
from plugin_gateway.publish.security import metadata_path, metadata_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.config.model import Config
    from plugin_gateway.openapi.document import Document
    from plugin_gateway.publish.face import Face


class McpSettings(Struct, frozen=True, kw_only=True):
    """How the MCP endpoint behaves, besides its tools."""

    path: str = "/mcp"
    mode: str = "tools"
    """`tools` or `search`, as `mcp.mode` in gateway.yaml."""
    result_bytes: int = 100_000
    origins: frozenset[str] = frozenset()
    """Web pages of these origins may call the endpoint; `*` stands for all."""
    hosts: frozenset[str] = frozenset()
    """Values of Host that the endpoint accepts besides addresses and the names of this machine, in lower case."""
    name: str = "gateway"
    title: str = ""
    version: str = ""
    instructions: str = ""
    metadata_url: str = ""
    """The protected resource metadata (RFC 9728) to name in a 401; empty if there is none."""
    scope: str = ""


def compile_mcp(config: Config, document: Document, faces: Mapping[str, Face]) -> McpSettings | None:
    """Compile `mcp`; the manifest among the faces has the names and the description. Return None if it is off."""
    settings = config.mcp
    if not settings.is_on:
        return None
    public = urlsplit(config.public_url)
    manifest: dict[str, Any] = json.loads(faces[MANIFEST_PATH].body)
    info = document.root.get("info")
    server_info = gather_server_info(config, manifest, info if isinstance(info, dict) else {})
    metadata = metadata_path(config.public_url, settings.path)
    scopes = json.loads(faces[metadata].body).get("scopes_supported", ()) if metadata in faces else ()
    return McpSettings(
        path=settings.path,
        mode=settings.mode,
        result_bytes=settings.result_bytes,
        origins=frozenset({*settings.origins, *config.cors, f"{public.scheme}://{public.netloc}"}),
        hosts=frozenset(host.lower() for host in (*settings.hosts, public.hostname or "")),
        name=manifest["name_for_model"],
        # The server card shows the same title and version.
        title=server_info.title,
        version=server_info.version,
        instructions=manifest["description_for_model"],
        metadata_url=metadata_url(config.public_url, settings.path) if metadata in faces else "",
        scope=" ".join(scopes),
    )
