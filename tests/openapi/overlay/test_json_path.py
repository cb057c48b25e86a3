"""JSONPath queries: the places that a query selects, and the hint if it selects nothing."""

import pytest

from plugin_gateway.openapi.decode.text import skim
from plugin_gateway.openapi.decode.unread import Unread
from plugin_gateway.openapi.overlay.json_path import JsonPath, JsonPathError

DOCUMENT = {
    "info": {"title": "Pets"},
    "paths": {
        "/pets": {"get": {"tags": ["a", "b"], "parameters": [{"name": "limit"}, {"name": "debug"}]}},
        "/toys": {"$ref": "#/components/pathItems/Toys"},
    },
}


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("$", [()]),
        ("$.paths['/pets'].get", [("paths", "/pets", "get")]),
        ("$.paths.*.get.tags[1]", [("paths", "/pets", "get", "tags", 1)]),
        ("$.paths.*.get.tags[-1]", [("paths", "/pets", "get", "tags", 1)]),
        ("$..parameters[?@.name=='debug']", [("paths", "/pets", "get", "parameters", 1)]),
        ("$.paths[?@.get].get.tags[?match(@, 'a|c')]", [("paths", "/pets", "get", "tags", 0)]),
        ("$['info','info'].title", [("info", "title")]),
        ("$.nothing", []),
    ],
)
def test_a_query_selects_each_place_once(query: str, places: list[tuple[str | int, ...]]) -> None:
    assert JsonPath(query).find(DOCUMENT) == places


@pytest.mark.parametrize(
    "text", ["", "paths", "$.", "$.paths[", "$.a | $.b", " $.a", "$.a ", "$[?@.a==]", "^.a", "$.x[?nope(@)]"]
)
def test_text_that_is_not_one_standard_query_is_refused(text: str) -> None:
    with pytest.raises(JsonPathError, match="JSONPath"):
        JsonPath(text)


@pytest.mark.parametrize(
    "text", ["$[?@.a==1e400]", "$[" + "9" * 5000 + "]", "$" + ".a" * 5000, "$" + "[?(@" * 3000, "$[?@.a=='\\uD800']"]
)
def test_an_extreme_query_is_refused_like_any_other(text: str) -> None:
    with pytest.raises(JsonPathError):
        JsonPath(text)


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("$.paths['/pets'].gett.x", "did you mean `get`? `$.paths['/pets']` has `get`"),
        ("$.pats['/pets']", "did you mean `paths`? `$` has `info`, `paths`"),
        (
            "$.paths['/toys'].get",
            "`$.paths['/toys']` is a reference to `#/components/pathItems/Toys`; write a target for that place",
        ),
        ("$.paths.*.get.tags[7]", "`$.paths.*.get.tags` is there, but `[7]` selects nothing in it"),
    ],
)
def test_a_query_that_selects_nothing_is_explained_where_it_leaves_the_document(query: str, hint: str) -> None:
    assert JsonPath(query).explain_miss(DOCUMENT) == hint


def test_a_query_for_one_operation_reads_no_other_operation_of_a_large_document() -> None:
    padding = f'"x-padding": "{"x" * 1_100_000}"'
    text = f'{{"openapi": "3.1.0", {padding}, "paths": {{"/a": {{"get": {{}}}}, "/b": {{"get": {{}}}}}}}}'
    root = skim(text.encode(), "openapi.json")

    assert JsonPath("$.paths['/a'].get").find(root) == [("paths", "/a", "get")]

    other = root["paths"]["/b"]
    assert isinstance(other, Unread)
    assert other.text_at("get") is not None
