from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.revision.doubts import find_doubts

OK = {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "string"}}}}}
TOLD = {"name": "q", "in": "query", "description": "Words.", "schema": {"type": "string"}}


def body(schema: Any, media_type: str = "application/json") -> dict[str, Any]:
    return {"requestBody": {"content": {media_type: {"schema": schema}}}}


def reply(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}}


def doubts(node: Any, method: str = "get", **known: Any) -> dict[str, str]:
    document = Document(root={"openapi": "3.1.0", "paths": {"/a": {method: {"responses": OK, **node}}}}, name="d")
    (operation,) = document.operations.values()
    facts = {"tool_tokens": 100, "consequential": None, **known}
    return {doubt.kind: doubt.text for doubt in find_doubts(operation, document, **facts)}


LARGE = {"type": "array", "items": {"properties": {f"{number}_body": {"type": "string"} for number in range(9)}}}
FILE = {"type": "string", "format": "binary"}


@pytest.mark.parametrize(
    ("node", "kind", "text"),
    [
        ({"description": "x" * 301}, "long-text", "301 characters"),
        ({"parameters": [{**TOLD, "description": "x" * 701}]}, "long-text", "`q`"),
        ({"parameters": [{"name": "q", "in": "query", "schema": {}}]}, "no-text", "`q` means"),
        ({"parameters": [{"name": one, "in": "query"} for one in "abcdefg"]}, "no-text", "`e` and 2 more mean"),
        (reply(LARGE), "large-reply", "refuses more than 100,000"),
        (reply({"type": "object"}), "unknown-reply", "does not describe"),
        (reply({}), "unknown-reply", "does not describe"),
    ],
)
def test_each_doubt_is_found(node: Any, kind: str, text: str) -> None:
    assert text in doubts(node)[kind]


@pytest.mark.parametrize(
    ("node", "kind", "text"),
    [
        (body({"properties": {"title": {"type": "string"}}}), "no-text", "`title`"),
        (body({"type": "object"}), "free-form", "`/`"),
        (body({"properties": {"meta": {"type": "object", "additionalProperties": True}}}), "free-form", "`/meta`"),
        (body({"properties": {"a": {"properties": {"b": {"type": "object"}}}}}), "free-form", "`/a/b`"),
        (body(FILE, "application/octet-stream"), "upload", "application/octet-stream"),
        (body({"properties": {"file": FILE}}, "multipart/form-data"), "upload", "multipart/form-data"),
        (
            body({"properties": {"files": {"type": "array", "items": FILE}}}, "multipart/form-data"),
            "upload",
            "multipart",
        ),
        ({}, "no-consequential", "`consequential`"),
    ],
)
def test_each_doubt_about_a_write_is_found(node: Any, kind: str, text: str) -> None:
    assert text in doubts(node, "post")[kind]


def test_an_operation_with_all_texts_has_no_doubts() -> None:
    schema = {"properties": {"title": {"type": "string", "description": "Its title."}}, "additionalProperties": False}

    assert doubts({"summary": "Short", "parameters": [TOLD]}) == {}
    assert doubts({"summary": "Short", "parameters": [TOLD], **body(schema)}, "post", consequential=True) == {}
    assert doubts({"summary": "Short", **body({"properties": {"a": {**FILE, "format": "x", "description": "A."}}}, "multipart/form-data")}, "put", consequential=False) == {}  # fmt: skip


def test_a_described_map_is_not_free() -> None:
    labels = {"type": "object", "additionalProperties": {"type": "string"}}

    assert "free-form" not in doubts(body({"properties": {"labels": labels}}), "post")


def test_a_tool_that_is_too_large_for_chatgpt_is_a_doubt() -> None:
    assert "5,000" in doubts({}, tool_tokens=5000)["large-tool"]
    assert "large-tool" not in doubts({}, tool_tokens=4999)
    assert "large-tool" not in doubts({}, tool_tokens=None)
