import copy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given

from plugin_gateway.config import reference as made
from plugin_gateway.config.model import Config
from plugin_gateway.config.not_yet import NOT_YET
from plugin_gateway.config.reader import MistakesError
from plugin_gateway.config.reference import reference
from plugin_gateway.config.surroundings import Surroundings
from tests.config.offers import offer
from tests.octets import structures

# The schemas take a quarter of a second to make, so tests share them. A test that changes one copies it.
schema, offered_schema = cache(made.schema), cache(made.offered_schema)
validator = cache(lambda: jsonschema_rs.validator_for(offered_schema()))
ROOT = Path(__file__).parents[2]
MINIMAL = {"openapi": "x", "upstream": {"url": "https://h"}, "allow": ["a"]}


def errors(value: dict[str, Any]) -> list[Any]:
    return list(jsonschema.Draft202012Validator(schema()).iter_errors(value))


def test_the_page_is_the_generated_one() -> None:
    assert (ROOT / "docs" / "config.md").read_text() == reference(), "run: make docs"


def test_the_schema_is_a_schema() -> None:
    jsonschema_rs.meta.validate(offered_schema())
    jsonschema_rs.meta.validate(schema())


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"openapi": {"source": "x"}},
        {"upstream": {"url": "https://h", "credential": {"header": "X", "value": {"env": "K"}}}},
        {"upstream": {"url": "https://h", "credential": [{"bearer": {"file": "k"}}]}},
        {"allow": ["a", {"operation": "b", "parameters": {"d": "hidden"}}, {"tag": "t", "methods": ["GET"]}]},
        {"auth": {"type": "service_http", "tokens": [{"name": "a", "env": "B"}]}},
        {"deny": ["DELETE /**"], "listen": ":80", "cors": ["*"], "validate": {"request": "report"}},
    ],
    ids=str,
)
def test_the_schema_accepts_long_and_short_forms(extra: dict[str, Any]) -> None:
    assert errors(MINIMAL | extra) == []


@pytest.mark.parametrize(
    "extra",
    [
        {"lisen": 1},
        {"upstream": {"url": 5}},
        {"upstream": {"url": "api.example.com"}},
        {"upstream": {"url": "http://h", "tls": {"ca": "ca.pem"}}},
        {"upstream": {"url": "https://h", "tls": {"cert": "me.pem"}}},
        {"upstream": {"url": "https://h", "timeout": {"read": 30}}},
        {"log": {"level": "x"}},
        {"openapi": 3},
        {"openapi": {"source": "openapi.yaml", "refresh": "1h"}},
        {"manifest": {"logo": "https://h/logo.png"}},
        {"public": {"url": "https://h", "path_stripped": True}},
        {"limits": {"burst": 5}},
        {"limits": {"response_overflow": "truncate"}},
        {"allow": [{"operation": "a", "tag": "b"}]},
        {"allow": [{"tag": "a", "operation_id": "b"}]},
        {"allow": [{"operation": "a", "methods": ["GET"]}]},
        {"allow": [{"operation": "a", "parameters": {"b": {"fixed": 1, "hidden": True}}}]},
        {"allow": [{"operation": "a", "hints": {"read_only": True, "destructive": True}}]},
        {"auth": {"type": "oauth", "issuer": "https://login"}},
        {"auth": {"type": "oauth", "client_url": "https://login", "authorization_url": "https://login"}},
        {"auth": {"type": "user_http"}},
        {"auth": {"type": "user_http", "users": "users.txt", "passthrough": True}},
        {"auth": {"type": "user_http", "passthrough": True, "documents": "authenticated"}},
        {"consumers": [{"name": "a", "match": {"claims": {}}}]},
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_loader_refuses(extra: dict[str, Any]) -> None:
    assert errors(MINIMAL | extra)
    with pytest.raises(MistakesError):
        Config.parse(MINIMAL | extra, Surroundings(needs_secrets=False))


BEYOND_A_SCHEMA = {
    "file-missing", "duplicate-key", "admin-is-public", "metrics-are-public", "secret-unusable", "bad-header-name",
}  # fmt: skip
"""The rules that compare values, or look at files and secrets; a header that a credential sets cannot be forwarded."""


@given(structures(lambda octets: offer(offered_schema(), offered_schema(), octets), 200))
def test_the_schema_and_the_loader_accept_the_same_configs(config: Any) -> None:
    try:
        Config.parse(config, Surroundings(needs_secrets=False))
        mistakes = set[str]()
    except MistakesError as error:
        mistakes = {mistake.rule for _, mistake in error.found}
    if validator().is_valid(config):
        assert mistakes <= BEYOND_A_SCHEMA
    else:
        assert mistakes


def test_the_schema_gives_defaults_as_they_are_written() -> None:
    definitions = schema()["$defs"]
    assert definitions["Limits"]["properties"]["request_head"]["default"] == "32kB"
    assert definitions["Timeouts"]["properties"]["read"]["default"] == "30s"
    assert schema()["properties"]["listen"]["default"] == "0.0.0.0:8080"


def test_every_key_has_a_description() -> None:
    described = copy.deepcopy(schema())
    for name, definition in {"Config": described, **described["$defs"]}.items():
        for form in (definition, *definition.get("anyOf", ())):
            for key, value in form.get("properties", {}).items():
                assert "description" in value or "$ref" in value or "type" in value, f"{name}.{key}"


def test_the_page_marks_keys_of_later_versions() -> None:
    assert reference().count("*Not yet.*") >= len(
        [
            dotted
            for dotted in NOT_YET
            if ".type." not in dotted and "credential." not in dotted and ".confirm" not in dotted
        ]
    )


def test_the_limit_of_answers_says_which_ones_the_gateway_holds() -> None:
    [row] = [line for line in reference().splitlines() if line.startswith("| `response_body` |")]
    assert "buffers JSON of unknown size, as in a chunked response" in row
