"""The faces of one revision."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given, reject
from hypothesis import strategies as st
from msgspec.structs import replace

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.mend.mended import mend
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.publish.document import Presentation, PublishedOperation, build_served_document
from plugin_gateway.publish.faces import build_document_faces, build_manifest_faces
from plugin_gateway.publish.logo import read_logo
from plugin_gateway.publish.profile import Profile, cut_to_profile
from tests.octets import just, lists, objects, one_of, recursive, sampled_from, structures

OPERATION = {"operationId": "list", "summary": "x" * 400, "responses": {"200": {"description": "ok"}}}
PRUNED = Document(
    root={"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": OPERATION}}}, name="x"
)
OPERATIONS = {OperationKey("GET", "/a"): PublishedOperation(operation_id="list")}


def _faces(version: str = "3.1") -> dict[str, Any]:
    _, faces, warnings, notes, _ = build_document_faces(
        PRUNED, OPERATIONS, Presentation(public_url="https://gw.example.com", version=version)
    )
    assert warnings == ()
    assert {note.rule for note in notes} == {"profile-plugin", "profile-gpt-actions"}
    return faces


def test_each_profile_is_there_in_json_and_yaml_with_equal_values() -> None:
    faces = _faces()
    assert set(faces) == {
        f"/openapi.{extension}{query}"
        for extension in ("json", "yaml")
        for query in ("", "?profile=gpt-actions", "?profile=plugin", "?profile=3.0", "?profile=lean")
    }
    for path, face in faces.items():
        if path.startswith("/openapi.json"):
            other = faces[path.replace("json", "yaml", 1)]
            assert orjson.loads(face.body) == yaml.safe_load(other.body)
            assert (face.media_type, other.media_type) == ("application/json", "application/yaml")


@pytest.mark.parametrize(
    ("path", "version", "length"),
    [
        ("/openapi.json", "3.0.3", 400),
        ("/openapi.json?profile=3.0", "3.0.3", 400),
        ("/openapi.json?profile=lean", "3.0.3", 400),
        ("/openapi.json?profile=plugin", "3.0.3", 300),
        ("/openapi.json?profile=gpt-actions", "3.1.0", 300),
    ],
)
def test_a_profile_has_its_version_and_limits(path: str, version: str, length: int) -> None:
    document = orjson.loads(_faces("3.0")[path].body)
    assert document["openapi"] == version
    assert len(document["paths"]["/a"]["get"]["summary"]) == length


@pytest.mark.parametrize(
    ("parameter", "summary", "is_cut"),
    [
        ({"description": "x" * 700}, "x" * 300, False),
        ({"description": "x" * 700}, "x" * 301, True),
        ({"description": "x" * 701}, "x", True),
        ({"schema": {"type": "array", "items": {"description": "x" * 701}}}, "x", True),
        ({"example": {"description": "x" * 701}}, "x", False),
    ],
)
def test_the_document_within_limits_is_the_plain_one_where_its_texts_are_short(
    parameter: dict[str, Any], summary: str, *, is_cut: bool
) -> None:
    operation = {
        **OPERATION,
        "summary": summary,
        "parameters": [{"name": "a", "in": "query", "schema": {}, **parameter}],
    }
    pruned = replace(PRUNED, root={**PRUNED.root, "paths": {"/a": {"get": operation}}})
    shown = build_document_faces(pruned, OPERATIONS, Presentation(public_url="https://gw.example.com"))
    whole, cut = shown.faces["/openapi.json"].body, shown.faces["/openapi.json?profile=plugin"].body

    assert shown.path == ("/openapi.json?profile=plugin" if is_cut else "/openapi.json")
    assert is_cut == (whole != cut)


def test_losses_of_another_version_are_noted_for_the_profiles_in_that_version() -> None:
    schema = {"schema": {"type": "object", "patternProperties": {"^a": {}}}}
    operation = {**OPERATION, "summary": "s", "requestBody": {"content": {"a/b": schema}}}
    pruned = Document(root={**PRUNED.root, "paths": {"/a": {"get": operation}}}, name="x")
    _, _, warnings, notes, _ = build_document_faces(
        pruned, OPERATIONS, Presentation(public_url="https://gw.example.com")
    )
    assert warnings == ()
    assert [(note.rule, note.severity) for note in notes] == [("profile-3.0", "note"), ("profile-lean", "note")]


def test_the_manifest_and_the_logo_are_faces_too() -> None:
    logo = read_logo(None)
    faces = build_manifest_faces({"schema_version": "v1"}, logo)
    assert orjson.loads(faces["/.well-known/ai-plugin.json"].body) == {"schema_version": "v1"}
    assert (faces["/logo.png"].body, faces["/logo.png"].media_type) == (logo.body, "image/png")


@pytest.mark.parametrize("version", ["3.0", "3.1", "3.2"])
def test_without_notes_the_faces_are_the_same(version: str) -> None:
    presentation = Presentation(public_url="https://gw.example.com", version=version)
    whole = build_document_faces(PRUNED, OPERATIONS, presentation)
    quick = build_document_faces(PRUNED, OPERATIONS, presentation, has_notes=False)

    assert {path: face.body for path, face in quick.faces.items()} == {
        path: face.body for path, face in whole.faces.items()
    }
    assert (quick.notes, quick.warnings, quick.served.root) == ((), whole.warnings, whole.served.root)


PLACES = ["#/components/schemas/Pet/properties/inner", "#/components/responses/Found/content/application~1json/schema"]
NAMES = ["Pet", "Cat", "a%20b", "Deep"]
REFERENCES = sampled_from([{"$ref": place} for place in (*(f"#/components/schemas/{name}" for name in NAMES), *PLACES)])
SCHEMAS = recursive(
    one_of(sampled_from([{}, {"type": ["string", "null"]}, {"type": "integer", "example": "no"}]), REFERENCES),
    lambda inner: one_of(
        objects({"type": just("object"), "properties": objects({"inner": inner})}),
        objects({"allOf": lists(inner, min_size=1, max_size=2), "x-kept": just(1)}),
        objects({"oneOf": lists(REFERENCES, min_size=1, max_size=2), "discriminator": just({"propertyName": "kind"})}),
    ),
    depth=2,
)
CONTENT = objects({"application/json": objects({"schema": SCHEMAS, "example": sampled_from([1, {"inner": 1}])})})
ANSWERS = one_of(
    just({"$ref": "#/components/responses/Found"}), objects({"description": just("ok"), "content": CONTENT})
)
DOCUMENTS = structures(
    objects(
        {
            "openapi": sampled_from(["3.0.3", "3.1.0"]),
            "info": just({"title": "Pets", "version": "1"}),
            "paths": objects(
                {
                    "/pets": objects(
                        {
                            "get": objects(
                                {"operationId": just("list"), "responses": objects({"200": ANSWERS, "400": ANSWERS})}
                            ),
                            "post": objects(
                                {
                                    "operationId": just("add"),
                                    "requestBody": objects({"content": CONTENT}),
                                    "responses": objects({"default": ANSWERS}),
                                }
                            ),
                        }
                    )
                }
            ),
            "components": objects(
                {
                    "schemas": objects(
                        {
                            "Pet": objects({"type": just("object"), "properties": objects({"inner": SCHEMAS})}),
                            "Cat": SCHEMAS,
                            "a b": SCHEMAS,
                            "Deep": SCHEMAS,
                        }
                    ),
                    "responses": objects(
                        {
                            "Found": objects(
                                {
                                    "description": just("found"),
                                    "content": CONTENT,
                                    "headers": objects({"X-Kind": objects({"schema": SCHEMAS})}),
                                    "links": just({"next": {"operationId": "add"}}),
                                }
                            )
                        }
                    ),
                }
            ),
        }
    ),
    120,
)


@given(DOCUMENTS, st.sampled_from(["3.1", "3.2"]))
def test_the_lean_profile_is_the_3_0_profile_without_what_only_answers_need(root: dict[str, Any], version: str) -> None:
    whole = Document(root=root, name="pets")
    try:
        document, _ = mend(prune(whole, list(whole.operations), extensions={"x-kept"}))
    except DocumentError:
        # A reference leads back to itself, so the gateway does not start.
        reject()
    operations = {key: PublishedOperation(operation_id=key.method) for key in document.operations}
    presentation = Presentation(
        public_url="https://example.com", version=version, extensions=frozenset({"x-kept"}), statuses=frozenset({400})
    )
    in_3_0, _ = build_served_document(document, operations, replace(presentation, version="3.0"))
    lean = cut_to_profile(in_3_0, Profile.LEAN).document()

    faces = build_document_faces(document, operations, presentation, has_notes=False).faces

    assert json.loads(faces["/openapi.json?profile=lean"].body) == lean.root
