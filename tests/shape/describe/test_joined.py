"""Arrays of Swagger 2.0 that clients see as strings are judged as arrays."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.config.parameter_rule import ParameterRule
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.compile import compile_shapes
from plugin_gateway.shape.describe.joined import joined_parameters
from plugin_gateway.shape.settings import OperationSettings

KEY = OperationKey("GET", "/a/{tags}")
IDS = {"type": "array", "items": {"type": "integer", "maximum": 50, "exclusiveMaximum": True}, "maxItems": 3}
ROOT: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "t", "version": "1"},
    "parameters": {"Ids": {"name": "ids", "in": "query", "collectionFormat": "tsv", **IDS}},
    "paths": {
        "/a/{tags}": {
            "parameters": [
                {"$ref": "#/parameters/Ids"},
                {"name": "X-Ids", "in": "header", "collectionFormat": "pipes", **IDS},
                {"name": "tags", "in": "path", "required": True, "collectionFormat": "ssv", **IDS},
                {"name": "more", "in": "query", "collectionFormat": "csv", **IDS},
                {"name": "deep", "in": "query", "collectionFormat": "tsv", "type": "array", "items": IDS},
            ],
            "get": {"responses": {"200": {"description": "ok"}}},
        }
    },
}


def pointers(
    query: bytes = b"", header: bytes = b"1", path: bytes = b"1", rules: dict[str, Any] | None = None
) -> list[str]:
    parameters = {name: ParameterRule.parse(rule) for name, rule in (rules or {}).items()}
    settings = OperationSettings(entry=0, validates_request="enforce", parameters=parameters)
    shape = compile_shapes(Document(root=ROOT, name="d"), {KEY: settings}).shapes[KEY]
    assert shape.parameters is not None
    written = shape.parameters.write(b"/a/" + path, query, [(b"x-ids", header)])
    return [one["pointer"] for one in written.members["errors"]] if isinstance(written, Refusal) else []


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ({"query": b"ids=1%092%093"}, []),
        ({"query": b"ids=1%09x"}, ["/query/ids/1"]),
        ({"query": b"ids=1%0950"}, ["/query/ids/1"]),
        ({"query": b"ids=1%092%093%094"}, ["/query/ids"]),
        ({"header": b"1|2"}, []),
        ({"header": b"1|x"}, ["/header/X-Ids/1"]),
        ({"path": b"1%202"}, []),
        ({"path": b"1%20x"}, ["/path/tags/1"]),
    ],
)
def test_the_items_are_judged_one_by_one(call: dict[str, Any], found: list[str]) -> None:
    assert pointers(**call) == found


def test_an_array_of_arrays_and_one_that_a_rule_narrows_are_judged_as_the_string_that_clients_see() -> None:
    assert pointers(b"deep=a%09b") == []
    assert pointers(b"ids=1%092", rules={"ids": {"enum": ["1\t2"]}}) == []
    assert pointers(b"ids=1%093", rules={"ids": {"enum": ["1\t2"]}}) == ["/query/ids"]


def test_only_arrays_without_a_style_in_openapi_3_are_joined() -> None:
    document = Document(root=ROOT, name="d")
    assert {name: one.style for (_, name), one in joined_parameters(document.operations[KEY], document).items()} == {
        "ids": "tsv",
        "X-Ids": "pipes",
        "tags": "ssv",
    }
    assert joined_parameters(document.operations[KEY], Document(root={**ROOT, "swagger": "3.0"}, name="d")) == {}
