"""The faces of one revision."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import yaml

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.publish.document import Presentation, PublishedOperation
from plugin_gateway.publish.face import build_face
from plugin_gateway.publish.faces import build_document_faces, build_manifest_faces, document_path_within_limits
from plugin_gateway.publish.logo import read_logo

OPERATION = {"operationId": "list", "summary": "x" * 400, "responses": {"200": {"description": "ok"}}}
PRUNED = Document(
    root={"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": OPERATION}}}, name="x"
)
OPERATIONS = {OperationKey("GET", "/a"): PublishedOperation(operation_id="list")}


def _faces(version: str = "3.1") -> dict[str, Any]:
    _, faces, warnings, notes = build_document_faces(
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


def test_the_document_within_limits_is_the_plain_one_where_its_texts_are_short() -> None:
    assert document_path_within_limits(_faces()) == "/openapi.json?profile=plugin"
    short = {"/openapi.json": build_face("a/b", b"1"), "/openapi.json?profile=plugin": build_face("a/b", b"1")}
    assert document_path_within_limits(short) == "/openapi.json"


def test_what_another_version_cannot_say_is_noted_of_the_profiles_that_have_it() -> None:
    schema = {"schema": {"type": "object", "patternProperties": {"^a": {}}}}
    operation = {**OPERATION, "summary": "s", "requestBody": {"content": {"a/b": schema}}}
    pruned = Document(root={**PRUNED.root, "paths": {"/a": {"get": operation}}}, name="x")
    _, _, warnings, notes = build_document_faces(pruned, OPERATIONS, Presentation(public_url="https://gw.example.com"))
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
