"""A guide: the steps and the texts by which a person connects one client, and how this client's rules judge the gateway."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from plugin_gateway.console.answer import shown_findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.export.platforms.rule import Platform

_OF_THE_CLOUD: Final = frozenset(
    {"public-url", "own-domain", "mcp-login", "chatgpt-redirect-uri", "claude-redirect-uri"}
)
"""Rules about how a client in the cloud reaches the gateway and logs in."""


class Snippet(Struct, frozen=True, kw_only=True):
    """A text to paste. `url` is set if the text is a URL or a page shows it."""

    label: str
    language: str
    text: str
    url: str = ""


class Guide(Struct, frozen=True, kw_only=True):
    """One client: the steps to follow and what to paste. The rules of `platforms` judge the gateway for it."""

    client: str
    title: str
    steps: tuple[str, ...]
    snippets: tuple[Snippet, ...]
    platforms: tuple[Platform, ...] = ()
    runs_here: bool = False
    """The client runs on the person's machine, so the rules for clients in the cloud do not apply."""

    def members(self, found: Mapping[Platform, Iterable[Finding]]) -> dict[str, Any]:
        findings = dict.fromkeys(
            one
            for platform in self.platforms
            for one in found.get(platform, ())
            if not (self.runs_here and one.rule in _OF_THE_CLOUD)
        )
        return {
            "client": self.client,
            "title": self.title,
            "steps": list(self.steps),
            "snippets": [
                {"label": one.label, "language": one.language, "text": one.text, "url": one.url}
                for one in self.snippets
            ],
            "findings": shown_findings(findings),
        }


def url_snippet(label: str, url: str) -> Snippet:
    """Return a URL to paste."""
    return Snippet(label=label, language="text", text=url, url=url)


def pretty(value: Any) -> str:
    """Return JSON for a file that people read."""
    return json.dumps(value, indent=2, ensure_ascii=False)
