"""The package: what gateway.yaml says about the plugin package and its listing in directories."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from plugin_gateway.config.fields import AbsoluteUrl, Texts, ToTuple
from plugin_gateway.config.path_fields import FilePath
from plugin_gateway.config.published_fields import (  # the model reads them
    Line,
    OpenText,
    PackageName,
    Prose,
    RegistryName,
    RegistryProof,
)
from plugin_gateway.config.record import Record


class ReviewCase(Record):
    """A prompt for the people who review the plugin."""

    example: ClassVar[str] = "{prompt: 'Which orders are late?', tools: [listOrders], expect: A list of orders}"
    other_words: ClassVar[dict[str, str]] = {
        "expected": "expect",
        "expected_behavior": "expect",
        "user_prompt": "prompt",
        "tool": "tools",
        "tools_triggered": "tools",
    }

    prompt: Prose
    """What the reviewer types.
    Example: `prompt: 'Which orders are late?'`"""
    tools: Texts = ()
    """The operations that the prompt should call, by the names that clients see. Leave it out if the prompt should call no
    tool.
    Example: `tools: [listOrders]`"""
    expect: Prose | None = None
    """What the reviewer should see.
    Example: `expect: A list of the late orders.`"""
    description: Prose | None = None
    """What the case is about; by default its prompt.
    Example: `description: Reads orders.`"""


class M365(Record):
    """Values for the manifest of Microsoft 365 Copilot (`plugin --for m365`)."""

    example: ClassVar[str] = "{namespace: orders}"

    namespace: Line | None = None
    """Letters and digits before the names of the plugin's functions, so that other plugins can have the same names.
    Example: `namespace: orders`"""
    reference_id: Line | None = None
    """The id that Teams' developer portal gave to the registered OAuth client or API key.
    Example: `reference_id: 0a1b2c3d4e5f`"""


class Plugin(Record):
    """The plugin package, and the files that prove who owns the domain. Texts that are left out come from `manifest`."""

    example: ClassVar[str] = "{developer: Example Inc., subtitle: Look up orders, category: Productivity}"
    other_words: ClassVar[dict[str, str]] = {
        "title": "display_name",
        "name_for_human": "display_name",
        "short_description": "subtitle",
        "long_description": "description",
        "author": "developer",
        "developer_name": "developer",
        "publisher": "developer",
        "homepage": "website",
        "website_url": "website",
        "support_url": "support",
        "privacy_policy": "privacy",
        "privacy_url": "privacy",
        "privacy_policy_url": "privacy",
        "terms_of_service": "terms",
        "terms_url": "terms",
        "default_prompt": "prompts",
        "brand_color": "color",
        "colour": "color",
        "composer_icon": "icon",
        "openai_apps_challenge": "openai_challenge",
        "challenge": "openai_challenge",
        "mcp_registry_auth": "registry_auth",
        "video": "recording",
        "demo_recording": "recording",
        "test_case": "cases",
        "negative_case": "refusals",
    }

    name: PackageName | None = None
    """Name of the package, in lower case with single hyphens; by default made from `manifest.name_for_model`.
    Example: `name: acme-orders`"""
    display_name: Line | None = None
    """Name in directories, at most 30 characters; by default `manifest.name_for_human`.
    Example: `display_name: Acme Orders`"""
    subtitle: Line | None = None
    """What the plugin does, in at most 30 characters.
    Example: `subtitle: Look up orders`"""
    description: Prose | None = None
    """What the plugin does, in at most 4000 characters; by default the document's `info.description`.
    Example: `description: Find and place orders of Acme.`"""
    developer: Line | None = None
    """Who publishes the plugin, at most 80 characters.
    Example: `developer: Acme Inc.`"""
    category: Line | None = None
    """A category of OpenAI's directory, such as Productivity or Developer Tools.
    Example: `category: Productivity`"""
    capabilities: Texts = ()
    """What the plugin can do, at most 20 short texts; by default the titles of the tools.
    Example: `capabilities: [Find orders, Place orders]`"""
    website: AbsoluteUrl | None = None
    """The service's web site.
    Example: `website: https://example.com`"""
    support: AbsoluteUrl | None = None
    """Where users get help.
    Example: `support: https://example.com/support`"""
    privacy: AbsoluteUrl | None = None
    """The privacy policy.
    Example: `privacy: https://example.com/privacy`"""
    terms: AbsoluteUrl | None = None
    """The terms of service; by default `manifest.legal_info_url`.
    Example: `terms: https://example.com/terms`"""
    prompts: Texts = ()
    """At most three prompts that a user could start with, each of at most 128 characters.
    Example: `prompts: ['Which orders are late?']`"""
    color: Line | None = None
    """Brand colour on a light background, as `#RRGGBB`.
    Example: `color: '#1F6FEB'`"""
    dark_color: Line | None = None
    """Brand colour on a dark background, as `#RRGGBB`.
    Example: `dark_color: '#79C0FF'`"""
    logo: FilePath | None = None
    """A square PNG, JPEG, WebP or SVG of 48 to 4096 pixels; by default `manifest.logo`.
    Example: `logo: logo.png`"""
    dark_logo: FilePath | None = None
    """The logo on a dark background.
    Example: `dark_logo: logo-dark.png`"""
    icon: FilePath | None = None
    """The icon beside a prompt; by default the logo.
    Example: `icon: icon.png`"""
    dark_icon: FilePath | None = None
    """The icon on a dark background.
    Example: `dark_icon: icon-dark.png`"""
    version: Line | None = None
    """Version of the package, as semver; by default made from the document's `info.version`.
    Example: `version: 1.2.0`"""
    license: Line | None = None
    """SPDX identifier of the package's licence.
    Example: `license: MIT`"""
    repository: AbsoluteUrl | None = None
    """Where the package's sources are.
    Example: `repository: https://github.com/acme/orders`"""
    keywords: Texts = ()
    """Words for searches; by default the document's tags.
    Example: `keywords: [orders, shop]`"""
    advice: Prose | None = None
    """What a model should know about the order of calls, as Markdown; a part of the skill.
    Example: `advice: Ask for the order number before you cancel.`"""
    cases: Annotated[tuple[ReviewCase, ...], ToTuple] = ()
    """Prompts that call tools. OpenAI's review wants five.
    Example: `cases: [{prompt: 'Which orders are late?', tools: [listOrders], expect: A list.}]`"""
    refusals: Annotated[tuple[ReviewCase, ...], ToTuple] = ()
    """Prompts that must call no tool. OpenAI's review wants three.
    Example: `refusals: [{prompt: 'What is the weather?'}]`"""
    recording: AbsoluteUrl | None = None
    """A video that shows the plugin at work.
    Example: `recording: https://example.com/demo.mp4`"""
    countries: Texts = ()
    """ISO codes of the countries in which the plugin is offered; by default all countries.
    Example: `countries: [US, DE]`"""
    release_notes: Prose | None = None
    """What is new in this version.
    Example: `release_notes: The first version.`"""
    openai_challenge: OpenText | None = None
    """Token of OpenAI's domain check, served at `/.well-known/openai-apps-challenge`: the text, or its `env` or `file`.
    Example: `openai_challenge: {env: OPENAI_APPS_CHALLENGE}`"""
    registry_auth: RegistryProof | None = None
    """Public key for the MCP registry, served at `/.well-known/mcp-registry-auth`: the line, or its `env` or `file`.
    Example: `registry_auth: {file: registry-auth.txt}`"""
    registry_name: RegistryName | None = None
    """Name in the MCP registry, as NAMESPACE/NAME; by default the reversed host of `public.url` and `name`.
    Example: `registry_name: com.example/orders`"""
    m365: M365 = M365()
    """Values for the manifest of Microsoft 365 Copilot."""

    @classmethod
    def expand(cls, value: Any) -> Any:
        return {} if value is None else value
