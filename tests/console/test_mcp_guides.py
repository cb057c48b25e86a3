import json
from typing import Any

import pytest

from plugin_gateway.console.mcp_guides import mcp_guides
from tests.shop import shop

TOKENS = {"auth": {"type": "service_http", "tokens": [{"name": "a", "value": "a-token-of-the-shop"}]}}


def snippets(config: dict[str, Any] | None = None) -> dict[str, str]:
    guides = mcp_guides(shop(config), None)
    return {f"{guide.client} {one.label}": one.text for guide in guides for one in guide.snippets}


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("chatgpt MCP server URL", "https://shop.example.com/mcp"),
        ("claude Remote MCP server URL", "https://shop.example.com/mcp"),
        ("claude-code Command", "claude mcp add --transport http shop-orders https://shop.example.com/mcp"),
        ("gemini Command", "gemini mcp add --transport http shop-orders https://shop.example.com/mcp"),
        ("codex Command", "codex mcp add shop-orders --url https://shop.example.com/mcp"),
    ],
)
def test_each_snippet_to_paste_names_the_public_address(label: str, text: str) -> None:
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
    guides = mcp_guides(shop({"mcp": False}), None)

    assert guides[0].client == "mcp"
    assert "mcp: false" in guides[0].steps[0]


def test_a_name_from_a_document_is_quoted_in_commands() -> None:
    shown = snippets({"manifest": {"name_for_model": "a", "name_for_human": "$(touch x)"}})

    assert all("$(touch x)" not in text for label, text in shown.items() if "Command" in label)
