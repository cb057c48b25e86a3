from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import meta

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.tools.compact import CUTS, LAST_CUTS, compact
from plugin_gateway.tools.formats import Format, write_tool
from plugin_gateway.tools.hints import ChosenHints
from plugin_gateway.tools.sharing import share
from plugin_gateway.tools.tool_set import ToolSettings, build_tool_set

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject
    from plugin_gateway.tools.tool_set import ToolSet


def tools(settings: ToolSettings | None = None, **operation: str) -> ToolSet:
    item = {"get": {"operationId": "getPet", "summary": "Get a pet", **operation}}
    document = Document(root={"openapi": "3.1.0", "paths": {"/pet": item}}, name="o")
    return build_tool_set(document, {OperationKey("GET", "/pet"): settings} if settings else {})


def test_a_tool_shows_the_operation_under_its_id() -> None:
    (tool,) = tools(description="By number.")

    assert json.loads(tool.definition) == {
        "name": "getPet",
        "title": "Get a pet",
        "description": "By number.",
        "inputSchema": {"type": "object", "properties": {}, "additionalProperties": False},
        "annotations": {
            "readOnlyHint": True,
            "destructiveHint": False,
            "idempotentHint": True,
            "openWorldHint": False,
        },
        "_meta": {
            "openai/toolInvocation/invoking": "Calling: Get a pet",
            "openai/toolInvocation/invoked": "Done: Get a pet",
        },
    }
    assert (tool.method, tool.path_template, tool.title) == ("GET", "/pet", "Get a pet")


def test_title_and_hints_of_gateway_yaml_win() -> None:
    (tool,) = tools(ToolSettings(title="A pet", hints=ChosenHints(open_world=True)))

    assert (tool.title, tool.hints.open_world) == ("A pet", True)


def test_an_operation_without_a_description_is_described_by_its_summary() -> None:
    (tool,) = tools()

    assert tool.description == "Get a pet"


@pytest.mark.parametrize(
    ("summary", "description", "title"),
    [
        ("Get\n  a pet", "Anything.", "Get a pet"),
        ("word " * 20, "", "word word word word word word word word word word word word…"),
        (None, "<p>Creates a pet. It is new.</p>", "Creates a pet"),
        (None, "Version 1.2 of a pet", "Version 1.2 of a pet"),
        (None, "word " * 20, "getPet"),
    ],
)
def test_the_title_is_the_summary_or_a_short_first_sentence(summary: str | None, description: str, title: str) -> None:
    (tool,) = tools(summary=summary or "", description=description)

    assert tool.title == title


# Whatever stands in a document, the tool is valid.

KEYS = [
    *(
        "type",
        "properties",
        "items",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "enum",
        "const",
        "default",
        "required",
    ),
    *(
        "additionalProperties",
        "patternProperties",
        "$ref",
        "$id",
        "$anchor",
        "$defs",
        "$dynamicRef",
        "readOnly",
        "format",
    ),
    *(
        "minimum",
        "maxLength",
        "pattern",
        "description",
        "title",
        "examples",
        "x-mcp-header",
        "contentMediaType",
        "a",
        "b",
    ),
]
VALUES = [
    *(
        "object",
        "array",
        "string",
        "number",
        "null",
        "",
        "#/components/schemas/A",
        "#/components/schemas/B",
        "#x",
        "x",
        "(",
    ),
    *(True, False, None, 0, -1, 1.5, "application/json", "binary", "https://json-schema.org/draft/2020-12/schema"),
]
anything = st.recursive(
    st.sampled_from(VALUES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)
objects = st.dictionaries(st.sampled_from(KEYS), anything, max_size=6)
media_types = st.sampled_from(
    ["application/json", "multipart/form-data", "application/x-www-form-urlencoded", "a/b", "text/plain"]
)


@given(objects, objects, objects, anything, media_types, st.dictionaries(st.sampled_from(["a", "b"]), anything))
def test_a_tool_is_valid_in_every_form_for_schemas_of_any_shape(
    first: JsonObject, second: JsonObject, body: JsonObject, parameter: object, media_type: str, encoding: JsonObject
) -> None:
    root = {
        "openapi": "3.1.0",
        "components": {"schemas": {"A": first, "B": second}},
        "paths": {
            "/pets": {
                "post": {
                    "operationId": "pets",
                    "summary": "Pets",
                    "parameters": [
                        {"name": "a", "in": "query", "schema": parameter},
                        {"name": "x", "in": "header", "content": body},
                    ],
                    "requestBody": {"content": {media_type: {"schema": body, "encoding": encoding}}},
                    "responses": {"200": {"content": {"application/json": {"schema": first}}}},
                }
            }
        },
    }
    (tool,) = build_tool_set(Document(root=root, name="o"), {})
    shown = json.loads(tool.definition)
    schema = shown["inputSchema"]

    for one in [schema, *(share(compact(schema, cut)) for cut in (*CUTS, *LAST_CUTS)), shown.get("outputSchema", {})]:
        meta.validate(one)
    for form in Format:
        write_tool(tool, form)
