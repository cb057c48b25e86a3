import copy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from plugin_gateway.config import reference as made
from plugin_gateway.config.not_yet import NOT_YET
from plugin_gateway.config.reference import reference

# The schemas take a quarter of a second to make, so tests share them. A test that changes one copies it.
schema, offered_schema = cache(made.schema), cache(made.offered_schema)
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
    "extra", [{"lisen": 1}, {"upstream": {"url": 5}}, {"log": {"level": "x"}}, {"openapi": 3}], ids=str
)
def test_the_schema_refuses_what_the_loader_refuses(extra: dict[str, Any]) -> None:
    assert errors(MINIMAL | extra)


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


def test_the_page_marks_what_is_not_there_yet() -> None:
    assert reference().count("*Not yet.*") >= len(
        [
            dotted
            for dotted in NOT_YET
            if ".type." not in dotted and "credential." not in dotted and ".confirm" not in dotted
        ]
    )


def test_the_limit_of_answers_says_which_ones_the_gateway_holds() -> None:
    [row] = [line for line in reference().splitlines() if line.startswith("| `response_body` |")]
    assert "chunked answer, is held" in row
