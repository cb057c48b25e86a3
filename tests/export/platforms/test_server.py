"""The endpoint."""

from typing import Any

import pytest

from plugin_gateway.export.platforms.judge import judge
from plugin_gateway.export.platforms.rule import Platform
from plugin_gateway.export.platforms.server import CHATGPT_CALLBACK, CLAUDE_CALLBACK, call_time, site_of
from tests.shop import PASSED_ON, broken, shop

ISSUER = "https://login.example.com"
OAUTH = {
    "type": "oauth",
    "issuer": ISSUER,
    "client_url": f"{ISSUER}/authorize",
    "authorization_url": f"{ISSUER}/token",
    "verification_tokens": {"openai": "x"},
}
FACADE = {"authorize": f"{ISSUER}/authorize", "token": f"{ISSUER}/token", "public_client_ids": ["shop"]}
TOKENS = {"type": "service_http", "tokens": [{"name": "a", "env": "TOKEN"}], "verification_tokens": {"openai": "x"}}
REFERENCE = {"m365": {"namespace": "Shop", "reference_id": "abc"}}
LOGIN = {"llamaindex-auth": "error", "openai-demo-login": "note"}
FRAMEWORKS = {"llamaindex-auth": "error", "semantic-kernel-auth": "error"}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"mcp": False}, {"mcp-endpoint": "error"}),
        ({"mcp": {"mode": "search"}}, {"mcp-search-mode": "error"}),
        ({"mcp": {"mode": "tools", "path": "/x"}}, {}),
        ({"upstream": {"timeout": {"total": "61s"}}}, {"call-time": "warning", "plugin-v1-call-time": "warning"}),
        ({"upstream": {"timeout": {"total": "0s"}}}, {"call-time": "warning", "plugin-v1-call-time": "warning"}),
        ({"upstream": {"timeout": {"total": "60s"}}}, {"plugin-v1-call-time": "warning"}),
        ({"mcp": {"result_bytes": "101kB"}}, {"claude-result-size": "warning"}),
        ({"mcp": {"result_bytes": "100kB"}}, {}),
        ({"manifest": {"description_for_model": "x" * 512}}, {}),
        ({"manifest": {"description_for_model": "x" * 513}}, {"chatgpt-instructions": "note"}),
        ({"upstream": {"url": "https://api.other.example"}}, {"own-domain": "warning"}),
        ({"upstream": {"url": "http://orders.internal:8080"}}, {}),
        ({"upstream": {"url": "http://10.0.0.7"}}, {}),
        ({"plugin": {"privacy": "https://other.example/privacy"}}, {"own-domain": "warning"}),
        (
            {"auth": TOKENS, "plugin": REFERENCE},
            {"mcp-login": "error", **FRAMEWORKS},
        ),
        (
            PASSED_ON,
            {"mcp-login": "error", "m365-login": "error", **FRAMEWORKS},
        ),
        (
            {"auth": OAUTH, "plugin": REFERENCE},
            {**LOGIN, "chatgpt-redirect-uri": "note", "claude-redirect-uri": "note"},
        ),
    ],
)
def test_a_change_of_the_endpoint_breaks_these_rules(change: dict[str, Any], found: dict[str, str]) -> None:
    assert broken(shop(change)) == found


@pytest.mark.parametrize(
    ("uris", "found"),
    [
        ([CHATGPT_CALLBACK, CLAUDE_CALLBACK], {}),
        (["https://chatgpt.com/connector/oauth/abc", "https://claude.com/api/mcp/auth_callback"], {}),
        ([CLAUDE_CALLBACK], {"chatgpt-redirect-uri": "error"}),
        ([CHATGPT_CALLBACK], {"claude-redirect-uri": "error"}),
        (["https://chatgpt.com.evil.example/"], {"chatgpt-redirect-uri": "error", "claude-redirect-uri": "error"}),
    ],
)
def test_a_facade_lets_users_return_to_chatgpt_and_claude(uris: list[str], found: dict[str, str]) -> None:
    auth = {**OAUTH, "client_url": None, "authorization_url": None, "facade": {**FACADE, "redirect_uris": uris}}
    candidate = shop({"auth": {key: value for key, value in auth.items() if value}, "plugin": REFERENCE})
    assert broken(candidate) == {**LOGIN, **found}


def test_a_missing_redirect_uri_is_named_with_the_key_that_takes_it() -> None:
    auth = {**OAUTH, "facade": {**FACADE, "redirect_uris": ["https://a.example"]}}
    found = {finding.rule: finding for finding in judge(shop({"auth": auth}), {Platform.CHATGPT, Platform.CLAUDE})}
    assert CHATGPT_CALLBACK in found["chatgpt-redirect-uri"].hint
    assert CLAUDE_CALLBACK in found["claude-redirect-uri"].hint
    assert found["claude-redirect-uri"].pointer == ("auth", "facade", "redirect_uris")


def test_oauth_without_an_issuer_leaves_clients_without_a_login() -> None:
    verify = {"introspection": f"{ISSUER}/introspect", "client_id": "gw", "client_secret": {"env": "TOKEN"}}
    auth = {**OAUTH, "issuer": None, "verify": verify}
    found = broken(shop({"auth": {key: value for key, value in auth.items() if value}, "plugin": REFERENCE}))
    assert found["mcp-login"] == "error"


@pytest.mark.parametrize("url", ["http://localhost:8080", "https://127.0.0.1", "https://gateway"])
def test_a_public_url_on_one_machine_is_an_error_for_clients_in_the_cloud(url: str) -> None:
    found = {finding.rule for finding in judge(shop({"public": {"url": url}}), {Platform.CHATGPT})}
    assert "public-url" in found
    assert "public-url" in {finding.rule for finding in judge(shop({"public": {"url": url}}), {Platform.M365})}


def test_a_gateway_that_allows_nothing_has_no_tools() -> None:
    assert broken(shop({"allow": []}))["mcp-endpoint"] == "error"


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://a.b.example.com/x", "example.com"),
        ("https://example.com.", "example.com"),
        ("https://shop.example.co.uk", "example.co.uk"),
        ("https://co.uk", "co.uk"),
        ("https://10.0.0.1", ""),
        ("https://[::1]", ""),
        ("http://orders.svc", ""),
        ("http://orders", ""),
    ],
)
def test_the_site_of_a_url_is_its_registered_domain(url: str, site: str) -> None:
    assert site_of(url) == site


@pytest.mark.parametrize(("total", "words"), [("61s", "61 s"), ("0s", "any amount of time")])
def test_the_finding_about_a_long_call_has_its_time(total: str, words: str) -> None:
    [finding] = call_time.judge(shop({"upstream": {"timeout": {"total": total}}}))
    assert words in finding.message
