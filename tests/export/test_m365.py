"""The manifest for Microsoft 365 Copilot."""

import json
from typing import Any

import pytest

from plugin_gateway.export.m365 import build_m365_package, m365_manifest, namespace_of
from tests.export.platforms.test_server import OAUTH, TOKENS
from tests.shop import shop

# The properties that the manifest's reference names; others make it invalid (MicrosoftDocs, plugin-manifest-2.4).
KNOWN = {
    "schema_version", "name_for_human", "namespace", "description_for_model", "description_for_human", "logo_url",
    "contact_email", "legal_info_url", "privacy_policy_url", "functions", "runtimes", "capabilities",
}  # fmt: skip


def test_the_manifest_has_the_required_members_and_no_other() -> None:
    manifest = m365_manifest(shop())
    assert set(manifest) == KNOWN
    assert (manifest["schema_version"], manifest["namespace"]) == ("v2.4", "Shop")
    assert [function["name"] for function in manifest["functions"]] == ["list_orders", "create_order", "cancel_order"]
    assert manifest["capabilities"] == {"conversation_starters": [{"text": "Which of my orders are open?"}]}


def test_the_tools_are_pinned_as_tools_list_shows_them() -> None:
    candidate = shop()
    files = build_m365_package(candidate).files
    [runtime] = json.loads(files["ai-plugin.json"])["runtimes"]
    assert runtime["type"] == "RemoteMCPServer"
    assert runtime["spec"] == {
        "url": "https://shop.example.com/mcp",
        "mcp_tool_description": {"file": "mcp-tools.json"},
    }
    assert json.loads(files["mcp-tools.json"])["tools"] == [tool.definition for tool in candidate.tools]


def test_in_search_mode_copilot_asks_for_the_tools_itself() -> None:
    files = build_m365_package(shop({"mcp": {"mode": "search"}})).files
    manifest = json.loads(files["ai-plugin.json"])
    assert [*files] == ["ai-plugin.json"]
    assert "functions" not in manifest
    assert manifest["runtimes"][0]["spec"] == {"url": "https://shop.example.com/mcp"}


def test_without_an_endpoint_the_runtime_is_the_document() -> None:
    [runtime] = m365_manifest(shop({"mcp": False}))["runtimes"]
    assert (runtime["type"], runtime["spec"]) == ("OpenApi", {"url": "https://shop.example.com/openapi.json"})


@pytest.mark.parametrize(
    ("auth", "kind"),
    [(None, "None"), (TOKENS, "ApiKeyPluginVault"), (OAUTH, "OAuthPluginVault")],
)
def test_a_credential_is_named_by_its_reference(auth: dict[str, Any] | None, kind: str) -> None:
    plugin = {"m365": {"namespace": "Shop", "reference_id": "abc"}}
    [runtime] = m365_manifest(shop({"auth": auth, "plugin": plugin}))["runtimes"]
    assert runtime["auth"] == ({"type": kind} if auth is None else {"type": kind, "reference_id": "abc"})
    [runtime] = m365_manifest(shop({"auth": auth}))["runtimes"]
    assert runtime["auth"] == {"type": kind}


def test_a_long_description_is_cut_where_copilot_cuts_it() -> None:
    manifest = m365_manifest(shop({"manifest": {"description_for_model": "x" * 3000}, "plugin": {"m365": None}}))
    assert len(manifest["description_for_model"]) == 2048
    assert manifest["namespace"] == "ShopOrders"


def test_a_member_without_a_value_is_left_out() -> None:
    document = {"info": {"contact": None}}
    manifest = m365_manifest(shop({"plugin": None, "public": {"url": "http://localhost:8080"}}, document))
    assert KNOWN - set(manifest) == {"contact_email", "privacy_policy_url"}


def test_a_namespace_has_letters_and_digits_only() -> None:
    assert namespace_of(shop({"plugin": {"name": "my.shop-2"}})) == "MyShop2"
