from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.values.standalone import Definitions, Placed
from plugin_gateway.tools.parameters import Property, read_parameters
from plugin_gateway.tools.tool import Argument

if TYPE_CHECKING:
    from collections.abc import Collection

    from plugin_gateway.openapi.document import JsonObject


def read(*parameters: JsonObject, slashes: Collection[str] = (), **components: JsonObject) -> list[Property]:
    document = Document(root={"openapi": "3.2.0", "components": components}, name="o")
    return read_parameters(document, Placed([*parameters]), Definitions(document, hidden="readOnly"), slashes)


@pytest.mark.parametrize(
    ("parameter", "argument"),
    [
        ({"in": "path"}, {"style": "simple", "is_required": True}),
        ({"in": "path", "style": "matrix", "explode": True}, {"style": "matrix", "explode": True, "is_required": True}),
        ({"in": "query"}, {"style": "form", "explode": True}),
        ({"in": "query", "style": "deepObject"}, {"style": "deepObject"}),
        ({"in": "query", "explode": False, "allowReserved": True}, {"style": "form", "allow_reserved": True}),
        ({"in": "query", "required": True}, {"style": "form", "explode": True, "is_required": True}),
        ({"in": "header"}, {"style": "simple"}),
        ({"in": "cookie"}, {"style": "form", "explode": True}),
        ({"in": "query", "content": {"application/json": {}}}, {"media_type": "application/json", "explode": True}),
        ({"in": "querystring", "content": {"application/json": {}}}, {"media_type": "application/json"}),
    ],
)
def test_the_defaults_of_openapi_are_filled_in(parameter: JsonObject, argument: JsonObject) -> None:
    (found,) = read({"name": "p", **parameter})

    assert found.argument == Argument(name="p", place=parameter["in"], wire_name="p", **argument)


def test_parameters_come_in_the_order_of_their_places() -> None:
    found = read(*({"name": place, "in": place} for place in ("cookie", "header", "query", "path", "body")))

    assert [one.argument.name for one in found] == ["path", "query", "header", "cookie"]


def test_only_the_path_parameters_that_may_hold_slashes_allow_them() -> None:
    found = read(
        {"name": "a", "in": "path"}, {"name": "b", "in": "path"}, {"name": "q", "in": "query"}, slashes=["a", "q"]
    )

    assert [one.argument.allows_slashes for one in found] == [True, False, False]


def test_a_reference_is_followed_and_a_broken_one_is_left_out() -> None:
    refs = [{"$ref": "#/components/parameters/P"}, {"$ref": "#/components/parameters/Gone"}]

    assert [one.argument.name for one in read(*refs, parameters={"P": {"name": "p", "in": "query"}})] == ["p"]


def test_fields_beside_the_schema_of_a_parameter_are_shown() -> None:
    (found,) = read(
        {
            "name": "p",
            "in": "query",
            "description": "Here.",
            "deprecated": True,
            "x-mcp-header": "Region",
            "schema": {"type": "string", "description": "Anywhere."},
            "examples": {"a": {"value": 1}, "b": {}},
        }
    )

    assert found.schema == {
        "type": "string",
        "description": "Here.",
        "deprecated": True,
        "examples": [1],
        "x-mcp-header": "Region",
    }


@pytest.mark.parametrize(("schema", "shown"), [(True, {}), (False, {"not": {}}), (None, {})])
def test_a_schema_is_an_object(schema: bool | None, shown: JsonObject) -> None:
    assert read({"name": "p", "in": "query", "schema": schema})[0].schema == shown
