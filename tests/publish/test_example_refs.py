"""References in examples: those that lead somewhere stay, examples with others go."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.publish.example_refs import drop_dangling_examples

GONE = {"a": [{"$ref": "#/components/examples/gone"}]}
THERE = {"a": {"$ref": "#/components/schemas/S"}}


def _root(media: dict[str, Any], **components: Any) -> dict[str, Any]:
    responses = {"200": {"description": "", "content": {"application/json": media}}}
    return {"openapi": "3.1.0", "paths": {"/a": {"get": {"responses": responses}}}, "components": components}


@pytest.mark.parametrize(
    ("media", "left"),
    [
        ({"example": GONE}, {}),
        ({"example": THERE}, {"example": THERE}),
        ({"example": {"$ref": 5}}, {"example": {"$ref": 5}}),
        ({"example": {"$ref": ""}}, {}),
        ({"example": {"$ref": "other.yaml#/a"}}, {}),
        ({"examples": {"e": {"value": GONE}, "f": {"value": 1}}}, {"examples": {"f": {"value": 1}}}),
        ({"examples": {"e": {"value": GONE}}}, {}),
        ({"schema": {"example": GONE, "examples": [GONE, 1]}}, {"schema": {"examples": [1]}}),
        ({"schema": {"examples": [GONE]}}, {"schema": {}}),
        ({"schema": {"default": {"$ref": ""}, "enum": [GONE]}}, {"schema": {"default": {"$ref": ""}, "enum": [GONE]}}),
    ],
)
def test_an_example_keeps_the_target_of_its_reference_or_goes(media: dict[str, Any], left: dict[str, Any]) -> None:
    is_whole = media == left
    root = _root(media, schemas={"S": {}})
    findings = drop_dangling_examples(root)
    assert root["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"] == left
    assert [finding.rule for finding in findings] == ["example-left-out"] * (not is_whole)


def test_a_shared_example_loses_its_value_only_as_others_refer_to_it() -> None:
    root = _root(
        {"examples": {"e": {"$ref": "#/components/examples/E"}}}, examples={"E": {"summary": "s", "value": GONE}}
    )
    (finding,) = drop_dangling_examples(root)
    assert root["components"]["examples"] == {"E": {"summary": "s"}}
    assert "'#/components/examples/gone'" in finding.message
    assert finding.pointer == ("components", "examples", "E", "value", "a", "0", "$ref")


@pytest.mark.parametrize(
    ("media", "below"),
    [
        ({"example": {"$ref": "#/gone"}}, ("example",)),
        ({"examples": {"e": {"dataValue": {"x": {"$ref": "#/gone"}}}}}, ("examples", "e", "dataValue", "x")),
    ],
)
def test_the_finding_is_at_the_reference(media: dict[str, Any], below: tuple[str, ...]) -> None:
    (finding,) = drop_dangling_examples(_root(media))
    assert finding.pointer is not None
    assert finding.pointer[-len(below) - 1 :] == (*below, "$ref")
    assert finding.on_key


def test_the_finding_in_a_schema_counts_the_entries_that_are_left_out_too() -> None:
    one, two = {"$ref": "#/one"}, {"$ref": "#/two"}
    findings = drop_dangling_examples(_root({"schema": {"examples": [1, one, two]}}))
    assert [finding.pointer[-3:] for finding in findings if finding.pointer] == [
        ("examples", "1", "$ref"),
        ("examples", "2", "$ref"),
    ]


def test_each_broken_reference_is_reported_once_with_the_place_of_its_first_example() -> None:
    root = _root(
        {"examples": {"e": {"value": GONE, "dataValue": {"$ref": "#/nowhere"}}}}, schemas={"S": {"example": GONE}}
    )
    media = ("paths", "/a", "get", "responses", "200", "content", "application/json")
    assert drop_dangling_examples(root)[0].pointer == (*media, "examples", "e", "value", "a", "0", "$ref")
