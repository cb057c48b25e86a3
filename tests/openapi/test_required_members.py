"""The members that a schema requires."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.required_members import required_members

SCHEMAS = {
    "Named": {"required": ["name"], "properties": {"name": {}}},
    "Circle": {"required": ["round"], "allOf": [{"$ref": "#/components/schemas/Circle"}]},
}
DOCUMENT = Document(root={"openapi": "3.1.0", "components": {"schemas": SCHEMAS}}, name="t")


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ({"required": ["a", "b"]}, {"a", "b"}),
        ({"$ref": "#/components/schemas/Named"}, {"name"}),
        (
            {"required": ["a"], "allOf": [{"$ref": "#/components/schemas/Named"}, {"required": ["c"]}]},
            {"a", "name", "c"},
        ),
        ({"$ref": "#/components/schemas/Circle"}, {"round"}),
        ({"oneOf": [{"required": ["a"]}], "anyOf": [{"required": ["b"]}]}, set()),
        ({"required": ["a", 5, None], "allOf": {"required": ["b"]}}, {"a"}),
        ({"required": "a", "allOf": [None, True]}, set()),
        (True, set()),
        (None, set()),
    ],
)
def test_names_come_from_the_schema_its_reference_and_all_of_its_parts(schema: Any, names: set[str]) -> None:
    assert {*required_members(schema, DOCUMENT)} == names
