from plugin_gateway.openapi.document import Document
from plugin_gateway.tools.standalone import Definitions, Placed

SCHEMAS = {
    "Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}, "x-note": 1},
    "Unused": {"type": "string"},
}


def copied(schema, hidden="readOnly", **schemas):
    document = Document(root={"openapi": "3.1.0", "components": {"schemas": {**SCHEMAS, **schemas}}}, name="o")
    definitions = Definitions(document, hidden=hidden)
    shown = definitions.copy(Placed(schema))
    return shown, definitions.finish(shown)


def test_only_the_schemas_that_are_reached_are_defined_and_circles_stay_circles():
    schema, defs = copied({"items": {"$ref": "#/components/schemas/Node"}})

    assert schema == {"items": {"$ref": "#/$defs/Node"}}
    assert defs == {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}}


def test_properties_that_only_the_other_side_sends_are_left_out():
    schema = {"properties": {"id": {"readOnly": True}, "key": {"writeOnly": True}, "n": {}}, "required": ["id", "n"]}

    assert copied(schema)[0] == {"properties": {"key": {"writeOnly": True}, "n": {}}, "required": ["n"]}
    assert copied(schema, "writeOnly")[0]["properties"].keys() == {"id", "n"}


def test_a_property_named_like_a_keyword_is_a_property():
    assert copied({"properties": {"xml": {"type": "string"}, "x-a": {}}})[0]["properties"].keys() == {"xml", "x-a"}
