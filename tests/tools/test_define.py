import json

import pytest

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.tools.define import ToolSettings, build_tool_set
from plugin_gateway.tools.hints import ChosenHints


def tools(settings=None, **operation):
    item = {"get": {"operationId": "getPet", "summary": "Get a pet", **operation}}
    document = Document(root={"openapi": "3.1.0", "paths": {"/pet": item}}, name="o")
    return build_tool_set(document, {OperationKey("GET", "/pet"): settings} if settings else {})


def test_a_tool_shows_the_operation_under_its_id():
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


def test_title_and_hints_of_gateway_yaml_win():
    (tool,) = tools(ToolSettings(title="A pet", hints=ChosenHints(open_world=True)))

    assert (tool.title, tool.hints.open_world) == ("A pet", True)


def test_an_operation_without_a_description_is_described_by_its_summary():
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
def test_the_title_is_the_summary_or_a_short_first_sentence(summary, description, title):
    (tool,) = tools(**({"summary": summary} if summary else {"summary": ""}), description=description)

    assert tool.title == title
