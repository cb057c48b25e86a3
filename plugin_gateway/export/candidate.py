"""The candidate: one gateway, with everything that packages show and that the rules of directories and clients judge."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field

from plugin_gateway.discreet import Discreet
from plugin_gateway.export.image import Image, read_image
from plugin_gateway.publish.logo import read_logo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plugin_gateway.config.model import Config
    from plugin_gateway.export.server_info import ServerInfo
    from plugin_gateway.openapi.document import JsonObject


class ShownTool(Struct, frozen=True, kw_only=True):
    """A tool as `tools/list` shows it."""

    method: str
    """The HTTP method of its operation."""
    path: str
    """The path template of its operation."""
    definition: JsonObject
    tokens: int
    """An estimate of the definition's cost."""

    @property
    def name(self) -> str:
        return str(self.definition["name"])

    @property
    def title(self) -> str:
        return str(self.definition.get("title") or "")

    @property
    def description(self) -> str:
        return str(self.definition.get("description") or "")

    @property
    def hints(self) -> JsonObject:
        hints = self.definition.get("annotations")
        return hints if isinstance(hints, dict) else {}

    @property
    def reads_only(self) -> bool:
        return self.hints.get("readOnlyHint") is True


class Candidate(Discreet, frozen=True, kw_only=True, dict=True):
    """A gateway to export or to judge, in plain values."""

    HIDDEN = ("documents", "images")

    config: Config
    server_info: ServerInfo
    manifest: JsonObject
    """`/.well-known/ai-plugin.json`."""
    info: JsonObject
    """The document's `info`."""
    tools: tuple[ShownTool, ...]
    """The operations as tools, also where `mcp.mode` is `search`."""
    documents: Mapping[str, bytes]
    """The served document in JSON, by profile; the whole document has no profile (`""`)."""
    digest: str
    """The digest of the revision."""
    images: Mapping[str, bytes] = field(default_factory=dict)
    """The contents of the files of `plugin.logo`, `icon`, `dark_logo` and `dark_icon`, and of `manifest.logo` as `manifest`."""

    @cached_property
    def document(self) -> JsonObject:
        """The whole served document."""
        return self.profile("")

    def profile(self, name: str) -> JsonObject:
        """Return the served document in this profile."""
        document: JsonObject = json.loads(self.documents[name])
        return document

    def is_lean_enough(self, flaw: Callable[[JsonObject], object]) -> bool:
        """Return whether there is a lean profile, and it lacks this flaw of the whole document."""
        return "lean" in self.documents and not flaw(self.profile("lean"))

    @cached_property
    def logo(self) -> Image:
        """The logo: the plugin's, or else the manifest's, or else the neutral one that ships with the gateway."""
        body = self.images.get("logo") or self.images.get("manifest") or read_logo(None).body
        return read_image(body)

    def image(self, key: str) -> Image | None:
        """Return the image of a key of `plugin`, if there is one."""
        body = self.images.get(key)
        return None if body is None else read_image(body)

    @property
    def developer(self) -> str:
        """Who publishes the plugin: `plugin.developer`, or the document's contact."""
        contact = self.info.get("contact")
        name = contact.get("name") if isinstance(contact, dict) else None
        return self.config.plugin.developer or (" ".join(name.split()) if isinstance(name, str) else "")

    @property
    def description(self) -> str:
        """What the plugin does, at length."""
        text = self.info.get("description")
        fallback = str(self.manifest["description_for_human"])
        return self.config.plugin.description or (text.strip() if isinstance(text, str) else "") or fallback

    @property
    def terms(self) -> str:
        return self.config.plugin.terms or str(self.manifest["legal_info_url"])

    @property
    def email(self) -> str:
        """`contact_email` of the manifest; empty if that is only a placeholder."""
        email = str(self.manifest["contact_email"])
        return "" if email.endswith("@localhost") else email
