"""Settled references: nothing is referred to that rewriting moves."""

from __future__ import annotations

from typing import Any

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.versions.settled_refs import settle_refs


def _settled(root: dict[str, Any], version: str = "3.1.0", **options: Any) -> dict[str, Any]:
    head = {"swagger": "2.0"} if version == "2.0" else {"openapi": version}
    before = repr(root)
    settled = settle_refs(Document(root={**head, **root}, name="x"), **options)
    assert repr(root) == before
    return settled


def test_a_place_under_a_path_becomes_a_component_once_even_when_it_refers_to_itself() -> None:
    schema = {"properties": {"next": {"$ref": "#/paths/~1a/get/responses/200/content/j/schema"}}}
    responses = {"200": {"content": {"j": {"schema": schema}}}}
    also = {"schema": {"$ref": "#/paths/~1a/get/responses/200/content/j/schema"}}
    settled = _settled({"paths": {"/a": {"get": {"responses": responses, "requestBody": {"content": {"j": also}}}}}})
    name = "paths_a_get_responses_200_content_j_schema"
    ref = {"$ref": f"#/components/schemas/{name}"}
    assert settled["components"]["schemas"] == {name: {"properties": {"next": ref}}}
    assert settled["paths"]["/a"]["get"]["requestBody"]["content"]["j"]["schema"] == ref
    assert settled["paths"]["/a"]["get"]["responses"]["200"]["content"]["j"]["schema"]["properties"]["next"] == ref


def test_a_new_component_has_the_name_that_its_author_gave_it() -> None:
    place = "#/paths/~1a/parameters/0/schema/$defs/Address"
    schema = {"$defs": {"Address": {"type": "object"}}, "items": {"$ref": place}}
    settled = _settled({"paths": {"/a": {"parameters": [{"schema": schema}]}}})
    assert settled["components"]["schemas"] == {"Address": {"type": "object"}}


def test_a_new_component_takes_no_name_that_is_taken() -> None:
    settled = _settled(
        {
            "paths": {
                "/a": {"get": {"parameters": [{"$ref": "#/paths/~1b/parameters/0"}]}},
                "/b": {"parameters": [{"name": "p"}]},
            },
            "components": {"parameters": {"paths_b_parameters_0": {"name": "q"}}},
        }
    )
    assert settled["paths"]["/a"]["get"]["parameters"] == [{"$ref": "#/components/parameters/paths_b_parameters_0_2"}]
    assert settled["components"]["parameters"]["paths_b_parameters_0_2"] == {"name": "p"}


def test_components_and_places_in_their_schemas_stay_as_they_are_referred_to() -> None:
    schemas = {
        "A": {
            "$defs": {"d": {"$anchor": "x"}},
            "items": {"$ref": "#/components/schemas/A/$defs/d"},
            "not": {"$ref": "#x"},
        }
    }
    assert _settled({"components": {"schemas": schemas}})["components"]["schemas"] == schemas


def test_a_schema_inside_a_swagger_response_becomes_a_definition() -> None:
    root = {
        "responses": {"R": {"schema": {"type": "string"}}},
        "definitions": {"A": {"items": {"$ref": "#/responses/R/schema"}}},
    }
    assert _settled(root, "2.0")["definitions"] == {
        "A": {"items": {"$ref": "#/definitions/responses_R_schema"}},
        "responses_R_schema": {"type": "string"},
    }


def test_path_items_are_written_where_they_are_used() -> None:
    root = {
        "paths": {"/a": {"$ref": "#/components/pathItems/P", "summary": "s"}},
        "components": {"pathItems": {"P": {"get": {}}}},
    }
    assert _settled(root)["paths"] == {"/a": {"get": {}, "summary": "s"}}


def test_a_path_item_with_a_broken_reference_stays() -> None:
    root = {"paths": {"/a": {"$ref": "#/components/pathItems/P"}}}
    assert _settled(root)["paths"] == root["paths"]


def test_shared_media_types_are_written_where_they_are_used_and_do_not_go_round_forever() -> None:
    round_trip = {"encoding": {"a": {"headers": {"H": {"content": {"j": {"$ref": "#/components/mediaTypes/M"}}}}}}}
    root = {
        "components": {
            "mediaTypes": {"M": round_trip, "N": {"$ref": "#/components/mediaTypes/Plain"}, "Plain": {"schema": {}}, "L": {"$ref": "#/components/mediaTypes/L"}},
            "requestBodies": {"A": {"content": {"j": {"$ref": "#/components/mediaTypes/N"}, "k": {"$ref": "#/components/mediaTypes/M"}, "l": {"$ref": "#/components/mediaTypes/L"}}}},
        }
    }  # fmt: skip
    settled = _settled(root, "3.2.0")
    assert settled["components"] == {
        "requestBodies": {
            "A": {
                "content": {
                    "j": {"schema": {}},
                    "k": {"encoding": {"a": {"headers": {"H": {"content": {"j": {}}}}}}},
                    "l": {},
                }
            }
        }
    }


def test_only_fields_that_are_allowed_beside_a_reference_stay() -> None:
    entry = {"$ref": "#/components/parameters/P", "description": "d", "example": 1}
    root = {"paths": {"/a": {"parameters": [entry]}}, "components": {"parameters": {"P": {"name": "p"}}}}
    assert _settled(root)["paths"]["/a"]["parameters"] == [{"$ref": "#/components/parameters/P", "description": "d"}]


def test_data_that_looks_like_a_reference_is_left_alone() -> None:
    root = {
        "components": {"schemas": {"A": {"default": {"$ref": "#/info"}, "properties": {"$ref": {"type": "string"}}}}}
    }
    assert _settled(root)["components"] == root["components"]


def test_whole_references_are_pointers_to_components() -> None:
    schemas = {"A": {"$anchor": "a", "properties": {"x": {"type": "string"}}}, "B": {"anyOf": [{"$ref": "#a"}, {"$ref": "#/components/schemas/A/properties/x"}, {"$ref": "#nowhere"}]}}  # fmt: skip
    settled = _settled({"components": {"schemas": schemas}}, whole=True)
    assert settled["components"]["schemas"]["B"]["anyOf"] == [
        {"$ref": "#/components/schemas/A"},
        {"$ref": "#/components/schemas/A_properties_x"},
        {"$ref": "#nowhere"},
    ]


def test_a_reference_to_a_component_of_another_kind_is_left_to_its_author() -> None:
    root = {
        "paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/components/schemas/S"}}}}},
        "components": {"schemas": {"S": {}}},
    }
    assert _settled(root)["components"] == _settled(root, whole=True)["components"] == root["components"]
    swagger = {"paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/definitions/S"}}}}}, "definitions": {"S": {}}}
    assert _settled(swagger, "2.0") == {"swagger": "2.0", **swagger}


def test_whole_references_keep_their_meaning_in_their_schema_resource() -> None:
    tree = {
        "$id": "https://e.x/tree",
        "$dynamicAnchor": "node",
        "properties": {"next": {"$dynamicRef": "#node"}, "leaf": {"$ref": "#/$defs/leaf"}, "other": {"$ref": "other"}},
        "$defs": {"leaf": {"items": {"$ref": "#/$defs/inner"}}, "inner": {"type": "string"}},
    }
    schemas = {"Tree": tree, "Other": {"$id": "https://e.x/other"}, "Root": {"$ref": "https://e.x/tree#node"}}
    settled = _settled({"components": {"schemas": schemas}}, whole=True)["components"]["schemas"]
    ref = "#/components/schemas/"
    assert settled["Root"] == settled["Tree"]["properties"]["next"] == {"$ref": f"{ref}Tree"}
    assert settled["Tree"]["properties"]["other"] == {"$ref": f"{ref}Other"}
    assert settled["Tree"]["properties"]["leaf"] == {"$ref": f"{ref}Tree_defs_leaf"}
    assert settled["Tree_defs_leaf"] == {"items": {"$ref": f"{ref}Tree_defs_inner"}}
    assert settled["Tree_defs_inner"] == {"type": "string"}
