from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.structure import check_paths, check_root

OK = {"openapi": "3.0.3", "paths": {}}


@pytest.mark.parametrize(
    "root",
    [
        OK,
        {"openapi": "3.1.0"},
        {"openapi": "3.2.0"},
        {"openapi": "3.0", "paths": {"/a": {}}},
        {"swagger": "2.0", "paths": {}},
    ],
)
def test_a_document_of_a_known_version_has_no_mistake(root: Any) -> None:
    assert list(check_root(root)) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"openapi": 3.1}, {"openapi": "3.1.0"}),
        ({"openapi": "3.2"}, {"openapi": "3.2.0"}),
        ({"openapi": 3.0, "paths": {}}, {"openapi": "3.0.0", "paths": {}}),
        ({"swagger": 2.0, "paths": {}}, {"swagger": "2.0", "paths": {}}),
        ({"swagger": 2, "paths": {}}, {"swagger": "2.0", "paths": {}}),
    ],
)
def test_a_version_without_a_patch_number_is_completed(written: dict[str, Any], meant: dict[str, Any]) -> None:
    assert list(check_root(written)) == []
    assert written == meant


@pytest.mark.parametrize(
    ("root", "rule", "pointer"),
    [
        ([], "document-root", ()),
        ("text", "document-root", ()),
        (None, "document-root", ()),
        ({}, "document-version", ()),
        ({"openapi": "3.0.0", "swagger": "2.0", "paths": {}}, "document-version", ("swagger",)),
        ({"openapi": "4.0.0", "paths": {}}, "document-version", ("openapi",)),
        ({"openapi": "3.0.3\nx", "paths": {}}, "document-version", ("openapi",)),
        ({"openapi": "3.0.3 or so", "paths": {}}, "document-version", ("openapi",)),
        ({"openapi": "3.10.0", "paths": {}}, "document-version", ("openapi",)),
        ({"openapi": True, "paths": {}}, "document-version", ("openapi",)),
        ({"openapi": {}, "paths": {}}, "document-version", ("openapi",)),
        ({"swagger": "1.2", "paths": {}}, "document-version", ("swagger",)),
        ({"swagger": "3.0.0", "paths": {}}, "document-version", ("swagger",)),
        ({"openapi": "3.0.3"}, "document-paths", ()),
        ({"swagger": "2.0"}, "document-paths", ()),
        ({"openapi": "3.1.0", "paths": "foo"}, "document-paths", ("paths",)),
        ({"openapi": "3.1.0", "paths": None}, "document-paths", ("paths",)),
    ],
)
def test_a_value_that_is_not_a_document_is_reported(root: Any, rule: str, pointer: tuple[str, ...]) -> None:
    (finding,) = check_root(root)

    assert (finding.rule, finding.pointer) == (rule, pointer)


@pytest.mark.parametrize(
    ("paths", "rule", "pointer"),
    [
        ({"a": {}}, "document-path", ("paths", "a")),
        ({"": {}}, "document-path", ("paths", "")),
        ({"/a": None}, "document-path-item", ("paths", "/a")),
        ({"/a": [{}]}, "document-path-item", ("paths", "/a")),
        ({"/a": 1.5}, "document-path-item", ("paths", "/a")),
        ({"/a": {"get": "x"}}, "document-operation", ("paths", "/a", "get")),
        ({"/a": {"trace": None}}, "document-operation", ("paths", "/a", "trace")),
        ({"/a": {"$ref": "#/paths/~1a"}}, "document-ref", ("paths", "/a", "$ref")),
        ({"/a": {"$ref": "file:///etc/passwd"}}, "document-ref", ("paths", "/a", "$ref")),
    ],
)
def test_a_path_that_cannot_be_read_is_reported(paths: Any, rule: str, pointer: tuple[str, ...]) -> None:
    (finding,) = check_paths(Document(root={"openapi": "3.1.0", "paths": paths}, name="x"))

    assert (finding.rule, finding.pointer) == (rule, pointer)


@pytest.mark.parametrize(
    "paths", [{}, {"/a": {"get": {}, "parameters": []}}, {"x-paths": 5}, {"/a": {"x-get": 5, "query": 5}}]
)
def test_readable_paths_are_fine(paths: Any) -> None:
    assert list(check_paths(Document(root={"openapi": "3.1.0", "paths": paths}, name="x"))) == []


def test_a_document_without_paths_is_fine() -> None:
    assert list(check_paths(Document(root={"openapi": "3.1.0"}, name="x"))) == []


@pytest.mark.parametrize(
    ("root", "hint"),
    [
        ({"swagger": "3.0.0", "paths": {}}, "write `openapi: 3.0.0`"),
        ({"openapi": "2.0", "paths": {}}, "write `swagger: 2.0`"),
        ({"openapi": "4.0.0", "paths": {}}, "supported versions are 2.0, 3.0, 3.1 and 3.2"),
        ({"OpenAPI": "3.1.0", "paths": {}}, "write `openapi`"),
        ({"openapi": "3.1.0", "Paths": {}}, "write `paths`"),
        ({"openapi": "3.0.0", "path": {}}, "write `paths`"),
        ({"swagger": "2.0", "pahts": {}}, "write `paths`"),
    ],
)
def test_the_hint_for_a_wrong_key_names_the_right_one(root: Any, hint: str) -> None:
    (finding,) = check_root(root)
    assert finding.hint == hint


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("orders/{id}", "write `/orders/{id}`"),
        ("https://api.example.com/orders", "write `/orders`; the URL before it belongs in `servers`"),
    ],
)
def test_the_hint_for_a_path_without_a_slash_is_the_path(path: str, hint: str) -> None:
    (finding,) = check_paths(Document(root={**OK, "paths": {path: {}}}, name="t"))
    assert finding.hint == hint
