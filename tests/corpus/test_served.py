"""Real documents and difficult ones, served: valid in each version, and the same operations."""

from __future__ import annotations

import pickle
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator, schemas

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.mend.mended import mend
from plugin_gateway.openapi.mend.notes import errors_in
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.openapi.render import to_json, to_yaml
from plugin_gateway.openapi.versions.upgrade import UNDERSTOOD_EXTENSIONS
from plugin_gateway.publish.document import Presentation, PublishedOperation, build_served_document
from plugin_gateway.publish.operation_ids import assign_operation_ids

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
URL = "https://plugin.example.com"
VALIDATORS = {"3.0": OpenAPIV30SpecValidator, "3.1": OpenAPIV31SpecValidator}


def _corpus() -> list[Any]:
    if not CORPUS.is_dir():
        return [pytest.param("", "", marks=pytest.mark.skip(reason=f"no corpus of documents at {CORPUS}"))]
    real = [(f"open/{path.name[:-4]}", f"allow/{path.name}") for path in sorted((CORPUS / "allow").glob("*.txt"))]
    hard = [(f"hard/{path.name}", f"hard/{path.name}.allow") for path in sorted((CORPUS / "hard").glob("*.[yj]*[ln]"))]
    hard.append(("hard/15_multifile/root.yaml", "hard/15_multifile/root.yaml.allow"))
    # 09, 16, 17 and 20 are refused before anything is served.
    return [pytest.param(*pair, id=pair[0]) for pair in real + hard if pair[0][5:7] not in {"09", "16", "17", "20"}]


@cache
def _pruned(name: str, allow: str) -> Document:
    full = read_document(str(CORPUS / name))
    lines = (CORPUS / allow).read_text().splitlines()
    keys = [OperationKey(*line.split(" ", 1)) for line in lines if line.strip()]
    mended, findings = mend(prune(full, keys, extensions=UNDERSTOOD_EXTENSIONS))
    assert [*errors_in(findings)] == []
    return mended


def _serve(document: Document, version: str) -> Any:
    ids = assign_operation_ids(document, {})
    operations = {key: PublishedOperation(operation_id=ids[key]) for key in ids}
    before = pickle.dumps(document.root)
    served, _ = build_served_document(document, operations, Presentation(public_url=URL, version=version))
    assert pickle.dumps(document.root) == before
    return served.root


@pytest.mark.parametrize(("name", "allow"), _corpus())
def test_every_document_at_hand_is_served_valid_in_each_version(name: str, allow: str) -> None:
    pruned = _pruned(name, allow)
    for version in ("3.1", "3.0", "3.2"):
        served = _serve(pruned, version)
        schema = dict(getattr(schemas, f"schema_v{version.replace('.', '')}"))
        assert [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(served)] == []
        if version in VALIDATORS and name.startswith("open/"):
            assert [error.message for error in VALIDATORS[version](served).iter_errors()] == []
        assert served["openapi"].startswith(version)
        assert served["servers"] == [{"url": URL}]
        assert orjson.loads(to_json(served)) == yaml.load(to_yaml(served), yaml.CSafeLoader)
        operations = Document(root=served, name=name).operations
        assert all(
            set(operation.path_item) <= {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}
            for operation in operations.values()
        )
        ids = [operation.operation_id for operation in operations.values()]
        assert len(set(ids)) == len(ids)
        if version == "3.2" or pruned.version != "3.2":
            assert set(operations) == set(pruned.operations)
