from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.prune.hoist import Hoist, components_in
from tests.narrow import present

PLACE = ("paths", "/denied/x", "get", "schema")


def _document(version: str, **root: dict[str, Any] | int | None) -> Document:
    return Document(root={"swagger" if version == "2.0" else "openapi": version, **root}, name="d")


def test_names_are_numbers_that_the_document_does_not_use() -> None:
    hoist = Hoist(_document("3.0.0", components={"schemas": {"Hoisted1": {}, "Hoisted3": {}}}))
    texts = [present(hoist.give(ObjectKind.SCHEMA, (*PLACE, str(n)))).text for n in range(3)]
    assert texts == [f"#/components/schemas/Hoisted{n}" for n in (2, 4, 5)]
    assert hoist.names == {"schemas": ["Hoisted2", "Hoisted4", "Hoisted5"]}


def test_a_place_is_found_again_by_its_kind() -> None:
    hoist = Hoist(_document("3.0.0"))
    assert hoist.find(ObjectKind.SCHEMA, PLACE) is None
    given = hoist.give(ObjectKind.SCHEMA, PLACE)
    assert hoist.find(ObjectKind.SCHEMA, PLACE) is given
    assert hoist.find(ObjectKind.HEADER, PLACE) is None


@pytest.mark.parametrize(
    ("version", "kind", "text"),
    [
        ("2.0", ObjectKind.SCHEMA, "#/definitions/Hoisted1"),
        ("2.0", ObjectKind.HEADER, None),
        ("2.0", ObjectKind.PATH_ITEM, None),
        ("3.0.0", ObjectKind.PATH_ITEM, "#/components/callbacks/Hoisted1/%7B$url%7D"),
        ("3.1.0", ObjectKind.PATH_ITEM, "#/components/pathItems/Hoisted1"),
        ("3.1.0", ObjectKind.MEDIA_TYPE, None),
        ("3.2.0", ObjectKind.MEDIA_TYPE, "#/components/mediaTypes/Hoisted1"),
    ],
)
def test_each_kind_goes_where_its_version_has_it(version: str, kind: ObjectKind, text: str | None) -> None:
    hoisted = Hoist(_document(version)).give(kind, PLACE)
    assert (hoisted and hoisted.text) == text


@pytest.mark.parametrize("components", [None, 5, {"schemas": 5}, {}])
def test_a_document_without_components_has_an_empty_map_of_them(components: dict[str, int] | int | None) -> None:
    assert components_in(_document("3.0.0", components=components), "schemas") == {}
