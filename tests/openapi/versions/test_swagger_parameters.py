"""Parameters, form fields and headers of Swagger 2.0, as 3.0 describes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.openapi.versions.swagger_parameters import upgrade_form, upgrade_header, upgrade_parameter

if TYPE_CHECKING:
    from plugin_gateway.openapi.versions.swagger_parameters import Loosened


def _upgraded(parameter: dict[str, Any]) -> dict[str, Any]:
    findings: list[Loosened] = []
    upgraded = upgrade_parameter(parameter, "GET /a", findings)
    assert findings == []
    return upgraded


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"type": "string", "format": "date", "enum": ["a"], "default": "a"}, {"schema": {"type": "string", "format": "date", "enum": ["a"], "default": "a"}}),
        ({"type": "array", "items": {"type": "string"}}, {"style": "form", "explode": False, "schema": {"type": "array", "items": {"type": "string"}}}),
        ({"type": "array", "collectionFormat": "csv"}, {"style": "form", "explode": False, "schema": {"type": "array"}}),
        ({"type": "array", "collectionFormat": "multi"}, {"style": "form", "explode": True, "schema": {"type": "array"}}),
        ({"type": "array", "collectionFormat": "ssv"}, {"style": "spaceDelimited", "explode": False, "schema": {"type": "array"}}),
        ({"type": "array", "collectionFormat": "pipes"}, {"style": "pipeDelimited", "explode": False, "schema": {"type": "array"}}),
        ({"type": "string", "allowEmptyValue": True, "required": True}, {"allowEmptyValue": True, "required": True, "schema": {"type": "string"}}),
        ({"type": "string", "x-nullable": True, "description": "d"}, {"description": "d", "x-nullable": True, "schema": {"type": "string", "x-nullable": True}}),
        ({"type": "array", "items": {"type": "array", "collectionFormat": "pipes", "items": {"type": "integer"}}}, {"style": "form", "explode": False, "schema": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}}),
    ],
)  # fmt: skip
def test_a_query_parameter_has_its_value_under_schema(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert _upgraded({"name": "p", "in": "query", **before}) == {"name": "p", "in": "query", **after}


@pytest.mark.parametrize("place", ["path", "header"])
def test_csv_in_a_path_or_header_is_the_default_style(place: str) -> None:
    parameter = {"name": "p", "in": place, "type": "array", "allowEmptyValue": True}
    assert _upgraded(parameter) == {"name": "p", "in": place, "schema": {"type": "array"}}


@pytest.mark.parametrize(
    ("place", "joined"), [("query", "tsv"), ("header", "pipes"), ("path", "ssv"), ("path", "multi")]
)
def test_items_that_no_style_can_join_become_a_string_with_a_warning(place: str, joined: str) -> None:
    findings: list[Loosened] = []
    parameter = {"name": "p", "in": place, "type": "array", "collectionFormat": joined, "items": {"type": "string"}}
    assert upgrade_parameter(parameter, "GET /a", findings) == {"name": "p", "in": place, "schema": {"type": "string"}}
    ((node, finding),) = findings
    assert node is parameter
    assert f"GET /a: 'p' is joined by {joined!r}" in finding.message


def test_a_header_that_no_style_can_express_is_called_a_header_in_the_warning() -> None:
    findings: list[Loosened] = []
    upgrade_header({"type": "array", "collectionFormat": "tsv"}, "GET /a", findings)
    assert findings[0][1].message.startswith("GET /a: a header is joined by 'tsv'")


@pytest.mark.parametrize(
    ("items", "text", "fits"),
    [
        ({"type": "integer"}, "1\t-20\t0", True),
        ({"type": "integer"}, "1\tx", False),
        ({"type": "number"}, "1.5\t2e3", True),
        ({"type": "boolean"}, "true\tfalse", True),
        ({"type": "string", "enum": ["a.b", "c|d"]}, "a.b\tc|d", True),
        ({"type": "string", "enum": ["a.b", "c|d"]}, "axb", False),
    ],
)
def test_a_string_of_joined_items_has_a_pattern_unless_an_item_may_be_any_text(
    items: dict[str, Any], text: str, fits: bool
) -> None:
    parameter = {"name": "p", "in": "query", "type": "array", "collectionFormat": "tsv", "items": items}
    schema = upgrade_parameter(parameter, "GET /a", [])["schema"]
    assert schema["type"] == "string"
    assert (re.search(schema["pattern"], text) is not None) == fits


def test_a_header_has_its_value_under_schema_and_nothing_else_of_a_parameter() -> None:
    header = {"type": "array", "items": {"type": "integer"}, "description": "d", "x-a": 1}
    assert upgrade_header(header, "R", []) == {
        "description": "d",
        "x-a": 1,
        "schema": {"type": "array", "items": {"type": "integer"}},
    }


def test_form_fields_are_one_object_and_a_file_makes_it_multipart() -> None:
    fields: list[dict[str, Any]] = [
        {"name": "file", "in": "formData", "type": "file", "required": True, "description": "d"},
        {"name": "tags", "in": "formData", "type": "array", "items": {"type": "string"}},
    ]
    consumes = ["application/x-www-form-urlencoded", "multipart/form-data"]
    assert upgrade_form(fields, consumes, "POST /a", []) == {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "file", "description": "d"},
                        "tags": {"type": "array", "items": {"type": "string"}},
                    },
                },
                "encoding": {"tags": {"style": "form", "explode": False}},
            }
        },
    }
    assert list(upgrade_form(fields[1:], [], "POST /a", [])["content"]) == ["application/x-www-form-urlencoded"]
    assert list(upgrade_form(fields[1:], consumes, "POST /a", [])["content"]) == consumes
    assert list(upgrade_form(fields, [], "POST /a", [])["content"]) == ["multipart/form-data"]


def test_a_ref_in_the_items_of_a_parameter_is_not_a_reference() -> None:
    parameter = {"name": "q", "in": "query", "type": "array", "items": {"$ref": "#/definitions/Kept", "type": "string"}}
    assert upgrade_parameter(parameter, "GET /a", [])["schema"] == {"type": "array", "items": {"type": "string"}}
