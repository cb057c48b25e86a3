"""The texts and images of the listing, as OpenAI's plugin directory demands them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.config.mistake import nearest
from plugin_gateway.diagnostics import Pointer, Severity
from plugin_gateway.export.listing import MAX_CAPABILITIES, MAX_CAPABILITY, MAX_DESCRIPTION, MAX_PROMPT, MAX_PROMPTS
from plugin_gateway.export.platforms.rule import Breach, Platform, missing, rule
from plugin_gateway.export.platforms.sources import SUBMISSION
from plugin_gateway.export.server_info import is_semantic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.export.candidate import Candidate
    from plugin_gateway.export.image import Image

_ERRORS: Final = "OpenAI, plugins/deploy/submission-errors (read 2026-09-30)"

CATEGORIES: Final = (
    "Productivity", "Creativity", "Developer Tools", "Business & Operations", "Data & Analytics", "Communication",
    "Education & Research", "Security", "Finance", "Healthcare", "Travel", "Entertainment", "Other",
)  # fmt: skip
_MAX_LINE: Final = 30
_MAX_DEVELOPER: Final = 80
_MAX_URL: Final = 1024
_MAX_VERSION: Final = 64
_MAX_SKILL: Final = 64
_SIDES: Final = (48, 4096)
_MAX_IMAGE_BYTES: Final = 5 * 1024 * 1024
_IMAGE_TYPES: Final = frozenset({"png", "jpg", "webp", "svg"})
_LEAST_CONTRAST: Final = 2.0
_LIGHT, _DARK = "#FFFFFF", "#212121"


@rule("openai-display-name", SUBMISSION, Platform.OPENAI_PLUGIN)
def display_name(candidate: Candidate) -> Iterator[Breach]:
    """The display name has at most 30 characters and does not end in MCP or Plugin."""
    title, pointer = candidate.server_info.title, ("plugin", "display_name")
    if len(title) > _MAX_LINE:
        yield _too_long("plugin.display_name", title, _MAX_LINE)
    if match := re.search(r"\b(MCP|Plugin)\s*$", title, re.IGNORECASE):
        message = f"the directory refuses a name that ends in {match[1]!r}: {title!r}"
        yield Breach(message=message, hint=f"write `display_name: {title[: match.start()].strip()}`", pointer=pointer)


@rule("openai-name", _ERRORS, Platform.OPENAI_PLUGIN)
def name(candidate: Candidate) -> Iterator[Breach]:
    """The package's name has no dots, and fits into 64 characters together with the skill's."""
    given, pointer = candidate.server_info.name, ("plugin", "name")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", given):
        fixed = re.sub(r"[^a-z0-9]+", "-", given.lower()).strip("-")
        message = f"the directory takes letters, digits and single hyphens in a package's name, not {given!r}"
        yield Breach(message=message, hint=f"write `name: {fixed}`", pointer=pointer)
    if re.search(r"(mcp|plugin)$", given):
        message = f"the directory refuses a name that ends in `mcp` or `plugin`: {given!r}"
        yield Breach(message=message, hint="write a name that says what the service does", pointer=pointer)
    if len(f"{given}:{given}") > _MAX_SKILL:
        message = f"`{given}:{given}`, the name of the skill, has more than {_MAX_SKILL} characters"
        yield Breach(message=message, hint="write a `name` of at most 31 characters", pointer=pointer)


@rule("openai-subtitle", SUBMISSION, Platform.OPENAI_PLUGIN)
def subtitle(candidate: Candidate) -> Iterator[Breach]:
    """The listing has a subtitle of at most 30 characters."""
    text = candidate.config.plugin.subtitle
    if not text:
        yield _missing("subtitle", "Look up orders", "the listing's subtitle")
    elif len(text) > _MAX_LINE:
        yield _too_long("plugin.subtitle", text, _MAX_LINE)


@rule("openai-description", SUBMISSION, Platform.OPENAI_PLUGIN)
def description(candidate: Candidate) -> Iterator[Breach]:
    """The listing's description has at most 4000 characters."""
    if len(candidate.description) > MAX_DESCRIPTION:
        if candidate.config.plugin.description:
            yield _too_long("plugin.description", candidate.description, MAX_DESCRIPTION)
        else:
            message = (
                f"the document's description has {len(candidate.description)} characters; the package cuts it to 4000"
            )
            yield Breach(
                message=message,
                hint="write a shorter `plugin.description`",
                pointer=("plugin",),
                severity=Severity.WARNING,
            )


@rule("openai-developer", SUBMISSION, Platform.OPENAI_PLUGIN)
def developer(candidate: Candidate) -> Iterator[Breach]:
    """The listing names its developer in at most 80 characters."""
    if not candidate.developer:
        yield _missing("developer", "Example Inc.", "the developer's name, as OpenAI verified it")
    elif len(candidate.developer) > _MAX_DEVELOPER:
        yield _too_long("plugin.developer", candidate.developer, _MAX_DEVELOPER)


@rule("openai-category", SUBMISSION, Platform.OPENAI_PLUGIN)
def category(candidate: Candidate) -> Iterator[Breach]:
    """The category is one of the directory's."""
    text = candidate.config.plugin.category
    if not text:
        yield _missing("category", "Productivity", f"one of {', '.join(CATEGORIES)}")
    elif text not in CATEGORIES:
        hint = f"{nearest(text, CATEGORIES)}valid: {', '.join(CATEGORIES)}"
        yield Breach(message=f"{text!r} is not a category of the directory", hint=hint, pointer=("plugin", "category"))


@rule("openai-capabilities", SUBMISSION, Platform.OPENAI_PLUGIN)
def capabilities(candidate: Candidate) -> Iterator[Breach]:
    """There are at most 20 capabilities of at most 120 characters."""
    given, pointer = candidate.config.plugin.capabilities, ("plugin", "capabilities")
    if len(given) > MAX_CAPABILITIES:
        message = f"there are {len(given)} capabilities; the directory takes {MAX_CAPABILITIES}"
        yield Breach(message=message, hint="keep the most important ones", pointer=pointer)
    for index, text in enumerate(given):
        if len(text) > MAX_CAPABILITY:
            yield _too_long("plugin.capabilities", text, MAX_CAPABILITY, pointer=(*pointer, index))


@rule("openai-links", SUBMISSION, Platform.OPENAI_PLUGIN)
def links(candidate: Candidate) -> Iterator[Breach]:
    """A plugin with an MCP server links to its web site, its support, its privacy policy and its terms, with https."""
    plugin = candidate.config.plugin
    given = {
        "website": (plugin.website or candidate.server_info.website, "the service's web site"),
        "support": (plugin.support, "where users get help"),
        "privacy": (plugin.privacy, "the privacy policy, which must cover the data that the tools return"),
        "terms": (candidate.terms, "the terms of service"),
    }
    for key, (url, what) in given.items():
        if not url:
            yield _missing(key, "https://example.com" + (f"/{key}" if key != "website" else ""), what)
        elif not url.startswith("https://") or len(url) > _MAX_URL:
            message = f"`plugin.{key}` must be an https URL of at most {_MAX_URL} characters: {url[:80]}"
            yield Breach(message=message, hint="write another URL", pointer=("plugin", key))


@rule("openai-prompts", SUBMISSION, Platform.OPENAI_PLUGIN)
def prompts(candidate: Candidate) -> Iterator[Breach]:
    """There are at most three different prompts of at most 128 characters, without an @mention."""
    given, pointer = candidate.config.plugin.prompts, ("plugin", "prompts")
    if not given:
        yield Breach(
            message="the package has prompts drafted from the titles of the tools",
            hint="write `prompts: [Which orders are late?]` with what your users would ask",
            pointer=("plugin",),
            severity=Severity.NOTE,
        )
    if len(given) > MAX_PROMPTS or len(given) != len({*given}):
        message = f"the directory takes at most {MAX_PROMPTS} different prompts, not {len(given)}"
        yield Breach(message=message, hint="keep the best ones", pointer=pointer)
    for index, text in enumerate(given):
        if len(text) > MAX_PROMPT:
            yield _too_long("plugin.prompts", text, MAX_PROMPT, pointer=(*pointer, index))
        if re.search(r"(?<![\w.])@\w", text):
            message = f"a prompt must not mention a plugin or a person with `@`: {text!r}"
            yield Breach(message=message, hint="leave the mention out", pointer=(*pointer, index))


@rule("openai-colors", SUBMISSION, Platform.OPENAI_PLUGIN)
def colors(candidate: Candidate) -> Iterator[Breach]:
    """Brand colours are `#RRGGBB` and stand out from their background."""
    plugin = candidate.config.plugin
    for key, text, background in (("color", plugin.color, _LIGHT), ("dark_color", plugin.dark_color, _DARK)):
        if not text:
            continue
        if not re.fullmatch(r"#[0-9A-Fa-f]{6}", text):
            message = f"`plugin.{key}` is not of the form #RRGGBB: {text!r}"
            yield Breach(message=message, hint='write it in quotes, such as "#1ABCFE"', pointer=("plugin", key))
        elif (ratio := contrast(text, background)) < _LEAST_CONTRAST:
            message = f"{text} has a contrast of {ratio:.1f}:1 against {background}; the directory demands 2:1"
            hint = "choose a darker colour" if background == _LIGHT else "choose a lighter colour"
            yield Breach(message=message, hint=hint, pointer=("plugin", key))


@rule("openai-images", SUBMISSION, Platform.OPENAI_PLUGIN)
def images(candidate: Candidate) -> Iterator[Breach]:
    """Logo and icons are square PNG, JPEG, WebP or SVG files of 48 to 4096 pixels and at most 5 MiB."""
    if not candidate.images.get("logo") and not candidate.images.get("manifest"):
        yield Breach(
            message="the package has the neutral logo of the gateway",
            hint="write `logo: logo.png` below `plugin`, with a square image of your service",
            pointer=("plugin",),
            severity=Severity.WARNING,
        )
    elif not candidate.images.get("logo"):
        yield from _judge_image(("manifest", "logo"), candidate.logo)
    for key in ("logo", "icon", "dark_logo", "dark_icon"):
        if (image := candidate.image(key)) is not None:
            yield from _judge_image(("plugin", key), image)


@rule("openai-version", _ERRORS, Platform.OPENAI_PLUGIN)
def version(candidate: Candidate) -> Iterator[Breach]:
    """The version is a semantic version of at most 64 characters."""
    given = candidate.server_info.version
    if not is_semantic(given) or len(given) > _MAX_VERSION:
        message = f"{given!r} is not a semantic version of at most {_MAX_VERSION} characters"
        yield Breach(message=message, hint='write one such as "1.0.0"', pointer=("plugin", "version"))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours `#RRGGBB` (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    parts = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _judge_image(pointer: tuple[str, ...], image: Image) -> Iterator[Breach]:
    key = ".".join(pointer)
    least, most = _SIDES
    if image.extension not in _IMAGE_TYPES:
        message = f"`{key}` is not a PNG, JPEG, WebP or SVG file"
        yield Breach(message=message, hint="save the image as PNG", pointer=pointer)
    elif not image.width:
        message = f"the size of `{key}` is not in its header, so the directory cannot read it either"
        yield Breach(message=message, hint="save the image again as PNG, or give the SVG a viewBox", pointer=pointer)
    elif not image.is_square:
        message = f"`{key}` is {image.width:g} by {image.height:g}, not square"
        yield Breach(message=message, hint="add margins", pointer=pointer)
    elif image.extension != "svg" and not least <= image.width <= most:
        message = f"`{key}` has {image.width:g} pixels a side, not {least} to {most}"
        yield Breach(message=message, hint="scale it to 512 pixels", pointer=pointer)
    if len(image.body) > _MAX_IMAGE_BYTES:
        message = f"`{key}` has {len(image.body):,} bytes; the directory takes 5 MiB"
        yield Breach(message=message, hint="scale it down", pointer=pointer)


def _missing(key: str, example: str, what: str) -> Breach:
    return missing(key, example, f"the directory demands `plugin.{key}`: {what}")


def _too_long(key: str, text: str, limit: int, *, pointer: Pointer = ()) -> Breach:
    shown = text if len(text) <= 60 else f"{text[:59]}…"
    message = f"`{key}` has {len(text)} characters, and the directory takes {limit}: {shown!r}"
    return Breach(message=message, hint="shorten it", pointer=pointer or tuple(key.split(".")))


RULES: Final = (
    display_name, name, subtitle, description, developer, category, capabilities, links, prompts, colors, images, version,
)  # fmt: skip
