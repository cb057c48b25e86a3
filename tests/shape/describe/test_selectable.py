from typing import Any

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.describe.selectable import selectable_names, selection_parameter

ITEM: dict[str, Any] = {
    "properties": {"id": {}, "user": {"properties": {"login": {}}}, "parent": {"$ref": "#/components/schemas/Item"}}
}
PAGE: dict[str, Any] = {
    "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}, "a,b": {}}
}
DOCUMENT = Document(root={"openapi": "3.1.0", "components": {"schemas": {"Item": ITEM}}}, name="items")


def test_a_name_leads_through_objects_and_through_the_items_of_arrays() -> None:
    names = selectable_names(DOCUMENT, [PAGE])
    assert names["items"] == ("items",)
    assert names["items.user.login"] == ("items", "*", "user", "login")


def test_a_member_with_a_comma_in_its_name_cannot_be_selected() -> None:
    assert "a,b" not in selectable_names(DOCUMENT, [PAGE])


def test_a_circular_schema_has_names_down_to_some_level() -> None:
    names = selectable_names(DOCUMENT, [PAGE])
    assert "items.parent.parent" in names
    assert len(names) < 100


def test_a_parameter_lists_few_names() -> None:
    parameter = selection_parameter("fields", {"id": ("id",), "title": ("title",)})
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("fields", "query", False)
    assert parameter["schema"]["items"] == {"type": "string", "enum": ["id", "title"]}


def test_a_parameter_shows_some_of_very_many_names() -> None:
    parameter = selection_parameter("fields", {f"p{number}": (f"p{number}",) for number in range(80)})
    assert "enum" not in parameter["schema"]["items"]
    assert "Such as: p0, p1, p2" in parameter["description"]
