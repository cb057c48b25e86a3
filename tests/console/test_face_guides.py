import json

import pytest

from plugin_gateway.console.face_guides import guides_of
from plugin_gateway.diagnostics import Finding
from plugin_gateway.export.targets.judge import judge
from plugin_gateway.export.targets.rule import Target
from tests.shop import shop

CLIENTS = [
    "chatgpt", "claude", "claude-code", "vscode", "gemini", "codex", "mcp", "stdio", "plugin", "m365", "ai-plugin", "openapi",
]  # fmt: skip
TOKENS = {"auth": {"type": "service_http", "tokens": [{"name": "a", "value": "a-token-of-the-shop"}]}}


def snippets(config: object = None) -> dict[str, str]:
    guides = guides_of(shop(config), None)
    return {f"{guide.client} {one.label}": one.text for guide in guides for one in guide.snippets}


def test_every_client_has_a_guide() -> None:
    assert [guide.client for guide in guides_of(shop(), None)] == CLIENTS


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("chatgpt MCP server URL", "https://shop.example.com/mcp"),
        ("claude Remote MCP server URL", "https://shop.example.com/mcp"),
        ("claude-code Command", "claude mcp add --transport http shop-orders https://shop.example.com/mcp"),
        ("gemini Command", "gemini mcp add --transport http shop-orders https://shop.example.com/mcp"),
        ("codex Command", "codex mcp add shop-orders --url https://shop.example.com/mcp"),
        ("plugin Archive", "plugin-gateway plugin -o shop-orders.zip"),
        ("ai-plugin Manifest", "https://shop.example.com/.well-known/ai-plugin.json"),
    ],
)
def test_what_is_pasted_names_the_public_address(label: str, text: str) -> None:
    assert snippets()[label] == text


def test_files_are_valid_json_with_the_address() -> None:
    texts = snippets()
    files = [".vscode/mcp.json", "mcp.json", "settings.json", "claude_desktop_config.json"]

    found = [json.loads(text) for label, text in texts.items() if label.endswith(tuple(files))]
    assert len(found) >= 4
    assert (
        json.loads(texts["vscode .vscode/mcp.json"])["servers"]["shop-orders"]["url"] == "https://shop.example.com/mcp"
    )


def test_a_token_is_named_by_its_variable_and_never_shown() -> None:
    texts = snippets(TOKENS)

    assert texts["claude-code Command"].endswith('--header "Authorization: Bearer $SHOP_ORDERS_TOKEN"')
    assert texts["codex Command"].endswith("--bearer-token-env-var SHOP_ORDERS_TOKEN")
    assert "vscode Command" not in texts
    assert "a-token-of-the-shop" not in str(texts)


def test_without_an_mcp_endpoint_the_guide_says_how_to_turn_it_on() -> None:
    guides = guides_of(shop({"mcp": False}), None)

    assert guides[0].client == "mcp"
    assert "mcp: false" in guides[0].steps[0]


def test_a_name_from_a_document_is_quoted_in_commands() -> None:
    shown = snippets({"manifest": {"name_for_model": "a", "name_for_human": "$(touch x)"}})

    assert all("$(touch x)" not in text for label, text in shown.items() if "Command" in label)


def test_a_guide_shows_the_findings_of_its_targets_once() -> None:
    finding = Finding(rule="r", message="m")
    members = guides_of(shop(), None)[-1].members({Target.LANGCHAIN: [finding], Target.ADK: [finding]})

    assert [one["rule"] for one in members["findings"]] == ["r"]


@pytest.mark.parametrize(
    ("client", "shows"), [("claude", True), ("claude-code", False), ("chatgpt", True), ("codex", False)]
)
def test_only_clients_in_the_cloud_say_that_they_cannot_reach_this_machine(client: str, shows: bool) -> None:
    candidate = shop({"public": {"url": "http://localhost:8080"}})
    found = {target: tuple(judge(candidate, {target})) for target in Target}
    (guide,) = (one for one in guides_of(candidate, None) if one.client == client)

    assert ("public-url" in [one["rule"] for one in guide.members(found)["findings"]]) is shows
