from typing import Any

import pytest

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.near_misses import (
    find_near_misses,
    hint_of_id,
    hint_of_key,
    nearest_field,
    nearest_root_field,
)


def document_of(item: dict[str, Any], **root: Any) -> Document:
    return Document(root={"openapi": "3.1.0", "info": {}, **root, "paths": {"/a": item}}, name="a.yaml")


@pytest.mark.parametrize(
    ("item", "name", "meant"),
    [
        ({"GET": {}}, "GET", "get"),
        ({"Delete": {}}, "Delete", "delete"),
        ({"pots": {}}, "pots", "post"),
        ({"delte": {}}, "delte", "delete"),
        ({"Parameters": []}, "Parameters", "parameters"),
        ({"paramters": []}, "paramters", "parameters"),
        ({"parameter": []}, "parameter", "parameters"),
        ({"Summary": "x"}, "Summary", "summary"),
    ],
)
def test_a_field_of_a_path_item_that_is_nearly_known_is_a_warning_that_names_it(
    item: dict[str, Any], name: str, meant: str
) -> None:
    [found] = find_near_misses(document_of(item))
    assert (found.rule, found.severity, found.pointer) == ("document-near-miss", "warning", ("paths", "/a", name))
    assert f"write `{meant}`" in found.hint


@pytest.mark.parametrize(
    "item",
    [
        {"get": {}},
        {"x-GET": {}},
        {"GET": "text"},
        {"id": "a", "owner": "b", "tag": "c", "path": "d", "input": {}, "host": {}, "object": {}},
        {"trace": {}, "query": {}, "$ref": "#/paths/~1b"},
    ],
)
def test_other_fields_of_a_path_item_are_not_warned_of(item: dict[str, Any]) -> None:
    assert [*find_near_misses(document_of(item))] == []


def test_a_near_miss_beside_the_field_itself_is_to_be_removed_or_renamed() -> None:
    [found] = find_near_misses(document_of({"GET": {}, "get": {}}))
    assert found.hint.startswith("remove it, or rename it")


@pytest.mark.parametrize(("name", "meant"), [("server", "servers"), ("Components", "components"), ("security", "")])
def test_a_field_of_the_root_that_is_nearly_known_is_a_warning_that_names_it(name: str, meant: str) -> None:
    found = [*find_near_misses(document_of({}, **{name: {}}))]
    assert [one.hint for one in found] == ([f"write `{meant}`"] if meant else [])


def test_a_near_miss_of_the_root_beside_the_field_itself_is_not_warned_of() -> None:
    assert [*find_near_misses(document_of({}, servers=[], server=[]))] == []


@pytest.mark.parametrize(
    ("kind", "name", "version", "field"),
    [
        (ObjectKind.OPERATION, "operationID", "3.0", "operationId"),
        (ObjectKind.OPERATION, "responces", "3.0", "responses"),
        (ObjectKind.OPERATION, "requestbody", "3.0", "requestBody"),
        (ObjectKind.OPERATION, "requestbody", "2.0", ""),
        (ObjectKind.OPERATION, "owner", "3.0", ""),
        (ObjectKind.PARAMETER, "requierd", "3.0", "required"),
    ],
)
def test_the_nearest_field_is_one_that_the_version_has(kind: ObjectKind, name: str, version: str, field: str) -> None:
    assert nearest_field(kind, name, version) == field


@pytest.mark.parametrize(
    ("name", "version", "field"),
    [("Paths", "3.0", "paths"), ("definition", "2.0", "definitions"), ("definition", "3.0", "")],
)
def test_the_nearest_field_of_the_root_is_one_that_the_version_has(name: str, version: str, field: str) -> None:
    assert nearest_root_field(name, version) == field


def test_an_operation_below_a_near_miss_is_found_by_its_id_and_its_key() -> None:
    document = document_of({"GET": {"operationId": "listA"}, "put": {"operationID": "putA"}})
    assert hint_of_id(document, "listA") == "the document has it below 'GET' of /a: write `get` there"
    assert hint_of_id(document, "putA") == "`PUT /a` of the document has 'operationID': write `operationId` there"
    assert hint_of_id(document, "other") == ""
    assert hint_of_key(document, OperationKey("GET", "/a")) == "the document has it as 'GET': write `get` there"
    assert hint_of_key(document, OperationKey("PUT", "/a")) == ""
