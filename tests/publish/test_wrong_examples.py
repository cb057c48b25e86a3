"""Examples that their schema refuses are left out; every other one stays."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from plugin_gateway.publish.wrong_examples import drop_wrong_examples

NUMBER = {"type": "integer", "minimum": 1}


def _left_of(holder: dict[str, Any], section: str = "schemas", version: str = "3.1.0") -> tuple[Any, int]:
    root: dict[str, Any] = {"openapi": version, "paths": {}, "components": {section: {"X": copy.deepcopy(holder)}}}
    findings = drop_wrong_examples(root)
    assert {finding.rule for finding in findings} <= {"example-left-out"}
    return root["components"][section]["X"], len(findings)


@pytest.mark.parametrize(
    ("section", "holder", "left"),
    [
        ("schemas", {**NUMBER, "example": 0}, NUMBER),
        ("schemas", {**NUMBER, "examples": [0, 1, "2"]}, {**NUMBER, "examples": [1]}),
        ("schemas", {**NUMBER, "examples": ["2"]}, NUMBER),
        (
            "parameters",
            {"name": "n", "in": "query", "schema": NUMBER, "example": "one"},
            {"name": "n", "in": "query", "schema": NUMBER},
        ),
        (
            "headers",
            {"schema": NUMBER, "examples": {"a": {"value": 0}, "b": {"value": 2}}},
            {"schema": NUMBER, "examples": {"b": {"value": 2}}},
        ),
        (
            "requestBodies",
            {"content": {"application/json": {"schema": NUMBER, "example": {}}}},
            {"content": {"application/json": {"schema": NUMBER}}},
        ),
    ],
)
def test_an_example_that_its_schema_refuses_is_left_out_with_a_warning(
    section: str, holder: dict[str, Any], left: dict[str, Any]
) -> None:
    assert _left_of(holder, section) == (left, 1)


@pytest.mark.parametrize(
    ("section", "holder"),
    [
        ("schemas", {**NUMBER, "example": 1, "examples": [2]}),
        ("schemas", {"type": "object", "properties": {"example": NUMBER}}),
        # Text, whatever it describes.
        ("requestBodies", {"content": {"application/xml": {"schema": NUMBER, "example": "<n>1</n>"}}}),
        ("responses", {"description": "d", "content": {"application/json": {"example": "no schema"}}}),
        ("headers", {"schema": NUMBER, "examples": {"a": {"$ref": "#/components/examples/E"}}}),
    ],
)
def test_every_other_example_stays(section: str, holder: dict[str, Any]) -> None:
    assert _left_of(holder, section) == (holder, 0)


@pytest.mark.parametrize("one_way", ["readOnly", "writeOnly"])
def test_an_example_may_lack_a_property_that_only_the_other_direction_requires(one_way: str) -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer", one_way: True}},
    }
    assert _left_of({**schema, "example": {}}) == ({**schema, "example": {}}, 0)
    schema["properties"]["id"].pop(one_way)
    assert _left_of({**schema, "example": {}}) == (schema, 1)


def test_the_warning_counts_the_examples_and_shows_one() -> None:
    root = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": {"X": {**NUMBER, "examples": [0, "x" * 90]}}}}
    (finding,) = drop_wrong_examples(root)
    assert finding.pointer == ("components", "schemas", "X")
    assert finding.message == "2 examples are left out because their schemas refuse the values, such as 0"
