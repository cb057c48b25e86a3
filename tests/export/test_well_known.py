"""The well-known files."""

import json
from collections.abc import Mapping

import pytest

from plugin_gateway.config.model import Config
from plugin_gateway.export.well_known import CHALLENGE_PATH, MCP_VERSIONS, REGISTRY_PATH, find_published_secrets
from plugin_gateway.mcp.era import ERAS
from plugin_gateway.publish.face import Face
from tests.narrow import present
from tests.pets import compiled, rules_of

MINIMAL = {"openapi": "x", "upstream": {"url": "https://h"}, "allow": ["a"]}
PROOF = "v=MCPv1; k=ed25519; p=" + "A" * 43 + "="


def faces(more: str = "") -> Mapping[str, Face]:
    return compiled(more=f"public: {{url: https://gw.example.com}}\n{more}").faces


def test_the_token_of_openai_is_served_as_it_is_and_as_plain_text() -> None:
    face = faces("plugin: {openai_challenge: tok-en_1}")[CHALLENGE_PATH]
    assert (face.media_type, face.body) == ("text/plain", b"tok-en_1")


def test_the_key_for_the_registry_is_one_line() -> None:
    face = faces(f'plugin: {{registry_auth: "{PROOF}"}}')[REGISTRY_PATH]
    assert (face.media_type, face.body) == ("text/plain", f"{PROOF}\n".encode())


def test_a_proof_that_is_not_configured_has_no_path() -> None:
    assert {CHALLENGE_PATH, REGISTRY_PATH}.isdisjoint(faces())


def test_the_card_is_beside_the_endpoint_and_the_catalog_names_it() -> None:
    at = faces("mcp: {path: /agents/mcp}")
    card = json.loads(at["/agents/mcp/server-card"].body)
    assert card["remotes"][0]["url"] == "https://gw.example.com/agents/mcp"
    [entry] = json.loads(at["/.well-known/ai-catalog.json"].body)["entries"]
    assert entry["url"] == "https://gw.example.com/agents/mcp/server-card"


def test_without_an_endpoint_there_is_neither_card_nor_catalog() -> None:
    assert {"/mcp/server-card", "/.well-known/ai-catalog.json"}.isdisjoint(faces("mcp: false"))


def test_the_card_of_a_gateway_with_tokens_asks_for_one() -> None:
    [remote] = json.loads(
        faces("auth: {type: service_http, tokens: [{name: a, env: OTHER}]}")["/mcp/server-card"].body
    )["remotes"]
    assert remote["headers"][0]["value"] == "Bearer {token}"


TOKENS = "auth: {type: service_http, tokens: [{name: a, env: OTHER}]}\n"


@pytest.mark.parametrize("variable", ["KEY", "OTHER"])
def test_no_credential_of_the_gateway_or_its_callers_is_published(variable: str) -> None:
    rules = rules_of(more=f"{TOKENS}plugin: {{openai_challenge: {{env: {variable}}}}}")
    assert ("published-secret", ("plugin", "openai_challenge")) in rules


def test_a_text_that_is_no_credential_is_published() -> None:
    assert [*find_published_secrets(Config.parse(MINIMAL | {"plugin": {"openai_challenge": "token"}}))] == []


def test_the_card_lists_the_protocol_revisions_of_the_endpoint() -> None:
    assert tuple(ERAS) == MCP_VERSIONS


def test_the_card_and_the_endpoint_have_the_same_title_and_version() -> None:
    revision = compiled(more="plugin: {display_name: Pet shop, version: 3.1.4}")
    card = json.loads(revision.faces["/mcp/server-card"].body)
    settings = present(revision.mcp)
    assert (card["title"], card["version"]) == (settings.title, settings.version) == ("Pet shop", "3.1.4")
