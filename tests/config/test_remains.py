from pathlib import Path

import pytest

from plugin_gateway.config.load import load_text
from plugin_gateway.config.remains import RefusedConfigError
from tests.narrow import present

WRONG = """
openapi: ./openapi.yaml
upstream: {url: "htp://x"}
allow: [listPets, {operation: x, nope: 1}, 5, GET /pets, GET pets]
deny: [{path: 1}, addPet]
"""
ALLOW = "allow: [listPets, {operation: x, nope: 1}, 5, GET /pets, GET pets]"


def refused(text: str) -> RefusedConfigError:
    with pytest.raises(RefusedConfigError) as caught:
        load_text(text, path=Path("gateway.yaml"), environ={})
    return caught.value


def test_entries_that_are_right_remain_with_the_index_at_which_they_are_written() -> None:
    error = refused(WRONG)
    config = present(error.remains).config
    assert config.openapi.source.endswith("openapi.yaml")
    assert [(one.operation, one.index) for one in config.allow if one.operation] == [
        ("listPets", 0),
        ("x", 1),
        ("GET /pets", 3),
    ]
    assert [(one.operation, one.index) for one in config.deny if one.operation] == [("addPet", 1)]
    assert error.given_up >= {("allow", 2), ("allow", 4), ("deny", 0), ("upstream",)}


@pytest.mark.parametrize("openapi", ["openapi: [1]", "openapi: ftp://x", "", "openapi: {source: 1}"])
def test_nothing_remains_without_the_documents_place(openapi: str) -> None:
    assert refused(WRONG.replace("openapi: ./openapi.yaml", openapi)).remains is None


@pytest.mark.parametrize("allow", ["allow: listPets", "allow: {a: 1}", "allow: [[[]]]", "allow: null", ""])
def test_a_list_of_another_type_gets_no_further_findings(allow: str) -> None:
    error = refused(WRONG.replace(ALLOW, allow))
    assert [one.operation for one in present(error.remains).config.allow if one.operation] == []
    assert any(pointer[0] == "allow" for pointer in error.given_up)


def test_values_below_a_misspelt_or_misplaced_key_remain() -> None:
    assert present(refused(WRONG.replace("allow:", "alow:")).remains).config.allow[0].operation == "listPets"
    text = WRONG.replace(ALLOW, "").replace('"htp://x"', '"http://x", allow: [listPets]')
    assert present(refused(text).remains).config.allow[0].operation == "listPets"


@pytest.mark.parametrize(
    "line",
    [
        "auth: {type: service_http, tokens: [{name: 5}, {nam: a}]}",
        "consumers: [{name: a, match: {}}, 5]",
        "limits: {rate: x, burst: 0, sise: 1}",
        "manifest: {logo: gone.png}",
        "mcp: {path: x}",
        "listen: :8081",
        "cors: [5]",
    ],
)
def test_a_mistake_elsewhere_leaves_the_lists_as_they_are(line: str) -> None:
    config = present(refused(WRONG + line).remains).config
    assert config.allow[0].operation == "listPets"
