"""The vocabulary, held against the official schemas: it knows the same fields."""

from __future__ import annotations

import json
from pathlib import Path

import openapi_spec_validator
import pytest

from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.vocabulary import is_known, is_unknown_everywhere

SCHEMAS = Path(openapi_spec_validator.__file__).parent / "resources" / "schemas"
KINDS = {
    "contact": ObjectKind.CONTACT,
    "encoding": ObjectKind.ENCODING,
    "example": ObjectKind.EXAMPLE,
    "external-documentation": ObjectKind.EXTERNAL_DOCS,
    "header": ObjectKind.HEADER,
    "info": ObjectKind.INFO,
    "license": ObjectKind.LICENSE,
    "link": ObjectKind.LINK,
    "media-type": ObjectKind.MEDIA_TYPE,
    "operation": ObjectKind.OPERATION,
    "parameter": ObjectKind.PARAMETER,
    "path-item": ObjectKind.PATH_ITEM,
    "request-body": ObjectKind.REQUEST_BODY,
    "response": ObjectKind.RESPONSE,
    "tag": ObjectKind.TAG,
}


@pytest.mark.parametrize("version", ["3.1", "3.2"])
def test_every_field_of_the_official_schema_is_known(version: str) -> None:
    definitions = json.loads((SCHEMAS / f"v{version}" / "schema.json").read_text())["$defs"]
    # `body` is a slip of the official schema for `server`.
    unknown = [
        (name, field)
        for name, kind in KINDS.items()
        for field in definitions[name].get("properties", {})
        if not is_known(kind, field, version) and (name, field) != ("link", "body")
    ]
    assert unknown == []


@pytest.mark.parametrize(
    ("kind", "name", "versions"),
    [
        (ObjectKind.INFO, "summary", ["3.1", "3.2"]),
        (ObjectKind.OPERATION, "consumes", ["2.0"]),
        (ObjectKind.OPERATION, "requestBody", ["3.0", "3.1", "3.2"]),
        (ObjectKind.RESPONSE, "schema", ["2.0"]),
        (ObjectKind.PATH_ITEM, "query", ["3.2"]),
        (ObjectKind.OPERATION, "bogus", []),
    ],
)
def test_a_field_is_known_in_its_versions(kind: ObjectKind, name: str, versions: list[str]) -> None:
    assert [version for version in ("2.0", "3.0", "3.1", "3.2") if is_known(kind, name, version)] == versions
    assert is_unknown_everywhere(kind, name) == (not versions)
