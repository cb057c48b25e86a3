"""The faces of one revision."""

from __future__ import annotations

import copy
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator
from openapi_schema_validator._specifications import REGISTRY
from openapi_spec_validator import schemas

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.grammar import Kind
from plugin_gateway.openapi.mend.mended import mend
from plugin_gateway.openapi.mend.notes import errors_in
from plugin_gateway.openapi.nodes import typed_nodes
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.openapi.versions.upgrade import UNDERSTOOD_EXTENSIONS
from plugin_gateway.publish.document import Presentation, PublishedOperation
from plugin_gateway.publish.face import build_face
from plugin_gateway.publish.faces import build_document_faces, build_manifest_faces, document_path_within_limits
from plugin_gateway.publish.logo import read_logo
from plugin_gateway.publish.operation_ids import assign_operation_ids
from plugin_gateway.publish.own_problems import ALWAYS, WITH_CALLERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
EXAMPLE = ROOT / "examples" / "legacy_api" / "openapi.yaml"
OPERATION = {"operationId": "list", "summary": "x" * 400, "responses": {"200": {"description": "ok"}}}
PRUNED = Document(
    root={"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": OPERATION}}}, name="x"
)
OPERATIONS = {OperationKey("GET", "/a"): PublishedOperation(operation_id="list")}


def _faces(version: str = "3.1") -> dict[str, Any]:
    faces, warnings, notes = build_document_faces(
        PRUNED, OPERATIONS, Presentation(public_url="https://gw.example.com", version=version)
    )
    assert warnings == ()
    assert {note.rule for note in notes} == {"profile-plugin", "profile-gpt-actions"}
    return faces


def test_each_profile_is_there_in_json_and_yaml_with_equal_values():
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
def test_a_profile_has_its_version_and_limits(path: str, version: str, length: int):
    document = orjson.loads(_faces("3.0")[path].body)
    assert document["openapi"] == version
    assert len(document["paths"]["/a"]["get"]["summary"]) == length


def test_the_document_within_limits_is_the_plain_one_where_its_texts_are_short():
    assert document_path_within_limits(_faces()) == "/openapi.json?profile=plugin"
    short = {"/openapi.json": build_face("a/b", b"1"), "/openapi.json?profile=plugin": build_face("a/b", b"1")}
    assert document_path_within_limits(short) == "/openapi.json"


def test_what_another_version_cannot_say_is_noted_of_the_profiles_that_have_it():
    schema = {"schema": {"type": "object", "patternProperties": {"^a": {}}}}
    operation = {**OPERATION, "summary": "s", "requestBody": {"content": {"a/b": schema}}}
    pruned = Document(root={**PRUNED.root, "paths": {"/a": {"get": operation}}}, name="x")
    _, warnings, notes = build_document_faces(pruned, OPERATIONS, Presentation(public_url="https://gw.example.com"))
    assert warnings == ()
    assert [(note.rule, note.severity) for note in notes] == [("profile-3.0", "note"), ("profile-lean", "note")]


def test_the_manifest_and_the_logo_are_faces_too():
    logo = read_logo(None)
    faces = build_manifest_faces({"schema_version": "v1"}, logo)
    assert orjson.loads(faces["/.well-known/ai-plugin.json"].body) == {"schema_version": "v1"}
    assert (faces["/logo.png"].body, faces["/logo.png"].media_type) == (logo.body, "image/png")


@cache
def _official(version: str) -> Any:
    """The official schema of a version; that of 3.1 with the dialect of its schema objects, which the plain one leaves open."""
    schema = dict(getattr(schemas, f"schema_v{version.replace('.', '')}"))
    if version == "3.0":
        return jsonschema_rs.validator_for(schema)
    dialect = OAS31Validator.META_SCHEMA["$id"]
    resources = [(uri, REGISTRY.contents(uri)) for uri in REGISTRY if "/oas/3.1/" in uri]
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": schema["$id"],
        "$defs": {"schema": {"$dynamicAnchor": "meta", "$ref": dialect}},
    }
    registry = jsonschema_rs.Registry([(schema["$id"], schema), *resources], draft=jsonschema_rs.Draft202012)
    return jsonschema_rs.validator_for(whole, registry=registry)


def _faces_of(document: Document, kept: Iterable[OperationKey]) -> dict[str, Any]:
    pruned, findings = mend(prune(document, kept, extensions=UNDERSTOOD_EXTENSIONS))
    assert [*errors_in(findings)] == []
    ids = assign_operation_ids(pruned, {})
    operations = {key: PublishedOperation(operation_id=ids[key]) for key in ids}
    presentation = Presentation(
        public_url="https://gw.example.com",
        security_schemes={"gatewayToken": {"type": "http", "scheme": "bearer"}},
        statuses=ALWAYS | WITH_CALLERS,
    )
    faces = build_document_faces(pruned, operations, presentation).faces
    return {path: face for path, face in faces.items() if path.startswith("/openapi.json")}


def _allow_lists(document: Document, listed: Sequence[OperationKey]) -> dict[str, list[OperationKey]]:
    keys = list(document.operations)
    gets = [key for key in keys if key.method == "GET"]
    mixed = listed or keys[:: max(1, len(keys) // 10)]
    return {
        "one GET": gets[len(gets) // 2 :][:1],
        "ten": list(mixed),
        "writes": [key for key in keys if key.method != "GET"][:60],
    }


def _real_documents() -> list[Any]:
    found = [pytest.param(EXAMPLE, "", id="example")]
    found += [
        pytest.param(CORPUS / "open" / path.name.removesuffix(".txt"), path.read_text(), id=path.name[:-4])
        for path in sorted(CORPUS.glob("allow/*.txt"))
    ]
    if len(found) == 1:
        skipped = pytest.mark.skip(reason=f"no corpus of documents at {CORPUS}")
        found.append(pytest.param(CORPUS, "", id="corpus", marks=skipped))
    return found


@pytest.mark.parametrize(("location", "listed"), _real_documents())
def test_every_face_of_a_real_document_is_valid_and_within_the_limits_of_its_profile(location: Path, listed: str):
    document = read_document(str(location))
    lines = [OperationKey(*line.split(None, 1)) for line in listed.splitlines() if line.strip()]
    for allow, kept in _allow_lists(document, lines).items():
        ids = {}
        for path, face in _faces_of(document, kept).items():
            served = orjson.loads(face.body)
            faults = [error.message for error in _official(served["openapi"][:3]).iter_errors(served)]
            assert faults == [], (allow, path)
            operations = Document(root=served, name=path).operations
            assert len(operations) == len(kept)
            ids[path] = {str(key): operation.operation_id for key, operation in operations.items()}
            assert all(_declares_problems(served, operation.node) for operation in operations.values())
            if path.endswith(("gpt-actions", "plugin")):
                assert _longest(served, {Kind.OPERATION}, "summary", "description") <= 300
                assert _longest(served, {Kind.PARAMETER, Kind.SCHEMA}, "description") <= 700
        (same,) = {tuple(one.items()) for one in ids.values()}
        assert len({operation_id for _, operation_id in same}) == len(kept)
        assert all(re.fullmatch("[A-Za-z0-9_-]{1,50}", operation_id or "") for _, operation_id in same)


def _declares_problems(served: Any, operation: Any) -> bool:
    """Say whether each status of the gateway's own is declared, and may be a problem where its body is described."""
    statuses = {*map(str, ALWAYS | WITH_CALLERS), *(("413", "415") if "requestBody" in operation else ())}
    for status in statuses:
        responses = operation["responses"]
        response = responses.get(status) or responses.get(f"{status[0]}XX") or responses.get("default")
        if response is None:
            return False
        while "$ref" in response:
            response = served["components"]["responses"][response["$ref"].rpartition("/")[2]]
        if (content := response.get("content")) and "application/problem+json" not in content:
            return False
    return True


def _longest(served: Any, kinds: set[Kind], *names: str) -> int:
    texts = [node.get(name, "") for kind, node in typed_nodes(served) if kind in kinds for name in names]
    return max(map(len, texts), default=0)


# Small ones: each example builds five documents.
MARKED = [EXAMPLE, CORPUS / "open" / "redocly_museum.yaml"]


@cache
def _marked(location: Path) -> tuple[Document, dict[OperationKey, str]]:
    """A real document in which each operation has a mark of its own, in its id, its texts, its path, its tag, a parameter."""
    root = copy.deepcopy(read_document(str(location)).root)
    marks: dict[OperationKey, str] = {}
    renamed: dict[str, str] = {}
    paths = {}
    for number, (path, item) in enumerate(root["paths"].items()):
        marked_path = f"{path}/p{number}q"
        paths[marked_path] = dict(item)
        for method in [name for name in item if name in {"get", "put", "post", "delete", "patch", "head", "options"}]:
            key = OperationKey(method.upper(), marked_path)
            mark = marks[key] = f"m{len(marks)}n"
            operation = paths[marked_path][method] = dict(item[method])
            own_id = operation.get("operationId", "")
            renamed[own_id] = operation["operationId"] = f"{own_id[:20]}_{mark}"
            operation["summary"] = f"{mark} {operation.get('summary', '')}"
            operation["tags"] = [mark]
            parameter = {"name": mark, "in": "query", "description": mark}
            value = {"type": "string"} if "swagger" in root else {"schema": {"type": "string"}}
            operation["parameters"] = [*operation.get("parameters", ()), parameter | value]
    root["paths"] = paths
    root["tags"] = [{"name": mark, "description": f"About {mark}."} for mark in marks.values()]
    for kind, node in typed_nodes(root):
        if kind is Kind.LINK and node.get("operationId") in renamed:
            node["operationId"] = renamed[node["operationId"]]
        if kind is Kind.LINK:
            node.pop("operationRef", None)
    return Document(root=root, name=location.name), marks


KEPT = st.lists(st.integers(min_value=0, max_value=999), min_size=1, max_size=4)


@pytest.mark.parametrize("location", [path for path in MARKED if path.exists()], ids=lambda path: path.name)
@given(numbers=KEPT)
def test_no_face_names_an_operation_that_is_not_allowed(location: Path, numbers: list[int]):
    document, marks = _marked(location)
    kept = list(dict.fromkeys(list(marks)[number % len(marks)] for number in numbers))
    allowed = {marks[key] for key in kept} | {key.path.rpartition("/")[2] for key in kept}
    for path, face in _faces_of(document, kept).items():
        named = set(re.findall(r"(?:m\d+n|p\d+q)(?![a-zA-Z0-9])", face.body.decode()))
        assert named - allowed == set(), path
        assert {mark for mark in named if mark.startswith("m")} == {marks[key] for key in kept}
