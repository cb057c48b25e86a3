from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plugin_gateway.tools.gemini_schema import gemini_schema

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject

TEXT = {"type": "string"}
ANY = {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "object"}]}


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"type": "string", "format": "uuid", "title": "T", "default": "a", "pattern": "^a"}, {"type": "string", "pattern": "^a"}),
        ({"type": "string", "format": "date-time"}, {"type": "string", "format": "date-time"}),
        ({"type": ["integer", "null"], "minimum": 1}, {"type": "integer", "minimum": 1, "nullable": True}),
        (
            {"type": ["string", "integer"], "description": "d"},
            {"anyOf": [{"type": "string", "description": "d"}, {"type": "integer"}]},
        ),
        ({"enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"type": "integer", "enum": [1, 2]}, {"type": "integer", "description": "One of: 1, 2."}),
        ({"type": "string", "enum": ["", "a"], "description": "d."}, {"type": "string", "description": 'd. One of: "", "a".'}),
        ({"oneOf": [TEXT, {"type": "null"}], "description": "d"}, {"type": "string", "description": "d", "nullable": True}),
        ({"anyOf": [TEXT, {"type": ["string", "null"]}]}, {"anyOf": [TEXT, {"type": "string", "nullable": True}]}),
        ({"type": "array"}, {"type": "array", "items": TEXT}),
        ({"type": "array", "prefixItems": [TEXT, {"type": "integer"}]}, {"type": "array", "items": {"anyOf": [TEXT, {"type": "integer"}]}}),
        ({"type": "object", "additionalProperties": TEXT}, {"type": "object"}),
        ({"properties": {"a": TEXT}, "required": ["a", "b"]}, {"type": "object", "properties": {"a": TEXT}, "required": ["a"]}),
        ({"allOf": [{"properties": {"a": TEXT}}, {"properties": {"b": TEXT}}]}, {"type": "object", "properties": {"a": TEXT, "b": TEXT}}),
        ({"properties": {"a": TEXT}, "anyOf": [{"required": ["a"]}]}, {"type": "object", "properties": {"a": TEXT}}),
        ({}, ANY),
        ({"not": {}}, ANY),
    ],
)  # fmt: skip
def test_a_schema_is_written_with_the_fields_that_gemini_has(schema: JsonObject, shown: JsonObject) -> None:
    root = gemini_schema({"type": "object", "properties": {"p": schema}})

    assert root["properties"]["p"] == shown


def test_references_are_written_out_until_they_come_back() -> None:
    node = {"type": "object", "properties": {"name": TEXT, "next": {"$ref": "#/$defs/Node"}}}
    schema = {"properties": {"first": {"$ref": "#/$defs/Node", "description": "d"}}, "$defs": {"Node": node}}

    assert gemini_schema(schema)["properties"] == {
        "first": {
            "type": "object",
            "description": "d",
            "properties": {"name": TEXT, "next": {"type": "object", "description": "The same again."}},
        }
    }


def test_schemas_that_all_refer_to_each_other_end() -> None:
    names = [f"S{number}" for number in range(20)]
    each = {"properties": {name: {"$ref": f"#/$defs/{name}"} for name in names}}
    shown = gemini_schema({**each, "$defs": dict.fromkeys(names, each)})

    assert [*shown["properties"]] == names
    assert len(str(shown)) < 1_000_000
