import pytest

from plugin_gateway.console.face_guides import guides_of
from plugin_gateway.export.platforms.judge import judge
from plugin_gateway.export.platforms.rule import Platform
from tests.shop import shop

CLIENTS = [
    "chatgpt", "claude", "claude-code", "vscode", "gemini", "codex", "mcp", "stdio", "plugin", "m365", "ai-plugin", "openapi",
]  # fmt: skip


def test_every_client_has_a_guide() -> None:
    assert [guide.client for guide in guides_of(shop(), None)] == CLIENTS


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("plugin Archive", "plugin-gateway plugin -o shop-orders.zip"),
        ("ai-plugin Manifest", "https://shop.example.com/.well-known/ai-plugin.json"),
        ("openapi The document", "https://shop.example.com/openapi.json"),
    ],
)
def test_each_snippet_to_paste_names_the_gateway(label: str, text: str) -> None:
    guides = guides_of(shop(), None)

    assert {f"{guide.client} {one.label}": one.text for guide in guides for one in guide.snippets}[label] == text


@pytest.mark.parametrize(
    ("client", "shows"), [("claude", True), ("claude-code", False), ("chatgpt", True), ("codex", False)]
)
def test_only_clients_in_the_cloud_say_that_they_cannot_reach_this_machine(client: str, shows: bool) -> None:
    candidate = shop({"public": {"url": "http://localhost:8080"}})
    found = {platform: tuple(judge(candidate, {platform})) for platform in Platform}
    (guide,) = (one for one in guides_of(candidate, None) if one.client == client)

    assert ("public-url" in [one["rule"] for one in guide.members(found)["findings"]]) is shows
