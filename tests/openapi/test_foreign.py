"""Foreign files: a file given in place of an OpenAPI document is named, with the way to the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.foreign import foreign_text, foreign_value
from plugin_gateway.openapi.read.source import read_document

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("root", "what", "hint"),
    [
        ({"openapi": "api.yaml", "upstream": {}, "allow": []}, "a config of plugin-gateway", "its document: api.yaml"),
        ({"openapi": {"url": "x"}, "allow": []}, "a config of plugin-gateway", "its `openapi` names"),
        ({"upstream": {}}, "a config of plugin-gateway", "its `openapi` names"),
        ({"asyncapi": "2.6.0", "info": {}}, "an AsyncAPI document", "OpenAPI document"),
        ({"info": {"_postman_id": "1"}, "item": []}, "a Postman collection", "export it as OpenAPI 3"),
        ({"log": {"version": "1.2", "entries": []}}, "an HTTP archive (HAR)", "OpenAPI document"),
        ({"swaggerVersion": "1.2", "apis": []}, "a Swagger 1.2 document", "convert"),
        ({"schema_version": "v1", "name_for_model": "a"}, "a plugin manifest", "api.url"),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema"}, "a JSON Schema", ""),
    ],
)
def test_another_kind_of_file_is_named(root: dict[str, Any], what: str, hint: str) -> None:
    found = foreign_value(root)
    assert found is not None
    assert found.message == f"this is {what}, not an OpenAPI document"
    assert hint in found.hint


def test_a_document_below_another_key_is_found() -> None:
    found = foreign_value({"data": {"openapi": "3.0.0", "info": {}, "paths": {}}})
    assert found is not None
    assert (found.pointer, "nested below the key 'data'" in found.message) == (("data",), True)


@pytest.mark.parametrize(
    "root",
    [
        {"openapi": "3.0.0", "info": {}, "paths": {}, "allow": 1},
        {"swagger": "2.0", "$schema": "x"},
        {"openapi": "4.0.0", "paths": {}, "services": {}},
        {"error": "not found"},
        {},
        {"a": {"openapi": 1}},
    ],
)
def test_a_document_or_an_unknown_file_is_not_taken_for_another_kind(root: dict[str, Any]) -> None:
    assert foreign_value(root) is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"<!DOCTYPE html>\n<html>\n<body>: {</body></html>", "an HTML page"),
        (b'<?xml version="1.0"?>\n<definitions/>', "XML"),
        (b"#%RAML 1.0\ntitle: x\n/a:\n  get:\n", "a RAML document"),
        (b"FORMAT: 1A\n# Title\n## GET /a\n", "an API Blueprint"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a pointer of Git LFS"),
        (b"PK\x03\x04aaaa", "a ZIP archive"),
        (b"\x1f\x8b\x08aaaa", "a gzip file"),
        (b'syntax = "proto3";\nmessage A {}\n', "a Protocol Buffers file"),
        (b"# Queries\ntype Query {\n  a: Int\n}\n", "a GraphQL schema"),
    ],
)
def test_text_of_another_kind_is_named(text: bytes, what: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(text)
    with pytest.raises(DocumentError) as caught:
        read_document(str(tmp_path / "file"))
    assert [finding.message for finding in caught.value.findings] == [f"this is {what}, not an OpenAPI document"]


@pytest.mark.parametrize("text", [b"openapi: 3.0.0\ninfo: {\ntype A {\n", b"a: [", b'{"openapi": "3.0.0",\nenum A {'])
def test_a_broken_document_is_not_taken_for_another_kind(text: bytes) -> None:
    assert foreign_text(text) is None
