"""The files that tell clients how to connect."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from plugin_gateway.export import connections
from tests.export.platforms.test_server import OAUTH, TOKENS
from tests.shop import shop

MCP_SCHEMA = json.loads((Path(__file__).parent / "schemas" / "mcp.schema.json").read_text())
URL = "https://shop.example.com/mcp"
BASIC = {
    "type": "service_http",
    "authorization_type": "basic",
    "tokens": [{"name": "a", "value": "ada:s3cretpassword"}],
}


def test_without_a_token_each_file_has_the_url_alone() -> None:
    candidate = shop()
    assert connections.codex(candidate) == {"mcpServers": {"shop-orders": {"url": URL}}}
    assert connections.claude(candidate) == {"mcpServers": {"shop-orders": {"type": "http", "url": URL}}}
    assert connections.vs_code(candidate) == {"inputs": [], "servers": {"shop-orders": {"type": "http", "url": URL}}}
    assert connections.gemini(candidate)["mcpServers"] == {"shop-orders": {"httpUrl": URL}}


@pytest.mark.parametrize(("auth", "scheme"), [(TOKENS, "Bearer"), (BASIC, "Basic"), (OAUTH, ""), (None, "")])
def test_a_token_is_asked_for_and_in_no_file(auth: dict[str, Any] | None, scheme: str) -> None:
    candidate = shop({"auth": auth})
    assert connections.token_scheme(candidate.config.auth) == scheme
    claude, code = connections.claude(candidate)["mcpServers"]["shop-orders"], connections.vs_code(candidate)
    gemini, codex = connections.gemini(candidate), connections.codex(candidate)["mcpServers"]["shop-orders"]
    assert claude.get("headers") == ({"Authorization": f"{scheme} ${{user_config.token}}"} if scheme else None)
    assert [one["password"] for one in code["inputs"]] == ([True] if scheme else [])
    assert [one["envVar"] for one in gemini.get("settings", [])] == (["SHOP_ORDERS_TOKEN"] if scheme else [])
    assert (
        set(codex) - {"url"} == {"Bearer": {"bearer_token_env_var"}, "Basic": {"env_http_headers"}, "": set()}[scheme]
    )


@pytest.mark.parametrize("auth", [TOKENS, None])
def test_mcp_json_is_valid_and_carries_no_header(auth: dict[str, Any] | None) -> None:
    file = connections.agent_plugins(shop({"auth": auth}).server_info)
    jsonschema.Draft202012Validator(MCP_SCHEMA).validate(file)
    assert file["mcpServers"] == {"shop-orders": {"type": "streamable-http", "url": URL}}
