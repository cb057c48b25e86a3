"""The listing: the texts and images that OpenAI's directory shows, and the cases for its reviewers.

They are the extension `extensions."com.openai"`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.publish.shorten import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.config.plugin import ReviewCase
    from plugin_gateway.export.candidate import Candidate
    from plugin_gateway.export.image import Image
    from plugin_gateway.openapi.document import JsonObject

MAX_CAPABILITIES: Final = 20
MAX_CAPABILITY: Final = 120
MAX_PROMPTS: Final = 3
MAX_PROMPT: Final = 128
MAX_DESCRIPTION: Final = 4000
# The files of the package, by the key of `plugin` that names the image.
ASSETS: Final = {"logo": "logo", "icon": "icon", "dark_logo": "logo-dark", "dark_icon": "icon-dark"}
_MEMBERS: Final = {"logo": "logo", "icon": "composerIcon", "dark_logo": "logoDark", "dark_icon": "composerIconDark"}


def interface(candidate: Candidate) -> JsonObject:
    """Build `interface`. A text that only a person can give is absent until gateway.yaml has it."""
    plugin = candidate.config.plugin
    members: dict[str, object] = {
        "displayName": candidate.server_info.title,
        "shortDescription": plugin.subtitle,
        "longDescription": plugin.description or shorten(candidate.description, MAX_DESCRIPTION),
        "developerName": candidate.developer,
        "category": plugin.category,
        "capabilities": list(capabilities(candidate)),
        "websiteURL": plugin.website or candidate.server_info.website,
        "supportURL": plugin.support,
        "privacyPolicyURL": plugin.privacy,
        "termsOfServiceURL": candidate.terms,
        "defaultPrompt": list(plugin.prompts or drafted_prompts(candidate)),
        "brandColor": plugin.color,
        "brandColorDark": plugin.dark_color,
    }
    files = {key: f"./{path}" for key, path, _ in images(candidate)}
    files.setdefault("icon", files["logo"])
    members |= {member: files.get(key) for key, member in _MEMBERS.items()}
    return {name: value for name, value in members.items() if value}


def capabilities(candidate: Candidate) -> tuple[str, ...]:
    """Return `plugin.capabilities`, or the titles of the tools."""
    titles = dict.fromkeys(shorten(tool.title, MAX_CAPABILITY) for tool in candidate.tools)
    return candidate.config.plugin.capabilities or tuple(titles)[:MAX_CAPABILITIES]


def drafted_prompts(candidate: Candidate) -> tuple[str, ...]:
    """Draft prompts from the titles of tools that change nothing, for a person to improve."""
    titles = (tool.title for tool in candidate.tools if tool.reads_only and "@" not in tool.title)
    return tuple(dict.fromkeys(shorten(f"{title} in {candidate.server_info.title}", MAX_PROMPT) for title in titles))[
        :MAX_PROMPTS
    ]


def images(candidate: Candidate) -> Iterator[tuple[str, str, Image]]:
    """Yield the key, the path in the package and the content of each image."""
    logo = candidate.logo
    yield "logo", f"assets/{ASSETS['logo']}.{logo.extension or 'bin'}", logo
    for key in ("icon", "dark_logo", "dark_icon"):
        if (image := candidate.image(key)) is not None:
            yield key, f"assets/{ASSETS[key]}.{image.extension or 'bin'}", image


def for_openai(candidate: Candidate) -> JsonObject:
    """Build `extensions."com.openai"`: the interface, the cases for reviewers, and where the plugin is offered."""
    return {"interface": interface(candidate), **review(candidate)}


def review(candidate: Candidate) -> JsonObject:
    """Build the part for reviewers. It holds no credential: OpenAI refuses packages with credentials."""
    plugin = candidate.config.plugin
    members: JsonObject = {}
    cases = {
        "positive": [_case(case) for case in plugin.cases],
        "negative": [_case(case) for case in plugin.refusals],
    }
    reviewed = {
        **({"test_cases": {kind: listed for kind, listed in cases.items() if listed}} if any(cases.values()) else {}),
        **({"demo_recording_url": plugin.recording} if plugin.recording else {}),
    }
    published: Mapping[str, object] = {"countries": list(plugin.countries), "release_notes": plugin.release_notes}
    if reviewed:
        members["review"] = reviewed
    if offered := {name: value for name, value in published.items() if value}:
        members["publication"] = offered
    return members


def _case(case: ReviewCase) -> JsonObject:
    shown: JsonObject = {"description": case.description or case.prompt, "prompt": case.prompt}
    if case.tools:
        shown["tools_triggered"] = ", ".join(case.tools)
    if case.expect:
        shown["expected_behavior"] = case.expect
    return shown
