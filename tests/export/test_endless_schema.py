from typing import Any

import pytest

from plugin_gateway.export.endless_schema import endless_schemas, recursive_schema
from tests.shop import DOCUMENT


@pytest.mark.parametrize(
    ("schemas", "name"),
    [
        ({}, ""),
        ({"A": {"$ref": "#/components/schemas/B"}, "B": {"type": "string"}}, ""),
        ({"A": {"items": {"$ref": "#/components/schemas/A"}}}, "A"),
        ({"A": {"$ref": "#/components/schemas/B"}, "B": {"allOf": [{"$ref": "#/components/schemas/A"}]}}, "A"),
        ({"A": {"example": {"$ref": "#/components/schemas/A"}}}, ""),
        ({"A~B": {"$ref": "#/components/schemas/A~0B"}}, "A~B"),
        ({"A": {"$ref": "#/components/schemas/gone"}}, ""),
    ],
)
def test_a_schema_that_contains_itself_is_found(schemas: dict[str, Any], name: str) -> None:
    assert recursive_schema({"components": {"schemas": schemas}}) == name


def test_a_long_chain_is_no_cycle() -> None:
    schemas = {f"S{number}": {"$ref": f"#/components/schemas/S{number + 1}"} for number in range(2000)}
    assert recursive_schema({"components": {"schemas": {**schemas, "S2000": {}}}}) == ""


def test_a_document_of_another_shape_has_no_such_schema() -> None:
    assert recursive_schema({"components": {"schemas": []}}) == ""
    assert recursive_schema(DOCUMENT) == ""


def test_a_schema_that_leads_to_an_endless_one_is_endless() -> None:
    refs = {"A": "B", "B": "B", "C": "D", "D": "gone"}
    schemas = {name: {"items": {"$ref": f"#/components/schemas/{ref}"}} for name, ref in refs.items()}
    assert endless_schemas({"components": {"schemas": schemas}}) == {"A", "B"}
