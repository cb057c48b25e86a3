from typing import Any

import pytest

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.refs import RefError


def document(version: str = "3.1.0", **root: Any) -> Document:
    return Document(root={("swagger" if version == "2.0" else "openapi"): version, **root}, name="api.yaml")


def keys(subject: Document) -> list[str]:
    return [str(key) for key in subject.operations]


@pytest.mark.parametrize(("text", "version"), [("3.0.3", "3.0"), ("3.1.0", "3.1"), ("3.2.0-rc", "3.2"), ("2.0", "2.0")])
def test_the_version_is_major_and_minor(text: str, version: str) -> None:
    assert document(text).version == version


@pytest.mark.parametrize(
    ("version", "extra"),
    [("2.0", []), ("3.0.3", ["TRACE"]), ("3.1.0", ["TRACE"]), ("3.2.0", ["TRACE", "QUERY", "COPY"])],
)
def test_each_version_has_its_own_methods(version: str, extra: list[str]) -> None:
    item: dict[str, Any] = {
        "get": {},
        "trace": {},
        "query": {},
        "additionalOperations": {"COPY": {}},
        "GET": {},
        "x-get": {},
    }

    assert keys(document(version, paths={"/a": item})) == [f"{method} /a" for method in ["GET", *extra]]


def test_operations_keep_the_order_of_the_document() -> None:
    subject = document(paths={"/b": {"post": {}, "get": {}}, "/a": {"get": {}}})

    assert keys(subject) == ["POST /b", "GET /b", "GET /a"]


def test_an_operation_has_its_id_tags_and_node() -> None:
    node = {"operationId": "listPets", "tags": ["pets", 5]}
    operation = document(paths={"/pets": {"get": node}}).operations[OperationKey("GET", "/pets")]

    assert operation.operation_id == "listPets"
    assert operation.tags == ("pets",)
    assert operation.node is node


@pytest.mark.parametrize("node", [{}, {"operationId": ""}, {"operationId": 5}, {"tags": "pets"}, {"tags": None}])
def test_an_invalid_operation_id_or_tag_is_ignored(node: dict[str, Any]) -> None:
    operation = document(paths={"/pets": {"get": node}}).operations[OperationKey("GET", "/pets")]

    assert operation.operation_id is None
    assert operation.tags == ()


def test_a_path_item_is_followed_through_a_chain() -> None:
    subject = document(
        paths={"/a": {"$ref": "#/components/pathItems/One"}},
        components={"pathItems": {"One": {"$ref": "#/components/pathItems/Two"}, "Two": {"get": {"operationId": "x"}}}},
    )

    assert subject.operations[OperationKey("GET", "/a")].operation_id == "x"


def test_fields_beside_a_reference_win() -> None:
    subject = document(
        paths={"/a": {"$ref": "#/paths/~1b", "get": {"operationId": "mine"}}, "/b": {"get": {}, "put": {}}},
    )

    assert keys(subject) == ["GET /a", "PUT /a", "GET /b", "PUT /b"]
    assert subject.operations[OperationKey("GET", "/a")].operation_id == "mine"
    assert subject.root["paths"]["/a"].keys() == {"$ref", "get"}


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        ({"/a": {"$ref": "#/paths/~1a"}}, "leads back to itself"),
        ({"/a": {"$ref": "#/paths/~1b"}, "/b": {"$ref": "#/paths/~1a"}}, "leads back to itself"),
        ({"/a": {"$ref": "#/paths/~1nope"}}, "points at nothing"),
        ({"/a": {"$ref": "#/openapi"}}, "is not a valid path item"),
    ],
)
def test_a_path_item_that_leads_nowhere_has_no_operations(paths: dict[str, Any], reason: str) -> None:
    subject = document(paths=paths)

    assert keys(subject) == []
    with pytest.raises(RefError, match=reason):
        subject.follow_path_item(paths["/a"])


@pytest.mark.parametrize(
    "paths", [None, [], "x", {"/a": None}, {"/a": []}, {"/a": {"get": None}}, {"a": {"get": {}}}, {"x-a": {"get": {}}}]
)
def test_malformed_nodes_are_passed_over(paths: Any) -> None:
    assert keys(document("3.2.0", paths=paths)) == []


@pytest.mark.parametrize("additional", [None, [], {"COPY": None}, {"x-copy": {}}])
def test_malformed_additional_operations_are_passed_over(additional: Any) -> None:
    assert keys(document("3.2.0", paths={"/a": {"additionalOperations": additional}})) == []


def test_a_fixed_field_wins_over_an_additional_operation_of_its_name() -> None:
    subject = document("3.2.0", paths={"/a": {"additionalOperations": {"get": {"operationId": "b"}}, "get": {}}})

    assert subject.operations[OperationKey("GET", "/a")].operation_id is None


def test_a_document_without_paths_has_no_operations() -> None:
    assert keys(document()) == []


def test_the_reason_why_a_reference_was_not_read_is_in_its_error() -> None:
    subject = Document(root={}, name="x", unread={"file:///etc/passwd": "leads to another place"})

    with pytest.raises(RefError, match="leads to another place"):
        subject.resolve("file:///etc/passwd")
    with pytest.raises(RefError, match="is outside this document"):
        subject.resolve("file:///etc/group")
