"""The typed nodes of a document."""

from __future__ import annotations

from typing import Any

from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.nodes import copy_json, keep_only, places_of, typed_nodes


def test_every_object_is_found_with_its_kind_the_outer_first() -> None:
    root = {
        "info": {"title": "t"},
        "tags": [{"name": "a"}],
        "paths": {"/a": {"get": {"parameters": [{"schema": {"items": {}}}], "responses": {"200": {}, "x-a": {}}}}, "x-b": {}},
        "components": {"schemas": {"x-schema": {"properties": {"x-c": {}, "on": True}}}, "callbacks": {"C": {"{$u}": {}, "x-d": {}}}},
    }  # fmt: skip
    kinds = [kind for kind, _ in typed_nodes(root)]
    assert sorted(kinds) == sorted(
        [
            ObjectKind.INFO,
            ObjectKind.TAG,
            ObjectKind.PATH_ITEM,
            ObjectKind.OPERATION,
            ObjectKind.PARAMETER,
            ObjectKind.RESPONSES,
            ObjectKind.RESPONSE,
        ]
        + [ObjectKind.SCHEMA] * 4
        + [ObjectKind.CALLBACK, ObjectKind.PATH_ITEM]
    )
    assert kinds.index(ObjectKind.OPERATION) < kinds.index(ObjectKind.PARAMETER) < kinds.index(ObjectKind.SCHEMA)


def test_data_is_not_walked_into() -> None:
    schema = {"default": {"items": {}}, "enum": [{}], "example": {}, "const": {}, "x-y": {}}
    assert [node for _, node in typed_nodes({"components": {"schemas": {"A": schema}}})] == [schema]


def test_swagger_has_its_components_at_the_root() -> None:
    root = {"swagger": "2.0", "definitions": {"A": {}}, "parameters": {"P": {"schema": {}}}}
    assert [kind for kind, _ in typed_nodes(root)] == [ObjectKind.SCHEMA, ObjectKind.PARAMETER, ObjectKind.SCHEMA]


def test_a_copy_is_equal_shares_nothing_and_costs_no_stack() -> None:
    shared: dict[str, Any] = {"a": [1, {"b": None}]}
    value: Any = {"x": shared, "y": [shared]}
    copied = copy_json(value)
    assert copied == value
    assert copied["x"] is not copied["y"][0]
    copied["x"]["a"][1]["b"] = 2
    assert shared == {"a": [1, {"b": None}]}
    for _ in range(1500):
        value = {"a": value}
    copy_json(value)


def test_keep_only_keeps_only() -> None:
    node = {"a": 1, "b": 2}
    keep_only(node, ("b", "c"))
    assert node == {"b": 2}


def test_the_place_of_an_object_is_found_by_identity_not_by_value() -> None:
    root: Any = {"a": [{}, {"b": {}}], "c": {}}
    nodes = [root["c"], root["a"][1]["b"], root["a"][0], root]
    assert places_of(nodes, root) == [("c",), ("a", "1", "b"), ("a", "0"), ()]
    gone = root.pop("c")
    assert places_of([gone], root) == [()]
