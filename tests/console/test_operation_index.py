from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.console import operation_index
from plugin_gateway.console.operation_index import CHANGED, DEPRECATED, NEW, WRITE, index_operations
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.reports.operations import Costs
from tests.console.pets_place import Place


def document(paths: dict[str, Any], **schemas: Any) -> Document:
    return Document(root={"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}, name="t")


def test_the_bytes_of_the_reached_components_give_the_tokens_that_ops_prints(place: Place) -> None:
    pets = read_document(str(place.document))
    index, costs = index_operations(pets), Costs(pets)

    assert index.columns["tokens"] == [costs.tokens(one) for one in pets.operations.values()]
    assert index.columns["components"] == [[0, 1], [0, 1], [0, 1], []]
    assert index.total_bytes == sum(index.columns["bytes"]) + sum(index.component_bytes)
    assert (index.title, index.version, index.tags) == ("Pets", "1", ("animals",))


def test_flags_mark_operations_that_write_are_deprecated_are_new_or_have_changed(place: Place) -> None:
    index = index_operations(read_document(str(place.document)))

    assert index.flags_with((), ()) == [0, WRITE, DEPRECATED, 0]
    flags = index.flags_with({OperationKey("GET", "/food")}, {"GET /pets"})
    assert flags == [CHANGED, WRITE, DEPRECATED, NEW]


def test_a_document_of_many_links_is_indexed_with_whole_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation_index, "MOST_LINKS", 3)
    schemas = {"A": {"$ref": "#/components/schemas/B"}, "B": {"type": "string"}}
    get = {"get": {"responses": {"200": {"content": {"a/b": {"schema": {"$ref": "#/components/schemas/A"}}}}}}}
    index = index_operations(document({"/a": get, "/b": get}, **schemas))

    assert index.columns["components"] == [[0, 1], []]
    assert index.columns["bytes"][1] == index.columns["bytes"][0] + sum(index.component_bytes)


def test_hostile_texts_are_cut_and_strange_ones_are_left_out() -> None:
    get = {"get": {"operationId": "x" * 100_000, "summary": "<script>" * 50_000, "tags": ["t" * 9_999, 3]}}
    index = index_operations(document({"/a": get, "/b": {"get": {"operationId": 7, "summary": {}}}}))

    assert len(index.columns["id"][0]) <= 200
    assert len(index.columns["summary"][0]) <= 200
    assert index.columns["id"][1] == index.columns["summary"][1] == ""


def test_equal_operation_ids_are_two_operations() -> None:
    index = index_operations(document({"/a": {"get": {"operationId": "a"}}, "/b": {"get": {"operationId": "a"}}}))

    assert index.columns["id"] == ["a", "a"]
    assert [key.path for key in index.keys] == ["/a", "/b"]


def test_a_schema_that_contains_itself_and_a_broken_reference_end(tmp_path: Path) -> None:
    node = {"$ref": "#/components/schemas/A"}
    get = {"get": {"responses": {"200": {"content": {"a/b": {"schema": node}}}}, "x": {"$ref": "#/nowhere"}}}

    assert index_operations(document({"/a": get}, A={"items": node})).columns["components"] == [[0, 1]]
