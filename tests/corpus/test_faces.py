"""Every face of real documents: valid by the official schemas, within the limits of its profile, and naming nothing denied."""

from __future__ import annotations

import copy
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator
from openapi_schema_validator._specifications import REGISTRY
from openapi_spec_validator import schemas

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.mend.mended import mend
from plugin_gateway.openapi.mend.notes import errors_in
from plugin_gateway.openapi.nodes import typed_nodes
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.openapi.versions.upgrade import UNDERSTOOD_EXTENSIONS
from plugin_gateway.publish.document import Presentation, PublishedOperation
from plugin_gateway.publish.faces import build_document_faces
from plugin_gateway.publish.operation_ids import assign_operation_ids
from plugin_gateway.publish.own_problems import ALWAYS, WITH_CALLERS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
EXAMPLE = ROOT / "examples" / "legacy_api" / "openapi.yaml"


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


def _faces_of(document: Document, kept: Collection[OperationKey]) -> dict[str, Any]:
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
def test_every_face_of_a_real_document_is_valid_and_within_the_limits_of_its_profile(
    location: Path, listed: str
) -> None:
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
                assert _longest(served, {ObjectKind.OPERATION}, "summary", "description") <= 300
                assert _longest(served, {ObjectKind.PARAMETER, ObjectKind.SCHEMA}, "description") <= 700
        (same,) = {tuple(one.items()) for one in ids.values()}
        assert len({operation_id for _, operation_id in same}) == len(kept)
        assert all(re.fullmatch("[A-Za-z0-9_-]{1,50}", operation_id or "") for _, operation_id in same)


def _declares_problems(served: Any, operation: Any) -> bool:
    """Return whether each of the gateway's own statuses is declared, with problem details among its bodies."""
    statuses = {*map(str, ALWAYS | WITH_CALLERS), *(("408", "413", "415") if "requestBody" in operation else ())}
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


def _longest(served: Any, kinds: set[ObjectKind], *names: str) -> int:
    texts = [node.get(name, "") for kind, node in typed_nodes(served) if kind in kinds for name in names]
    return max(map(len, texts), default=0)


# Small ones: each example builds five documents.
MARKED = [EXAMPLE, CORPUS / "open" / "redocly_museum.yaml"]


@cache
def _marked(location: Path) -> tuple[Document, dict[OperationKey, str]]:
    """Mark each operation of a real document with a unique word in its id, texts, path, tag and one parameter."""
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
        if kind is ObjectKind.LINK and node.get("operationId") in renamed:
            node["operationId"] = renamed[node["operationId"]]
        if kind is ObjectKind.LINK:
            node.pop("operationRef", None)
    return Document(root=root, name=location.name), marks


KEPT = st.lists(st.integers(min_value=0, max_value=999), min_size=1, max_size=4)


@pytest.mark.parametrize("location", [path for path in MARKED if path.exists()], ids=lambda path: path.name)
@given(numbers=KEPT)
def test_no_face_names_an_operation_that_is_not_allowed(location: Path, numbers: list[int]) -> None:
    document, marks = _marked(location)
    kept = list(dict.fromkeys(list(marks)[number % len(marks)] for number in numbers))
    allowed = {marks[key] for key in kept} | {key.path.rpartition("/")[2] for key in kept}
    for path, face in _faces_of(document, kept).items():
        named = set(re.findall(r"(?:m\d+n|p\d+q)(?![a-zA-Z0-9])", face.body.decode()))
        assert named - allowed == set(), path
        assert {mark for mark in named if mark.startswith("m")} == {marks[key] for key in kept}
