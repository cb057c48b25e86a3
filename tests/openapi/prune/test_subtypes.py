from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.prune.subtypes import component_schemas, implicit_subtypes
from plugin_gateway.openapi.read.source import read_document

if TYPE_CHECKING:
    from pathlib import Path


def _subtypes(schemas: str, version: str = "3.0.0") -> dict[str, Any]:
    if version == "2.0":
        root = {"swagger": "2.0", "definitions": yaml.safe_load(schemas.replace("REF", "#/definitions"))}
    else:
        root = {
            "openapi": version,
            "components": {"schemas": yaml.safe_load(schemas.replace("REF", "#/components/schemas"))},
        }
    found = implicit_subtypes(Document(root=root, name="d"))
    return {place[-1]: [child[-1] for child in children] for place, children in found.items()}


@pytest.mark.parametrize(
    ("schemas", "expected"),
    [
        ("{A: {}, B: {allOf: [{$ref: REF/A}]}}", {}),
        ("{A: {discriminator: {}}, B: {allOf: [{$ref: REF/A}]}}", {"A": ["B"], "B": []}),
        ("{A: {discriminator: {}}, B: {allOf: [{$ref: REF/A}]}, C: {allOf: [{}, {$ref: REF/B}]}}", {"A": ["B"], "B": ["C"], "C": []}),
        ("{A: {allOf: [{discriminator: {}}]}, B: {allOf: [{$ref: REF/A}]}}", {"A": ["B"], "B": []}),
        ("{A: {discriminator: {}, oneOf: []}, B: {allOf: [{$ref: REF/A}]}}", {}),
        ("{A: {discriminator: {}, anyOf: []}, B: {allOf: [{$ref: REF/A}]}}", {}),
        ("{A: {discriminator: {}}, Name: {$ref: REF/A}, B: {allOf: [{$ref: REF/Name}]}}", {"A": ["B"], "B": []}),
        ("{A: {discriminator: {}, allOf: [{$ref: REF/B}]}, B: {allOf: [{$ref: REF/A}]}}", {"A": ["B"], "B": ["A"]}),
        ("{A: {discriminator: {}}, B: {allOf: [{$ref: REF/Loop}]}, Loop: {$ref: REF/Loop}}", {"A": []}),
        ("{A: {discriminator: {}}, B: {allOf: [{$ref: REF/Nowhere}]}, C: {allOf: 5}, D: 5, E: {allOf: [5]}}", {"A": []}),
        ("{A: {discriminator: {}}, B: {anyOf: [{$ref: REF/A}], not: {allOf: [{$ref: REF/A}]}}}", {"A": []}),
    ],
)  # fmt: skip
def test_subtypes_are_built_with_all_of_on_a_schema_that_discriminates(schemas: str, expected: dict[str, Any]) -> None:
    assert _subtypes(_quoted(schemas)) == expected


def _quoted(schemas: str) -> str:
    """Flow YAML takes `#` for a comment unless it is quoted."""
    return re.sub(r"REF/(\w+)", r'"REF/\1"', schemas)


def test_swagger_2_names_the_property_alone() -> None:
    schemas = _quoted("{A: {discriminator: kind}, B: {allOf: [{$ref: REF/A}]}}")
    assert _subtypes(schemas, "2.0") == {"A": ["B"], "B": []}


@pytest.mark.parametrize("root", [{}, {"components": 5}, {"components": {"schemas": []}}])
def test_a_document_without_schemas_has_no_subtypes(root: dict[str, Any]) -> None:
    document = Document(root={"openapi": "3.0.0", **root}, name="d")
    assert component_schemas(document) == {}
    assert implicit_subtypes(document) == {}


def test_the_subtypes_of_a_large_document_are_found_once(tmp_path: Path) -> None:
    schemas = {
        "Pet": {"discriminator": {"propertyName": "kind"}},
        "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}]},
    }
    fill = {f"S{number}": {"description": "x" * 1_000} for number in range(2_000)}
    root = {"openapi": "3.0.3", "info": {}, "paths": {}, "components": {"schemas": schemas | fill}}
    file = tmp_path / "large.json"
    file.write_text(json.dumps(root))
    document = read_document(str(file))
    found = implicit_subtypes(document)

    assert found == implicit_subtypes(Document(root=root, name="d"))
    assert implicit_subtypes(document) is found
