"""The names of components are made legal, and everything that names them follows."""

from __future__ import annotations

from typing import Any

from plugin_gateway.publish.component_names import legalise_names


def test_a_legal_document_is_left_alone() -> None:
    root = {"components": {"schemas": {"a.B_c-1": {"$ref": "#/components/schemas/a.B_c-1"}}}}
    before = repr(root)
    legalise_names(root)
    legalise_names({})
    assert repr(root) == before


def test_references_follow_a_renamed_component_in_any_spelling_and_depth() -> None:
    root = {
        "paths": {"/a": {"get": {"parameters": [{"$ref": "#/components/parameters/Page%20size"}]}}},
        "components": {
            "parameters": {"Page size": {"name": "size", "schema": {"$ref": "#/components/schemas/Page%C2%ABOrder%C2%BB"}}},
            "schemas": {
                "Page«Order»": {"items": {"$ref": "#/components/schemas/Page«Order»/properties/a~1b"}, "default": {"$ref": "#/components/schemas/Page«Order»"}},
                "Page_Order": {},
                "a/b": {"$ref": "#/components/schemas/a~1b"},
            },
        },
    }  # fmt: skip
    legalise_names(root)
    assert root == {
        "paths": {"/a": {"get": {"parameters": [{"$ref": "#/components/parameters/Page_size"}]}}},
        "components": {
            "parameters": {"Page_size": {"name": "size", "schema": {"$ref": "#/components/schemas/Page_Order_2"}}},
            "schemas": {
                "Page_Order_2": {"items": {"$ref": "#/components/schemas/Page_Order_2/properties/a~1b"}, "default": {"$ref": "#/components/schemas/Page«Order»"}},
                "Page_Order": {},
                "a_b": {"$ref": "#/components/schemas/a_b"},
            },
        },
    }  # fmt: skip


def test_every_field_that_leads_into_a_renamed_component_follows_it() -> None:
    root: dict[str, Any] = {
        "components": {
            "schemas": {
                "Old name": {"oneOf": [{"$anchor": "here"}]},
                "#here": {},
                "By place": {"$dynamicRef": "#/components/schemas/Old%20name/oneOf/0", "$ref": "#/components/schemas/Old name"},
                "By anchor": {"$dynamicRef": "#here"},
            },
            "pathItems": {"A b": {"get": {}}},
            "links": {"next": {"operationRef": "#/components/pathItems/A%20b/get"}, "odd": {"operationRef": 7}},
        },
    }  # fmt: skip
    legalise_names(root)
    assert root["components"]["schemas"] == {
        "Old_name": {"oneOf": [{"$anchor": "here"}]},
        "here": {},
        "By_place": {"$dynamicRef": "#/components/schemas/Old_name/oneOf/0", "$ref": "#/components/schemas/Old_name"},
        "By_anchor": {"$dynamicRef": "#here"},
    }
    assert root["components"]["links"]["next"] == {"operationRef": "#/components/pathItems/A_b/get"}


def test_the_values_of_a_discriminator_do_not_change() -> None:
    schemas: dict[str, Any] = {
        "Base": {"discriminator": {"propertyName": "t"}},
        "Big Cat": {"allOf": [{"$ref": "#/components/schemas/Base"}]},
        "Dog": {"allOf": [{"$ref": "#/components/schemas/Base"}]},
        "Either": {
            "oneOf": [{"$ref": "#/components/schemas/Big Cat"}, {"$ref": "#/components/schemas/Wild Dog"}],
            "discriminator": {"propertyName": "t", "mapping": {"cat": "Big Cat", "dog": "Dog"}},
        },
        "Wild Dog": {},
    }
    root = {"components": {"schemas": schemas}}
    legalise_names(root)
    renamed = root["components"]["schemas"]
    assert list(renamed) == ["Base", "Big_Cat", "Dog", "Either", "Wild_Dog"]
    assert renamed["Base"]["discriminator"]["mapping"] == {"Big Cat": "#/components/schemas/Big_Cat"}
    assert renamed["Either"]["discriminator"]["mapping"] == {
        "cat": "#/components/schemas/Big_Cat",
        "dog": "Dog",
        "Wild Dog": "#/components/schemas/Wild_Dog",
    }


def test_a_discriminator_that_selects_nothing_renamed_stays_and_odd_nodes_are_passed_over() -> None:
    schemas = {
        "Plain": {"discriminator": {"propertyName": "t"}},
        "Any thing": True,
        "Odd": {"discriminator": {"mapping": 1}},
    }
    root = {"components": {"schemas": schemas, "parameters": None}}
    legalise_names(root)
    assert root["components"]["schemas"] == {
        "Plain": {"discriminator": {"propertyName": "t"}},
        "Any_thing": True,
        "Odd": {"discriminator": {"mapping": 1}},
    }


def test_a_component_without_a_name_gets_one() -> None:
    root: dict[str, Any] = {
        "openapi": "3.1.0",
        "paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/components/responses/"}}}}},
        "components": {"responses": {"": {"description": "ok"}, "component": {"description": "other"}}},
    }
    legalise_names(root)
    assert list(root["components"]["responses"]) == ["component_2", "component"]
    assert root["paths"]["/a"]["get"]["responses"]["200"] == {"$ref": "#/components/responses/component_2"}
