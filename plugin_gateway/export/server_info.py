"""The server info of a gateway: the names, the version and the short texts that all its public files share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from msgspec import Struct

from plugin_gateway.publish.shorten import shorten

if TYPE_CHECKING:
    from plugin_gateway.config.model import Config
    from plugin_gateway.openapi.document import Json, JsonObject

MAX_NAME: Final = 31
"""OpenAI's directory allows 64 characters for `plugin:skill`, and the skill has the plugin's name."""
MAX_REGISTRY_DESCRIPTION: Final = 100
_DEFAULT_VERSION: Final = "0.1.0"
_VERSION: Final = re.compile(r"v?([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?(?:[-+.].*)?")
_SEMVER: Final = re.compile(
    r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
)
_SUFFIX: Final = re.compile(r"(?:-(?:mcp|plugin))+$")


class ServerInfo(Struct, frozen=True, kw_only=True):
    """The names and texts of one gateway. The package, the server card and the MCP endpoint show the same ones."""

    name: str
    """The name in packages and in the configs of clients: lower case, digits and single hyphens."""
    title: str
    version: str
    """A semantic version."""
    summary: str
    """One line of at most 100 characters."""
    registry_name: str
    """`namespace/name`, as registries and server cards require it."""
    public_url: str
    mcp_url: str
    """Empty if there is no MCP endpoint."""
    website: str
    logo_url: str


def gather_server_info(config: Config, manifest: JsonObject, info: JsonObject) -> ServerInfo:
    """Gather the names and texts from gateway.yaml, the served manifest and the document's `info`."""
    plugin, public_url = config.plugin, config.public_url.rstrip("/")
    name = plugin.name or slug(str(manifest["name_for_model"])) or "gateway"
    return ServerInfo(
        name=name,
        title=plugin.display_name or str(manifest["name_for_human"]),
        version=plugin.version or semantic(info.get("version")),
        summary=shorten(str(manifest["description_for_human"]), MAX_REGISTRY_DESCRIPTION),
        registry_name=plugin.registry_name or f"{reversed_host(public_url)}/{name}",
        public_url=public_url,
        mcp_url=public_url + config.mcp.path if config.mcp.is_on else "",
        website=plugin.website or _homepage(info),
        logo_url=str(manifest["logo_url"]),
    )


def slug(text: str) -> str:
    """Return the name in the form that packages require. Directories refuse a name that ends in `mcp` or `plugin`."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return _SUFFIX.sub("", words)[:MAX_NAME].strip("-")


def semantic(version: Json) -> str:
    """Return the semantic version that a document's version means, or 0.1.0."""
    text = version.strip() if isinstance(version, str) else ""
    if is_semantic(text):
        return text
    match = _VERSION.fullmatch(text)
    return ".".join(str(int(part or 0)) for part in match.groups()) if match else _DEFAULT_VERSION


def is_semantic(version: str) -> bool:
    """Return whether the text is a version by semver.org."""
    return _SEMVER.fullmatch(version) is not None


def reversed_host(url: str) -> str:
    """Return the host of a URL as a namespace: `com.example.api`. An address has none, so it gets `localhost`."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    labels = host.split(".")
    if ":" in host or all(label.isdigit() for label in labels):
        return "localhost"
    return ".".join(reversed(labels))


def _homepage(info: JsonObject) -> str:
    contact = info.get("contact")
    url = contact.get("url") if isinstance(contact, dict) else None
    return url if isinstance(url, str) and re.fullmatch(r"https://[^\s]+", url) else ""
