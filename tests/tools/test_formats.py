from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from plugin_gateway.tools.formats import Format, wrap, write_tool
from plugin_gateway.tools.tool import Argument, Body, BodyKind, Hints, Place, Tool

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"id": {"type": "string"}, "tags": {"type": "array"}},
    "required": ["id"],
    "anyOf": [{"required": ["tags"]}],
    "additionalProperties": False,
}


def tool(
    schema: JsonObject = SCHEMA,
    name: str = "get_pet",
    description: str = "Get a pet.",
    place: Place = Place.QUERY,
    body: Body | None = None,
) -> Tool:
    shown = {"name": name, "title": "T", "description": description, "inputSchema": schema, "annotations": {}}
    return Tool(
        name=name,
        method="GET",
        path_template="/",
        title="T",
        description=description,
        hints=Hints(read_only=True, destructive=False, idempotent=True),
        arguments=tuple(Argument(name=one, wire_name=one, place=place) for one in schema["properties"]),
        body=body,
        definition=json.dumps(shown).encode(),
    )


PLAIN = {"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": False}


def test_mcp_has_the_definition_as_it_is_listed() -> None:
    assert wrap([write_tool(tool(), Format.MCP)], Format.MCP) == {"tools": [json.loads(tool().definition)]}


def test_openai_has_functions_without_combinations_at_the_root() -> None:
    written = write_tool(tool(), Format.OPENAI)

    assert written["type"] == "function"
    assert written["function"]["parameters"] == {
        "type": "object",
        "properties": {"id": {"type": "string"}, "tags": {"type": "array", "items": {}}},
        "required": ["id"],
        "additionalProperties": False,
    }
    assert written["function"]["strict"] is False
    assert write_tool(tool(), Format.OPENAI_RESPONSES) == {"type": "function", **written["function"]}


@pytest.mark.parametrize(
    ("place", "kind", "is_strict"),
    [
        (Place.QUERY, None, True),
        (Place.BODY, BodyKind.FORM, True),
        (Place.BODY, BodyKind.JSON, False),
    ],
)
def test_openai_is_strict_where_null_leaves_an_argument_out(
    place: Place, kind: BodyKind | None, is_strict: bool
) -> None:
    body = Body(media_type="a/b", kind=kind) if kind else None

    assert write_tool(tool(PLAIN, place=place, body=body), Format.OPENAI)["function"]["strict"] is is_strict


def test_openai_takes_at_most_1024_characters_of_text() -> None:
    assert len(write_tool(tool(description="word " * 500), Format.OPENAI)["function"]["description"]) <= 1024


def test_anthropic_has_an_input_schema() -> None:
    written = write_tool(tool(), Format.ANTHROPIC)

    assert written.keys() == {"name", "description", "input_schema"}
    assert written["input_schema"].keys() == {"type", "properties", "required", "additionalProperties"}
    assert wrap([written], Format.ANTHROPIC) == [written]


def test_gemini_has_function_declarations() -> None:
    written = write_tool(tool(PLAIN), Format.GEMINI)

    assert written["parameters"] == {"type": "object", "properties": {"id": {"type": "string"}}}
    assert wrap([written], Format.GEMINI) == [{"functionDeclarations": [written]}]


def test_gemini_gets_no_parameters_where_there_are_none() -> None:
    assert "parameters" not in write_tool(tool({"type": "object", "properties": {}}), Format.GEMINI)


@pytest.mark.parametrize(("name", "shown"), [("get", "get"), ("_get", "_get"), ("1get", "_1get"), ("-get", "_-get")])
def test_gemini_gets_names_that_begin_with_a_letter(name: str, shown: str) -> None:
    assert write_tool(tool(PLAIN, name=name), Format.GEMINI)["name"] == shown
