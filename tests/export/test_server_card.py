"""The server card and the catalog that names it."""

import json
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from plugin_gateway.config.auth import Auth, NoAuth, OAuthAuth, UserHttpAuth
from plugin_gateway.export.server_card import catalog, credential_fields, server_card
from plugin_gateway.export.server_info import ServerInfo

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "server-card.schema.json").read_text())
SERVER_INFO = ServerInfo(
    name="orders",
    title="Orders",
    version="1.0.0",
    summary="Look up orders.",
    registry_name="com.example.gw/orders",
    public_url="https://gw.example.com",
    mcp_url="https://gw.example.com/mcp",
    website="https://example.com",
    logo_url="https://gw.example.com/logo.png",
)


@pytest.mark.parametrize("auth", [NoAuth(), UserHttpAuth(type="user_http", passthrough=True)], ids=lambda one: one.type)
def test_a_card_is_valid(auth: Auth) -> None:
    card = server_card(SERVER_INFO, ["2026-07-28"], credential_fields(auth))
    jsonschema.Draft202012Validator(SCHEMA | {"$ref": "#/$defs/ServerCard"}).validate(card)
    assert card["remotes"][0]["url"] == "https://gw.example.com/mcp"
    assert card["remotes"][0]["supportedProtocolVersions"] == ["2026-07-28"]
    assert "tools" not in card
    assert ("headers" in card["remotes"][0]) is (auth.type == "user_http")


@pytest.mark.parametrize(
    ("auth", "value"),
    [
        (NoAuth(), None),
        (OAuthAuth(type="oauth"), None),
        (UserHttpAuth(type="user_http", passthrough=True), "Bearer {token}"),
        (UserHttpAuth(type="user_http", passthrough=True, authorization_type="basic"), "Basic {login}"),
    ],
)
def test_a_client_asks_its_user_for_a_credential_that_is_not_got_by_logging_in(auth: Auth, value: str | None) -> None:
    fields = credential_fields(auth)
    assert [field["value"] for field in fields] == ([value] if value else [])
    assert all(field["isSecret"] for field in fields)
    texts = [one["description"] for field in fields for one in field["variables"].values()]
    what = {"Bearer {token}": "The access token.", "Basic {login}": "`user:password`, in base64."}
    assert texts == ([what[value]] if value else [])


def test_a_logo_that_a_registry_would_refuse_is_left_out() -> None:
    local = replace(SERVER_INFO, logo_url="http://h/logo.png")
    assert "icons" not in server_card(local, [])
    assert server_card(SERVER_INFO, [])["icons"] == [{"src": "https://gw.example.com/logo.png"}]


def test_a_service_without_a_web_site_has_no_url() -> None:
    bare = replace(SERVER_INFO, website="")
    assert "websiteUrl" not in server_card(bare, [])
    assert server_card(SERVER_INFO, [])["websiteUrl"] == "https://example.com"


def test_the_catalog_leads_to_the_card() -> None:
    assert catalog(SERVER_INFO) == {
        "specVersion": "1.0",
        "entries": [
            {
                "identifier": "urn:air:gw.example.com:mcp:orders",
                "type": "application/mcp-server-card+json",
                "url": "https://gw.example.com/mcp/server-card",
            }
        ],
    }
