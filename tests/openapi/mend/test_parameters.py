"""Mending parameters: missing parameters of a template, invalid locations and styles, and values that are not parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.mend.mended import mend
from plugin_gateway.openapi.mend.notes import errors_in

OK: dict[str, Any] = {"200": {"description": "ok"}}


def _root(operation: dict[str, Any], path: str = "/a", version: str = "3.0.3", **more: Any) -> dict[str, Any]:
    info = {"title": "t", "version": "1"}
    return {"openapi": version, "info": info, "paths": {path: {"get": {"responses": OK, **operation}}}, **more}


def _mend(root: dict[str, Any]) -> tuple[dict[str, Any], tuple[Any, ...]]:
    before = json.dumps(root)
    mended, findings = mend(Document(root=root, name="x"))
    assert json.dumps(root) == before
    return mended.root, findings


def _get(root: dict[str, Any], path: str = "/a") -> dict[str, Any]:
    get: dict[str, Any] = root["paths"][path]["get"]
    return get


def test_parameters_are_mended_if_their_meaning_is_certain() -> None:
    parameters = [
        {"name": "id", "in": "path", "schema": {}},
        {"name": "gone", "in": "path", "required": True, "schema": {}},
        {"name": 5, "in": "path", "required": True, "schema": {}},
        {"name": "q", "in": "Query", "style": "simple"},
        {"name": "both", "in": "query", "schema": {}, "content": {"text/plain": {}}},
    ]
    root, _ = _mend(_root({"parameters": parameters}, "/a/{id}/{more}"))
    assert _get(root, "/a/{id}/{more}")["parameters"] == [
        {"name": "id", "in": "path", "schema": {}, "required": True},
        {"name": "q", "in": "query", "schema": {}},
        {"name": "both", "in": "query", "schema": {}},
        {"name": "more", "in": "path", "required": True, "schema": {"type": "string"}},
    ]


def test_a_parameter_that_refers_to_something_else_is_refused() -> None:
    schemas = {"S": {"type": "string"}}
    _, findings = _mend(_root({"parameters": [{"$ref": "#/components/schemas/S"}]}, components={"schemas": schemas}))
    (error,) = errors_in(findings)
    assert error.message == "'#/components/schemas/S' does not lead to a parameter (at #/paths/~1a/get/parameters/0)"
    assert error.pointer == ("paths", "/a", "get", "parameters", "0")


def test_a_body_of_a_swagger_document_is_described_once() -> None:
    listed = [
        {"name": "form", "in": "formData", "type": "string"},
        {"name": "first", "in": "Body", "schema": {"type": "object"}},
        {"name": "q", "in": "query", "type": "string"},
        {"name": "second", "in": "body", "schema": {"type": "array"}},
    ]
    root = _root({"parameters": listed})
    del root["openapi"]
    mended, findings = _mend({"swagger": "2.0", **root})
    assert [parameter["name"] for parameter in _get(mended)["parameters"]] == ["first", "q"]
    assert sorted(finding.pointer[-1] for finding in findings if "one body" in finding.message) == ["0", "3"]


def test_a_form_of_a_swagger_document_keeps_its_fields() -> None:
    listed = [{"name": name, "in": "formData", "type": "string"} for name in ("a", "b")]
    root = _root({"parameters": listed})
    del root["openapi"]
    mended, findings = _mend({"swagger": "2.0", **root})
    assert _get(mended)["parameters"] == listed
    assert findings == ()


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/issues/{id", "write `/issues/{id}`"),
        ("/issues/id}/lines", "write `/issues/{id}/lines`"),
        ("/issues/{id/lines/{no}", "write `/issues/{id}/lines/{no}`"),
        ("/issues/{id:[0-9]{3}}", "write each parameter as `{name}`"),
        ("/issues/{id}-{no", "write each parameter as `{name}`"),
    ],
)
def test_a_brace_without_its_other_half_is_an_error(path: str, hint: str) -> None:
    (finding,) = errors_in(_mend(_root({}, path))[1])
    assert (finding.pointer, finding.hint) == (("paths", path), hint)


@pytest.mark.parametrize("path", ["/issues/{id}", "/a({b},{c})", "/a?b={c}", "/{}"])
def test_braces_in_pairs_are_no_error(path: str) -> None:
    assert not [*errors_in(_mend(_root({}, path))[1])]
