"""Upgrading keeps the meaning of schemas: they accept the same values."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from openapi_schema_validator import OAS30Validator

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.versions.upgrade import PATCH_VERSIONS, upgrade
from tests.octets import just, lists, objects, one_of, recursive, sampled_from, structures

INSTANCES = [None, True, False, 0, 1, 2, 2.5, 3, 4, "", "a", "abc", "YQ==", [], [1], [1, "a"], [None], {}, {"a": 1}, {"a": None}, {"b": "x"}]  # fmt: skip
BOUNDS = sampled_from([0, 1, 2, 3, 4])
SWITCH = sampled_from([False, True])
SCHEMAS_3_0 = recursive(
    objects(
        {},
        {
            "type": sampled_from(["string", "integer", "number", "boolean"]),
            "nullable": SWITCH,
            "minimum": BOUNDS,
            "exclusiveMinimum": SWITCH,
            "maximum": BOUNDS,
            "exclusiveMaximum": SWITCH,
            "enum": lists(sampled_from([None, 1, 2, "a"]), min_size=1, max_size=3, unique=True),
            "minLength": BOUNDS,
        },
    ),
    lambda inner: one_of(
        objects({"type": just("array"), "items": inner}, {"nullable": SWITCH}),
        objects(
            {"type": just("object"), "properties": objects({"a": inner})},
            {"additionalProperties": one_of(inner, SWITCH), "required": just(["a"])},
        ),
        objects({"oneOf": lists(inner, min_size=1, max_size=2)}),
        objects({"not": inner}),
    ),
    depth=3,
)


def _upgraded(schema: Any, version: str = "3.0.3", to: str = "3.1") -> Any:
    root = {"openapi": version, "info": {}, "paths": {}, "components": {"schemas": {"S": schema}}}
    document, findings = upgrade(Document(root=root, name="x"), to)
    assert findings == ()
    return document.root["components"]["schemas"]["S"]


@given(schema=structures(SCHEMAS_3_0, 48))
def test_an_upgraded_schema_takes_the_same_values(schema: dict[str, Any]) -> None:
    before, after = OAS30Validator(schema), jsonschema.Draft202012Validator(_upgraded(schema))
    for instance in INSTANCES:
        assert before.is_valid(instance) == after.is_valid(instance), instance


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": True, "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a"]}),
        ({"nullable": True}, {}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
        ({"exclusiveMaximum": True}, {}),
        ({"type": "string", "example": "a"}, {"type": "string", "examples": ["a"]}),
        ({"type": "string", "format": "binary"}, {"type": "string", "contentMediaType": "application/octet-stream"}),
        ({"type": "string", "format": "byte"}, {"type": "string", "contentEncoding": "base64"}),
        ({"type": "string", "format": "date"}, {"type": "string", "format": "date"}),
        ({"items": [{"type": "string"}], "additionalItems": False}, {"prefixItems": [{"type": "string"}], "items": False}),
        ({"$id": "urn:x", "type": "string"}, {"type": "string"}),
        ({"properties": {"nullable": {"type": "string"}, "example": {}}}, {"properties": {"nullable": {"type": "string"}, "example": {}}}),
        ({"default": {"nullable": True}, "enum": [{"example": 1}]}, {"default": {"nullable": True}, "enum": [{"example": 1}]}),
    ],
)  # fmt: skip
def test_each_keyword_of_3_0_has_its_counterpart(before: Any, after: Any) -> None:
    assert _upgraded(before) == after


def test_fields_beside_a_reference_that_3_0_ignores_stay_without_effect() -> None:
    schema = {
        "$ref": "#/components/schemas/S",
        "type": "string",
        "nullable": True,
        "description": "kept",
        "summary": "x",
    }
    assert _upgraded({"allOf": [schema]})["allOf"] == [{"$ref": "#/components/schemas/S", "description": "kept"}]


@pytest.mark.parametrize("to", ["3.0", "3.1", "3.2"])
@pytest.mark.parametrize("version", ["2.0", "3.0.1", "3.1.1", "3.2.0"])
def test_every_version_goes_to_every_other_and_the_input_stays(version: str, to: str) -> None:
    root = {"swagger" if version == "2.0" else "openapi": version, "info": {"title": "t", "version": "1"}, "paths": {}}
    before = repr(root)
    document, findings = upgrade(Document(root=root, name="x"), to)
    assert findings == ()
    assert document.version == to
    assert document.root["openapi"] == (version if version.startswith(to) else PATCH_VERSIONS[to])
    assert "swagger" not in document.root
    assert repr(root) == before


def test_a_long_chain_costs_no_stack() -> None:
    schema: dict[str, Any] = {"type": "string", "nullable": True}
    for _ in range(1500):
        schema = {"type": "object", "properties": {"a": schema}}
    upgraded = _upgraded(schema)
    for _ in range(1500):
        upgraded = upgraded["properties"]["a"]
    assert upgraded == {"type": ["string", "null"]}
