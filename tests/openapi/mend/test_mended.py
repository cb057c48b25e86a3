"""Mending: each mistake of a source is corrected if its meaning is certain, left out with a warning, or refused at its
place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import openapi_spec_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.diagnostics import Severity
from plugin_gateway.errors import FindingsError
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.mend.mended import mend
from plugin_gateway.openapi.mend.notes import errors_in
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.publish.document import Presentation, PublishedOperation, build_served_document
from plugin_gateway.publish.operation_ids import assign_operation_ids

SCHEMAS = Path(openapi_spec_validator.__file__).parent / "resources" / "schemas"
OK: dict[str, Any] = {"200": {"description": "ok"}}


def _root(operation: dict[str, Any], path: str = "/a", version: str = "3.0.3", **more: Any) -> dict[str, Any]:
    info = {"title": "t", "version": "1"}
    return {"openapi": version, "info": info, "paths": {path: {"get": {"responses": OK, **operation}}}, **more}


def _mend(root: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    before = json.dumps(root)
    mended, findings = mend(Document(root=root, name="x"))
    assert json.dumps(root) == before
    return mended.root, list(findings)


def _get(root: dict[str, Any], path: str = "/a") -> dict[str, Any]:
    get: dict[str, Any] = root["paths"][path]["get"]
    return get


def _schema(schema: Any, version: str = "3.0.3") -> tuple[Any, list[Any]]:
    root, findings = _mend(_root({}, version=version, components={"schemas": {"S": schema}}))
    return root["components"]["schemas"]["S"], findings


@pytest.mark.parametrize(
    ("operation", "pointer"),
    [
        ({"parameters": [None]}, ("parameters", "0")),
        ({"parameters": [{"in": "header", "required": True, "schema": {}}]}, ("parameters", "0")),
        ({"parameters": [{"in": "nowhere", "name": "n"}]}, ("parameters", "0")),
        ({"parameters": [{"in": ["query"], "name": "n"}]}, ("parameters", "0")),
        ({"parameters": {"a": {}}}, ("parameters",)),
        ({"requestBody": []}, ("requestBody",)),
        ({"requestBody": 5}, ("requestBody",)),
        ({"responses": {"200": None}}, ("responses", "200")),
        ({"responses": {"200": {"description": "", "content": []}}}, ("responses", "200", "content")),
        ({"responses": {"200": {"description": "", "headers": {"X": 1}}}}, ("responses", "200", "headers", "X")),
        ({"callbacks": {"c": "x"}}, ("callbacks", "c")),
    ],
)
def test_a_plain_value_in_place_of_an_object_is_an_error_at_its_place(
    operation: dict[str, Any], pointer: tuple[str, ...]
) -> None:
    _, findings = _mend(_root(operation))
    (error,) = errors_in(tuple(findings))
    assert error.rule == "document-node"
    assert error.pointer == ("paths", "/a", "get", *pointer)


@pytest.mark.parametrize(
    ("section", "ref"), [("components", "#/components/schemas/S"), ("definitions", "#/definitions/S")]
)
def test_a_response_that_refers_to_a_schema_is_served_without_a_body(section: Any, ref: Any) -> None:
    root = _root({"responses": {"default": {"$ref": ref}}}, components={"schemas": {"S": {}}}, definitions={"S": {}})
    if section == "definitions":
        root = {**root, "swagger": "2.0"}
        del root["openapi"]
    mended, findings = _mend(root)
    assert _get(mended)["responses"] == {"default": {"description": ""}}
    assert [one.severity for one in findings if one.pointer[-1:] == ("default",)] == [Severity.WARNING]


def test_a_media_type_that_refers_to_another_kind_is_served_without_the_reference() -> None:
    responses = {"R": {"description": "r"}}
    content = {"text/plain": {"$ref": "#/components/responses/R", "bogus": 1}}
    root = _root({"responses": {"200": {"description": "d", "content": content}}}, components={"responses": responses})
    mended, findings = _mend({**root, "openapi": "3.2.0"})
    assert _get(mended)["responses"]["200"]["content"] == {"text/plain": {}}
    assert [one.pointer[-1] for one in findings if one.pointer] == ["$ref", "bogus"]


def test_a_ref_that_is_no_text_is_left_out_of_a_callback() -> None:
    callbacks = {"c": {"$ref": {"x": 1}, "{$request.body#/url}": {"post": {"responses": OK}}}}
    mended, (finding,) = _mend(_root({"callbacks": callbacks}))
    assert list(_get(mended)["callbacks"]["c"]) == ["{$request.body#/url}"]
    assert finding.pointer[-1] == "$ref"


def test_each_tag_is_listed_once() -> None:
    tags = [{"name": "a"}, {"name": "b"}, {"name": "a", "description": "d"}, {"description": "d"}, {}, "a"]
    mended, findings = _mend(_root({}, tags=tags))
    assert mended["tags"][:2] == [{"name": "a"}, {"name": "b"}]
    assert [tag for tag in mended["tags"] if isinstance(tag, dict) and tag.get("name") == "a"] == [{"name": "a"}]
    assert ("tags", "2") in {finding.pointer for finding in findings}


def test_fields_that_the_version_does_not_know_are_left_out_and_extensions_stay() -> None:
    root = _root({"bogus": {"operationId": "denied"}, "x-a": 1})
    root["info"] |= {"extra": 1, "summary": "since 3.1", "externalDocs": {"url": "https://x.example.com"}}
    mended, findings = _mend(root)
    assert set(_get(mended)) == {"responses", "x-a"}
    assert set(mended["info"]) == {"title", "version"}
    assert {finding.pointer for finding in findings} == {
        ("paths", "/a", "get", "bogus"),
        *(("info", name) for name in ("extra", "summary", "externalDocs")),
    }


@pytest.mark.parametrize(
    ("version", "written", "served"),
    [
        ("3.0.3", {"required": ["a", "a"]}, {"required": ["a"]}),
        ("3.0.3", {"required": True}, {}),
        ("3.0.3", {"required": []}, {}),
        ("3.0.3", {"bogus": {"a": 1}}, {}),
        ("3.0.3", {"maxLength": "7", "minLength": -1, "minimum": "x"}, {"maxLength": 7}),
        ("3.0.3", {"type": "String"}, {"type": "string"}),
        ("3.0.3", {"type": "any"}, {}),
        ("3.0.3", {"exclusiveMinimum": True}, {}),
        ("3.0.3", {"pattern": "("}, {}),
        ("3.0.3", {"pattern": r"^\p{L}+$"}, {"pattern": r"^\p{L}+$"}),
        ("3.0.3", {"enum": []}, {}),
        ("3.0.3", {"properties": {"a": None, "b": True}}, {"properties": {"a": {}, "b": {}}}),
        ("3.0.3", {"allOf": []}, {}),
        ("3.1.0", {"properties": {"b": False}}, {"properties": {"b": False}}),
        ("3.1.0", {"nullable": True, "type": "string"}, {"type": ["string", "null"]}),
        ("3.1.0", {"nullable": False, "type": "string"}, {"type": "string"}),
        ("3.1.0", {"exclusiveMinimum": True, "minimum": 3}, {"exclusiveMinimum": 3}),
        ("3.1.0", {"exclusiveMaximum": False, "maximum": 3}, {"maximum": 3}),
        ("3.1.0", {"$anchor": "no anchor"}, {}),
        ("3.1.0", {"bogus": 1}, {}),
        ("3.0.3", {"type": "integer", "default": "a''"}, {"type": "integer"}),
        ("3.0.3", {"type": "integer", "default": 3}, {"type": "integer", "default": 3}),
    ],
)
def test_schemas_are_written_as_their_version_has_them(
    version: str, written: dict[str, Any], served: dict[str, Any]
) -> None:
    schema, findings = _schema(written, version)
    assert schema == served
    assert all(finding.severity is Severity.WARNING and finding.pointer for finding in findings)


def test_a_value_written_in_place_of_an_example_is_its_value() -> None:
    media = {"schema": {}, "examples": {"e": "text", "f": [1]}}
    root, _ = _mend(_root({"responses": {"200": {"description": "", "content": {"application/json": media}}}}))
    content = _get(root)["responses"]["200"]["content"]
    assert content["application/json"]["examples"] == {"e": {"value": "text"}, "f": {"value": [1]}}


def test_a_license_is_named_by_one_of_identifier_and_url() -> None:
    root = _root({}, version="3.1.0")
    root["info"] = {**root["info"], "license": {"name": "MIT", "identifier": "MIT", "url": "https://e.x/mit"}}
    mended, findings = _mend(root)
    assert mended["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
    assert [finding.pointer for finding in findings] == [("info", "license", "url")]


def test_a_dialect_that_is_no_text_is_left_out() -> None:
    root, findings = _mend(
        _root({}, version="3.1.0", jsonSchemaDialect=["https://json-schema.org/draft/2020-12/schema"])
    )
    assert "jsonSchemaDialect" not in root
    assert [finding.pointer for finding in findings] == [("jsonSchemaDialect",)]


def test_texts_that_yaml_took_for_numbers_are_texts_again() -> None:
    root = _root({"summary": 5, "tags": "one"})
    root["info"] = {"title": True, "version": 1.0}
    mended, _ = _mend(root)
    assert mended["info"] == {"title": "true", "version": "1.0"}
    assert (_get(mended)["summary"], _get(mended)["tags"]) == ("5", ["one"])


def test_a_valid_document_stays_unchanged_without_a_finding() -> None:
    parameter = {
        "name": "q",
        "in": "query",
        "style": "deepObject",
        "schema": {"type": "object", "default": {"$ref": ""}},
    }
    root = _root({"parameters": [parameter], "tags": ["a"], "deprecated": True})
    assert _mend(root) == (root, [])


DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/a/{id}": {
            "get": {
                "operationId": "a",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"$ref": "#/components/parameters/P"},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S"}}}},
                "responses": {
                    "200": {
                        "description": "ok",
                        "headers": {"X": {"schema": {"type": "integer"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/S"}, "example": 1}},
                        "links": {"l": {"operationId": "a", "parameters": {"id": "$request.path.id"}}},
                    }
                },
            }
        }
    },
    "components": {
        "parameters": {"P": {"name": "p", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}},
        "schemas": {
            "S": {
                "type": "object",
                "required": ["a"],
                "properties": {"a": {"type": "integer", "minimum": 1, "default": 3}, "b": {"enum": ["x"]}},
                "allOf": [{"type": "object"}],
            }
        },
    },
}


ODD: list[Any] = [None, True, 0, -1, "", "x", [], [None], {}, {"a": None}, {"$ref": 5}, {"$ref": "#/nowhere"}, {"x": 1}]


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, child in items for place in _places(child, (*at, key)))]


PLACES = [place for place in _places(DOCUMENT) if place and place[0] != "openapi"]


@pytest.fixture(scope="module")
def official() -> dict[str, Any]:
    return {
        version: jsonschema_rs.validator_for(json.loads((SCHEMAS / f"v{version}" / "schema.json").read_text()))
        for version in ("3.0", "3.1")
    }


@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(ODD)), min_size=1, max_size=3))
def test_a_broken_document_is_refused_at_its_place_or_served_as_a_valid_one(
    official: dict[str, Any], changes: list[Any]
) -> None:
    root = json.loads(json.dumps(DOCUMENT))
    for place, odd in changes:
        holder = root
        for key in place[:-1]:
            holder = holder[key] if isinstance(holder, list | dict) and _has(holder, key) else {}
        if isinstance(holder, list | dict) and _has(holder, place[-1]):
            holder[place[-1]] = json.loads(json.dumps(odd))
    document = Document(root=root, name="x")
    try:
        mended, findings = mend(prune(document, list(document.operations)))
    except FindingsError:
        return
    assert all(finding.pointer is not None for finding in findings)
    if any(errors_in(findings)):
        return
    ids = assign_operation_ids(mended, {})
    operations = {key: PublishedOperation(operation_id=name) for key, name in ids.items()}
    for version, validator in official.items():
        presentation = Presentation(public_url="https://plugin.example.com", version=version)
        served, _ = build_served_document(mended, operations, presentation)
        validator.validate(served.root)


def _has(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else isinstance(key, int) and key < len(holder)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize(
    ("section", "siblings", "kept"),
    [
        ("responses", {"description": "d", "summary": "s"}, {"description": "d", "summary": "s"}),
        ("responses", {"description": -1}, {"description": "-1"}),
        ("responses", {"description": ["d"], "summary": 1, "bogus": "deniedThing"}, {}),
        ("parameters", {"description": "d", "required": "yes"}, {"description": "d", "required": True}),
        ("callbacks", {"description": "d", "summary": None}, {"description": "d"}),
        ("examples", {"value": 1, "x-a": 1}, {"value": 1, "x-a": 1}),
    ],
)
def test_fields_beside_a_reference_are_mended(
    section: str, siblings: dict[str, Any], kept: dict[str, Any], version: str
) -> None:
    target = {"name": "n", "in": "query", "schema": {}} if section == "parameters" else {"description": "ok"}
    ref = f"#/components/{section}/T"
    components = {section: {"R": {"$ref": ref, **siblings}, "T": {} if section == "callbacks" else target}}
    root, findings = _mend(_root({}, version=version, components=components))
    assert root["components"][section]["R"] == {"$ref": ref, **kept}
    changed = {("components", section, "R", name) for name in siblings if siblings[name] != kept.get(name)}
    assert changed <= {finding.pointer for finding in findings}


@pytest.mark.parametrize(
    ("siblings", "kept"),
    [
        ({"description": -1, "nullable": "true"}, {"description": "-1", "nullable": True}),
        ({"readOnly": 5, "bogus": "deniedThing"}, {}),
    ],
)
def test_fields_beside_the_reference_of_an_old_schema_are_mended(
    siblings: dict[str, Any], kept: dict[str, Any]
) -> None:
    mended, findings = _schema({"$ref": "#/components/schemas/S", **siblings})
    assert mended == {"$ref": "#/components/schemas/S", **kept}
    assert len(findings) == len(siblings)
