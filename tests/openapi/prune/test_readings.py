"""A component read as its own kind and as the kind that a wrong reference expects: one copy, or two."""

from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.prune.readings import Readings
from plugin_gateway.openapi.prune.targets import Targets
from tests.narrow import stand_in


def agree(
    own: ObjectKind,
    wanted: ObjectKind,
    component: dict[str, Any],
    *,
    version: str = "3.0.0",
    extensions: set[str] | tuple[Any, ...] = (),
    **others: dict[str, Any],
) -> bool:
    section = {ObjectKind.SCHEMA: "schemas", ObjectKind.RESPONSE: "responses", ObjectKind.PARAMETER: "parameters"}[own]
    components = {"schemas": {"S": {}}, "responses": {}, "parameters": {}, **others}
    components[section] = {**components[section], "C": component}
    document = Document(
        root={"openapi": version, "paths": {}, "x-area": {"S": {}}, "components": components}, name="d.yaml"
    )
    targets = Targets(document, {})
    landing = targets.land(f"#/components/{section}/C", stand_in(()))
    return Readings(targets, extensions).agree(own, wanted, landing)


S = {"$ref": "#/components/schemas/S"}
MOVES = {"$ref": "#/x-area/S"}


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        ({"type": "string"}, True),
        ({"properties": {"a": {"type": "string"}}}, True),
        ({"properties": {"a": S}}, True),
        ({"items": {"allOf": [S, {"not": S}]}}, True),
        ({"x-own": 1, "type": "string"}, True),  # an object of either kind loses it
        ({"not": {"x-notes": 1}}, False),
        ({"properties": {"x-a": {"type": "string"}}}, True),  # a name
        ({"properties": {"a": {"x-notes": 1}}}, False),
        ({"allOf": [{"x-notes": 1}]}, False),
        ({"default": {"x-notes": 1, **MOVES}}, True),  # data to both
        ({"properties": {"a": MOVES}}, False),
        ({"properties": {"a": {"$ref": "#/components/schemas/C/properties"}}}, False),  # may move, too
        ({"properties": {"a": {**S, "description": "sibling"}}}, True),
        ({"properties": {"a": {**S, "x-notes": 1}}}, False),
        ({"properties": {"a": {**S, "required": ["a"]}}}, False),
        ({"properties": {"a": {"$ref": "#/components/schemas/Undefined"}}}, False),
        ({"discriminator": {"propertyName": "a"}}, False),
        ({"not": {"$dynamicRef": "#a"}}, False),
        ({"content": {"a/b": {"schema": {}}}}, True),
        ({"content": {"a/b": {"schema": {"x-notes": 1}}}}, False),  # an object of the response only
        ({"content": {"a/b": {"schema": S}}}, False),  # what only the response needs is not kept for the schema
        ({"links": {"a": {"operationId": "a"}}}, False),
        ({"links": {}}, True),
        (S, True),
        (MOVES, False),
        ({**S, "description": "sibling"}, True),
        ({**S, "required": ["a"]}, False),
        ({"$ref": "#/components/schemas/C"}, True),
    ],
)
def test_a_schema_serves_as_a_response_where_both_readings_keep_the_same_text(
    component: dict[str, Any], expected: bool
) -> None:
    assert agree(ObjectKind.SCHEMA, ObjectKind.RESPONSE, component) is expected


def test_a_chain_of_references_is_read_to_its_end() -> None:
    last = {"not": {"x-notes": 1}}

    assert agree(
        ObjectKind.SCHEMA, ObjectKind.RESPONSE, S, schemas={"S": S | {"$ref": "#/components/schemas/T"}, "T": {}}
    )
    assert not agree(
        ObjectKind.SCHEMA, ObjectKind.RESPONSE, S, schemas={"S": {"$ref": "#/components/schemas/T"}, "T": last}
    )


def test_fields_that_mean_the_same_to_both_kinds_are_not_compared() -> None:
    parameter = {"schema": {"x-notes": 1, "items": MOVES}, "examples": {"a": {"value": 1, "x-notes": 1}}}

    assert agree(ObjectKind.PARAMETER, ObjectKind.HEADER, parameter)


def test_data_beside_an_object_is_compared_with_it() -> None:
    assert not agree(ObjectKind.RESPONSE, ObjectKind.REQUEST_BODY, {"headers": {"a": {"x-notes": 1}}})
    assert agree(ObjectKind.RESPONSE, ObjectKind.REQUEST_BODY, {"content": {"a/b": {"x-notes": 1}}})


def test_extensions_that_are_kept_are_no_difference() -> None:
    assert agree(ObjectKind.SCHEMA, ObjectKind.RESPONSE, {"not": {"x-notes": 1}}, extensions={"x-notes"})
