from __future__ import annotations

import pytest

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.prune.targets import Region, Targets, pointer_of, region_of, tokens_of
from plugin_gateway.openapi.refs import RefError, split_pointer

ROOT = {
    "openapi": "3.1.0",
    "paths": {
        "/a": {
            "parameters": [{"name": "p"}],
            "get": {"parameters": [{"name": "q"}], "responses": {"200": {"links": {"l": {}}, "x-n": {"s": {}}}, "x-r": {}}},
            "put": {"parameters": [{"name": "hidden"}]},
        },
        "/s": {"$ref": "#/components/pathItems/S"},
    },
    "components": {
        "pathItems": {"S": {"get": {"requestBody": {"content": {"a/b": {"schema": {}}}}}}},
        "parameters": {"Ref": {"$ref": "#/components/parameters/P", "schema": {}}, "P": {"name": "p", "schema": {"$ref": "#/components/schemas/A"}}},
        "schemas": {
            "A": {"properties": {"x-n": {}, "b": {"$ref": "#/components/schemas/B", "items": {}}}, "default": {"items": {}}, "x-e": {}},
            "B": {"allOf": [{"$anchor": "here"}], "items": [{}]},
            "Loop": {"$ref": "#/components/schemas/Loop"},
            "Res": {"$id": "https://e.x/res", "$defs": {"d": {}}},
            "Lost": {"$ref": "#lost"},
        },
        "callbacks": {"C": {"{$url}": {"post": {}}, "x-c": {}}},
    },
}  # fmt: skip


def _targets() -> Targets:
    return Targets(Document(root=ROOT, name="d"), {OperationKey("GET", "/a"): ("paths", "/a", "get")})


@pytest.mark.parametrize(
    ("ref", "pointer", "holds"),
    [
        ("#/components/schemas/A", "/components/schemas/A", True),
        ("#/components/schemas/A/properties/b/allOf/0", "/components/schemas/B/allOf/0", False),
        ("#/components/schemas/A/properties/b/items", "/components/schemas/A/properties/b/items", True),
        ("#/paths/~1s/get/requestBody", "/components/pathItems/S/get/requestBody", False),
        ("#here", "/components/schemas/B/allOf/0", True),
        ("https://e.x/res#/$defs/d", "/components/schemas/Res/$defs/d", True),
    ],
)
def test_references_land_also_through_others(ref: str, pointer: str, holds: bool) -> None:
    landing = _targets().land(ref, Region(("paths", "/a")))
    assert landing.tokens == split_pointer(pointer)
    assert landing.holds_as_written is holds


def test_a_relative_reference_does_not_hold_when_its_place_moves() -> None:
    targets = _targets()
    resource = Region(("components", "schemas", "Res"), is_moved=True)
    assert targets.land("#/$defs/d", (resource, "items")).holds_as_written
    assert not targets.land("https://e.x/res", Region(("paths", "/a"), is_moved=True)).holds_as_written
    assert not targets.land("#here", Region(("paths", "/a"), is_moved=True)).holds_as_written


@pytest.mark.parametrize(
    "ref",
    ["#/components/schemas/Nope", "#/components/schemas/Loop/items", "#/components/schemas/Lost/items", "#/components/schemas/A/items/x", "#nope", "a.yaml", ""],
)  # fmt: skip
def test_a_reference_without_a_target_is_an_error(ref: str) -> None:
    if ref:
        with pytest.raises(RefError):
            _targets().land(ref, Region(()))
    else:
        assert _targets().kept_kind(_targets().land(ref, Region(())).tokens) is None


@pytest.mark.parametrize(
    ("pointer", "kind"),
    [
        ("/components/schemas/A", ObjectKind.SCHEMA),
        ("/components/schemas/A/properties/x-n", ObjectKind.SCHEMA),
        ("/components/schemas/A/properties/b/items", ObjectKind.SCHEMA),
        ("/components/schemas/B/items/0", ObjectKind.SCHEMA),
        ("/components/schemas/A/properties", None),
        ("/components/schemas/A/default", None),
        ("/components/schemas/A/default/items", None),
        ("/components/schemas/A/x-e", None),
        ("/components/parameters/P/schema", ObjectKind.SCHEMA),
        ("/components/parameters/Ref", ObjectKind.PARAMETER),
        ("/components/parameters/Ref/schema", None),
        ("/components/callbacks/C/{$url}", ObjectKind.PATH_ITEM),
        ("/components/callbacks/C/{$url}/post", None),
        ("/components/callbacks/C/x-c", None),
        ("/components/pathItems/S", ObjectKind.PATH_ITEM),
        ("/components/pathItems/S/get", None),
        ("/components/schemas", None),
        ("/paths/~1a", None),
        ("/paths/~1a/get", ObjectKind.OPERATION),
        ("/paths/~1a/get/responses/200", ObjectKind.RESPONSE),
        ("/paths/~1a/get/responses/x-r", None),
        ("/paths/~1a/get/responses/200/x-n/s", None),
        ("/paths/~1a/parameters/0", ObjectKind.PARAMETER),
        ("/paths/~1a/put", None),
        ("/paths/~1a/put/parameters/0", None),
        ("/openapi", None),
    ],
)
def test_places_that_the_pruned_document_has_are_known_by_their_kind(pointer: str, kind: ObjectKind | None) -> None:
    assert _targets().kept_kind(split_pointer(pointer)) is kind


def test_a_place_is_spelled_out_from_its_region() -> None:
    region = Region(("paths", "/a"), is_moved=True)
    place = ((region, "get"), "responses")
    assert tokens_of(place) == ("paths", "/a", "get", "responses")
    assert region_of(place) is region


@pytest.mark.parametrize(("ref", "tokens"), [("#/a~1b/%25", ("a/b", "%")), ("#", None), ("#a", None), ("a#/b", None)])
def test_only_local_pointers_name_a_place(ref: str, tokens: tuple[str, str] | None) -> None:
    assert pointer_of(ref) == tokens
