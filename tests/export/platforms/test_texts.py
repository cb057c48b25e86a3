"""The texts and images of the listing."""

from typing import Any

import pytest
from msgspec.structs import replace

from plugin_gateway.export.platforms.judge import judge
from plugin_gateway.export.platforms.rule import Platform
from plugin_gateway.export.platforms.texts import contrast
from tests.shop import broken, png, shop

# What changes below `plugin`, the only rule that it breaks, and the key to which the finding leads.
BREACHES = [
    ({"display_name": "x" * 31}, "openai-display-name", "display_name"),
    ({"display_name": "Shop MCP"}, "openai-display-name", "display_name"),
    ({"display_name": "Shop plugin"}, "openai-display-name", "display_name"),
    ({"name": "a.b"}, "openai-name", "name"),
    ({"name": "shop-mcp"}, "openai-name", "name"),
    ({"name": "x" * 32}, "openai-name", "name"),
    ({"subtitle": None}, "openai-subtitle", None),
    ({"subtitle": "x" * 31}, "openai-subtitle", "subtitle"),
    ({"description": "x" * 4001}, "openai-description", "description"),
    ({"developer": "x" * 81}, "openai-developer", "developer"),
    ({"category": None}, "openai-category", None),
    ({"category": "productivity"}, "openai-category", "category"),
    ({"capabilities": ["x"] * 21}, "openai-capabilities", "capabilities"),
    ({"capabilities": ["x" * 121]}, "openai-capabilities", "capabilities"),
    ({"website": None}, "openai-links", None),
    ({"support": None}, "openai-links", None),
    ({"support": "http://www.example.com/support"}, "openai-links", "support"),
    ({"terms": "https://www.example.com/" + "x" * 1001}, "openai-links", "terms"),
    ({"prompts": ["a", "b", "c", "d"]}, "openai-prompts", "prompts"),
    ({"prompts": ["a", "a"]}, "openai-prompts", "prompts"),
    ({"prompts": ["x" * 129]}, "openai-prompts", "prompts"),
    ({"prompts": ["@shop find my orders"]}, "openai-prompts", "prompts"),
    ({"color": "blue"}, "openai-colors", "color"),
    ({"color": "#FFFF00"}, "openai-colors", "color"),
    ({"dark_color": "#000080"}, "openai-colors", "dark_color"),
    ({"version": "1.0"}, "openai-version", "version"),
    ({"version": "1.0.0-" + "x" * 64}, "openai-version", "version"),
]
KEPT = [
    {"display_name": "x" * 30},
    {"display_name": "Plugins for shops"},
    {"name": "x" * 31},
    {"subtitle": "x" * 30},
    {"description": "x" * 4000},
    {"developer": "x" * 80},
    {"developer": None},
    {"capabilities": ["x" * 120] * 20},
    {"prompts": ["a", "b", "x" * 128]},
    {"prompts": ["Write to ada@example.com"]},
    {"color": "#1A73E8", "dark_color": "#8AB4F8"},
    {"version": "1.0.0-rc.1+7"},
    {"terms": "https://www.example.com/" + "x" * 1000},
]


@pytest.mark.parametrize(("change", "rule", "key"), BREACHES)
def test_a_text_that_the_directory_refuses_breaks_its_rule_alone(
    change: dict[str, Any], rule: str, key: str | None
) -> None:
    candidate = shop({"plugin": change})
    assert broken(candidate) == {rule: "error"}
    [finding, *_] = [finding for finding in judge(candidate, {Platform.OPENAI_PLUGIN}) if finding.rule == rule]
    assert (finding.pointer or ())[:2] == (("plugin", key) if key else ("plugin",))
    assert finding.hint
    assert "OpenAI" in finding.source


@pytest.mark.parametrize("change", KEPT)
def test_a_text_at_its_limit_breaks_no_rule(change: dict[str, Any]) -> None:
    assert broken(shop({"plugin": change})) == {}


def test_a_developer_without_a_name_in_config_and_document_is_missing() -> None:
    found = broken(shop({"plugin": {"developer": None}}, {"info": {"contact": {"name": None}}}))
    assert found == {"openai-developer": "error"}


def test_a_long_description_of_the_document_is_cut_with_a_warning() -> None:
    found = broken(shop({"manifest": {"description_for_model": "Orders."}}, {"info": {"description": "x" * 4001}}))
    assert found == {"openai-description": "warning"}


def test_prompts_drafted_by_the_gateway_are_noted() -> None:
    assert broken(shop({"plugin": {"prompts": None}})) == {"openai-prompts": "note"}


SVG = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'/>"


@pytest.mark.parametrize(
    ("images", "severity"),
    [
        ({}, "warning"),
        ({"logo": png(48, 48)}, ""),
        ({"logo": png(4096, 4096)}, ""),
        ({"manifest": png()}, ""),
        ({"logo": SVG}, ""),
        ({"logo": png(47, 47)}, "error"),
        ({"logo": png(4097, 4097)}, "error"),
        ({"logo": png(512, 256)}, "error"),
        ({"manifest": png(512, 256)}, "error"),
        ({"logo": png(), "manifest": png(512, 256)}, ""),
        ({"logo": b"GIF89a\x40\x00\x40\x00"}, "error"),
        ({"logo": b"text"}, "error"),
        ({"logo": png()[:20]}, "error"),
        ({"logo": png() + b"x" * 5 * 1024 * 1024}, "error"),
        ({"logo": png(), "icon": png(40, 40)}, "error"),
        ({"logo": png(), "dark_icon": b"text"}, "error"),
    ],
)
def test_the_directory_takes_square_images_of_a_known_type_and_size(images: dict[str, bytes], severity: str) -> None:
    candidate = replace(shop(), images=images)
    assert broken(candidate) == ({"openai-images": severity} if severity else {})


def test_contrast_is_computed_as_wcag_says() -> None:
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    ("change", "images", "words"),
    [
        ({}, {"logo": png()[:20]}, "the size of `plugin.logo` is not in its header"),
        ({"color": "#FFFF00"}, None, "choose a darker colour"),
        ({"dark_color": "#000080"}, None, "choose a lighter colour"),
        ({"website": None}, None, "write `website: https://example.com` below"),
        ({"support": None}, None, "write `support: https://example.com/support` below"),
        ({"subtitle": "y" * 60}, None, "y" * 60 + "'"),
        ({"subtitle": "y" * 61}, None, "y" * 59 + "…'"),
    ],
)
def test_a_finding_names_the_mistake_and_the_text_to_write(
    change: dict[str, Any], images: dict[str, bytes] | None, words: str
) -> None:
    candidate = shop({"plugin": change}, **({"images": images} if images else {}))
    said = [f"{finding.message} ({finding.hint})" for finding in judge(candidate, {Platform.OPENAI_PLUGIN})]
    assert [one for one in said if words in one]
