from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.values.standalone import Definitions, Placed, TooManyError

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject

SCHEMAS = {
    "Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}, "x-note": 1},
    "Unused": {"type": "string"},
}


def copied(schema: JsonObject, hidden: str = "readOnly", **schemas: JsonObject) -> tuple[Any, Any]:
    document = Document(root={"openapi": "3.1.0", "components": {"schemas": {**SCHEMAS, **schemas}}}, name="o")
    definitions = Definitions(document, hidden=hidden)
    shown = definitions.copy(Placed(schema))
    return shown, definitions.finish(shown)


def test_only_the_schemas_that_are_reached_are_defined_and_circles_stay_circles() -> None:
    schema, defs = copied({"items": {"$ref": "#/components/schemas/Node"}})

    assert schema == {"items": {"$ref": "#/$defs/Node"}}
    assert defs == {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}}


def test_properties_that_only_the_other_side_sends_are_left_out() -> None:
    schema = {"properties": {"id": {"readOnly": True}, "key": {"writeOnly": True}, "n": {}}, "required": ["id", "n"]}

    assert copied(schema)[0] == {"properties": {"key": {"writeOnly": True}, "n": {}}, "required": ["n"]}
    assert copied(schema, "writeOnly")[0]["properties"].keys() == {"id", "n"}


def test_a_property_named_like_a_keyword_is_a_property() -> None:
    assert copied({"properties": {"xml": {"type": "string"}, "x-a": {}}})[0]["properties"].keys() == {"xml", "x-a"}


def test_references_are_relative_to_the_schema_around_them() -> None:
    schema = {"$id": "https://e.com/a", "$defs": {"B": {"type": "string"}}, "items": {"$ref": "#/$defs/B"}}

    assert copied({"$ref": "#/components/schemas/A"}, A=schema) == (
        {"$ref": "#/$defs/A"},
        {"A": {"items": {"$ref": "#/$defs/B"}}, "B": {"type": "string"}},
    )


def test_a_dynamic_reference_leads_where_its_anchor_is() -> None:
    tree = {"$dynamicAnchor": "node", "items": {"$dynamicRef": "#node"}}

    assert copied({"$ref": "#/components/schemas/Tree"}, Tree=tree)[1] == {"Tree": {"items": {"$ref": "#/$defs/Tree"}}}


def test_an_anchor_stays_once() -> None:
    schema = {"properties": {"a": {"$ref": "#/components/schemas/A"}, "b": {"$anchor": "here"}}}
    shown, defs = copied(schema, A={"$anchor": "here", "type": "string"})

    assert str((shown, defs)).count("$anchor") == 1


def test_schemas_of_one_name_get_numbers() -> None:
    schema = {
        "items": {"$ref": "#/components/schemas/A/properties/x"},
        "not": {"$ref": "#/components/schemas/B/properties/x"},
    }
    _, defs = copied(schema, A={"properties": {"x": {"type": "string"}}}, B={"properties": {"x": {"type": "null"}}})

    assert defs == {"x": {"type": "string"}, "x_2": {"type": "null"}}


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"example": 1}, {"examples": [1]}),
        ({"example": 1, "examples": [2]}, {"examples": [2]}),
        ({"type": "file", "minLength": -1, "required": [1, [], "a", "a"]}, {"required": ["a"]}),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "discriminator": {}, "xml": {}, "x-a": 1}, {}),
        ({"$ref": "#/nowhere", "description": "d"}, {"description": "d"}),
        ({"allOf": []}, {}),
        ({"items": [{}], "properties": {"a": 1}}, {"properties": {}}),
        ({"patternProperties": {"^a": True, r"\p{L}": True}}, {"patternProperties": {"^a": True}}),
        ({"x-mcp-header": "Region"}, {}),
    ],
)
def test_only_keywords_that_a_validator_accepts_are_copied(schema: JsonObject, shown: JsonObject) -> None:
    assert copied(schema)[0] == shown


def test_a_member_that_a_part_hides_is_not_required() -> None:
    base = {"properties": {"id": {"readOnly": True}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Base"}], "required": ["id", "a"]}

    assert copied(schema, Base=base)[0]["required"] == ["a"]


def test_a_schema_that_is_nested_too_deeply_accepts_anything() -> None:
    schema: JsonObject = {"type": "string"}
    for _ in range(200):
        schema = {"items": schema}
    shown, depth = copied(schema)[0], 0
    while shown:
        shown, depth = shown["items"], depth + 1

    assert depth == 65


def test_more_schemas_than_wanted_are_refused() -> None:
    definitions = Definitions(Document(root={"openapi": "3.1.0"}, name="o"), hidden="readOnly", most=2)

    with pytest.raises(TooManyError):
        definitions.copy(Placed({"items": {"items": {}}}))


def test_a_component_is_copied_once_for_all_tools_unless_its_copies_differ() -> None:
    components = {
        "Pet": {"properties": {"tag": {"$ref": "#/components/schemas/Tag"}}},
        "Tag": {"type": "string"},
        "Marked": {"$anchor": "here", "type": "string"},
        "Other": {"properties": {"tag": {"$ref": "#/components/responses/x/Tag"}}},
    }
    root = {"openapi": "3.1.0", "components": {"schemas": components, "responses": {"x": {"Tag": {"type": "integer"}}}}}
    document, copies = Document(root=root, name="o"), dict[Any, Any]()

    def defined(*names: str, shared: bool = True) -> JsonObject:
        definitions = Definitions(document, hidden="readOnly", copies=copies if shared else None)
        schema = {"allOf": [{"$ref": f"#/components/schemas/{name}"} for name in names]}
        return definitions.finish(definitions.copy(Placed(schema)))

    chosen = [("Pet",), ("Tag", "Other"), ("Other", "Pet"), ("Other",), ("Marked", "Pet")]
    for names in [*chosen, *chosen]:
        assert defined(*names) == defined(*names, shared=False)
    assert defined("Pet")["Pet"] is defined("Pet")["Pet"]
    assert defined("Marked")["Marked"] is not defined("Marked")["Marked"]
