"""The first kind of plugins."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from plugin_gateway.diagnostics import Pointer
from plugin_gateway.export.candidate import Candidate
from plugin_gateway.export.platforms.judge import judge
from plugin_gateway.export.platforms.rule import Platform
from tests.export.platforms.test_server import OAUTH, TOKENS
from tests.shop import shop


def found(candidate: Candidate) -> dict[str, str]:
    rules = {finding.rule: str(finding.severity) for finding in judge(candidate, {Platform.PLUGIN_V1})}
    assert rules.pop("gpt-actions-end") == "note"
    return rules


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({}, {}),
        ({"public": {"url": "https://shop.example.com:8443"}}, {"plugin-v1-port": "error"}),
        ({"public": {"url": "http://localhost:8080"}}, {}),
        (
            {"public": {"url": "http://localhost:8080"}, "auth": TOKENS},
            {"plugin-v1-local-auth": "error"},
        ),
        ({"auth": TOKENS}, {}),
        ({"auth": {**TOKENS, "verification_tokens": {"other": "x"}}}, {"plugin-v1-verification": "warning"}),
        ({"auth": {**OAUTH, "verification_tokens": None}}, {"plugin-v1-verification": "warning"}),
        ({"auth": OAUTH}, {}),
        ({"auth": {**OAUTH, "client_url": "https://login.other.example/a"}}, {"plugin-v1-domains": "error"}),
        ({"auth": {**OAUTH, "client_url": "https://login.microsoftonline.com/a"}}, {}),
        ({"manifest": {"legal_info_url": "https://other.example"}}, {"plugin-v1-domains": "error"}),
        ({"manifest": {"contact_email": "a@other.example"}}, {"plugin-v1-domains": "warning"}),
        ({"limits": {"response_body": None}}, {"plugin-v1-answers": "warning"}),
        ({"limits": {"response_body": "101kB"}}, {"plugin-v1-answers": "warning"}),
        ({"upstream": {"timeout": {"total": "46s"}}}, {"plugin-v1-call-time": "warning"}),
    ],
)
def test_a_config_breaks_these_rules(change: dict[str, Any], rules: dict[str, str]) -> None:
    assert found(shop(change)) == rules


@pytest.mark.parametrize(
    ("change", "words", "pointer"),
    [
        ({"limits": {"response_body": None}}, "any size", ("limits",)),
        ({"limits": {"response_body": "101kB"}}, "101,000 bytes", ("limits", "response_body")),
        ({"upstream": {"timeout": {"total": "46s"}}}, "46 s", ("upstream", "timeout", "total")),
        ({"upstream": {"timeout": {"total": "0s"}}}, "any amount of time", ("upstream", "timeout", "total")),
    ],
)
def test_a_finding_names_the_value_and_the_key(change: dict[str, Any], words: str, pointer: Pointer) -> None:
    [finding] = [one for one in judge(shop(change), {Platform.PLUGIN_V1}) if one.rule != "gpt-actions-end"]
    assert words in finding.message
    assert finding.pointer == pointer


@pytest.mark.parametrize("where", ["operation", "parameter"])
def test_texts_are_cut_in_the_document_that_the_manifest_names(where: str) -> None:
    long = {"description": "x" * 701}
    get = {"parameters": [{"name": "q", "in": "query", "schema": {}, **long}]} if where == "parameter" else long
    candidate = shop(document={"paths": {"/orders": {"get": get}}})
    assert candidate.manifest["api"]["url"].endswith("?profile=plugin")
    assert found(candidate) == {}
    whole = {**candidate.manifest, "api": {"url": "https://shop.example.com/openapi.json"}}
    assert found(replace(candidate, manifest=whole)) == {"plugin-v1-texts": "error"}


@pytest.mark.parametrize(("count", "rules"), [(30, {}), (31, {"plugin-v1-operations": "error"})])
def test_gpt_actions_take_thirty_operations(count: int, rules: dict[str, str]) -> None:
    candidate = shop()
    paths = {f"/p{number}": {"get": {"operationId": f"o{number}"}} for number in range(count)}
    document = json.dumps({**candidate.document, "paths": paths}).encode()
    assert found(replace(candidate, documents={**candidate.documents, "": document})) == rules
