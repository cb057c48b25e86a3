from typing import Any

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.parameters import declared_parameters, follow

OWN = {"name": "page", "in": "query", "description": "of the operation"}
SHARED = {"name": "page", "in": "query", "description": "of the path item"}
OTHER = {"name": "page", "in": "header"}


def document(*own: Any) -> Document:
    item = {"parameters": [SHARED, OTHER], "get": {"parameters": list(own)}}
    components = {"a": {"$ref": "#/components/b"}, "b": OWN, "loop": {"$ref": "#/components/loop"}}
    return Document(root={"openapi": "3.1.0", "paths": {"/p": item}, "components": components}, name="d")


def listed(read: Document) -> list[Any]:
    [operation] = read.operations.values()
    return list(declared_parameters(operation, read))


def test_a_parameter_of_the_operation_replaces_the_same_parameter_of_the_path_item() -> None:
    assert listed(document(OWN)) == [OWN, OTHER]


def test_references_to_references_are_followed() -> None:
    assert listed(document({"$ref": "#/components/a"})) == [OWN, OTHER]


def test_a_parameter_that_refers_nowhere_or_to_itself_is_skipped() -> None:
    assert listed(document({"$ref": "#/nowhere"}, {"$ref": "#/components/loop"}, 7)) == [SHARED, OTHER]


def test_following_a_value_that_is_not_an_object_gives_none() -> None:
    assert follow([], document()) is None
