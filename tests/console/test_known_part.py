"""Known parts remember the last answer to each question, and know what keeps them from being joined."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.console.known_part import KnownPart, are_alike, are_within_limit
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.mend.value_check import MOST_STEPS_IN_ALL, Effort
from plugin_gateway.publish.document import Presentation, PublishedOperation
from plugin_gateway.tools.tool_set import ToolSettings

KEY = OperationKey("GET", "/a")
PRESENTATION = Presentation(public_url="https://gw.example.com")


def part(schema: Any, version: str = "3.0.3") -> KnownPart:
    parameter = {"name": "q", "in": "query", "schema": schema}
    operation = {
        "operationId": "a",
        "summary": "A",
        "parameters": [parameter],
        "responses": {"200": {"description": ""}},
    }
    root = {"openapi": version, "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": operation}}}
    return KnownPart({"/a": [KEY]}, Document(root=root, name="openapi.json"))


def test_an_answer_is_remembered_until_another_question() -> None:
    one = part({"type": "string"})
    shown = {KEY: PublishedOperation(operation_id="a")}
    first = one.served(shown, PRESENTATION, has_answers=True)

    assert one.served({KEY: PublishedOperation(operation_id="a")}, PRESENTATION, has_answers=True) is first
    assert one.served(shown, PRESENTATION, has_answers=False) is not first
    assert one.served(shown, PRESENTATION, has_answers=True) is first
    other = one.served({KEY: PublishedOperation(operation_id="b")}, PRESENTATION, has_answers=True)
    assert other.document.root["paths"]["/a"]["get"]["operationId"] == "b"
    settings = {KEY: ToolSettings(title="Title")}
    assert first.drafted(settings) is first.drafted(dict(settings))
    assert first.drafted({})[0].title == "A"


@pytest.mark.parametrize("schema", [{"$ref": "#/components/schemas/Nowhere"}, "no mapping"])
def test_a_part_that_is_not_plain_or_has_a_mistake_has_no_document(schema: Any) -> None:
    one = part(schema)
    assert one.pruned is None
    with pytest.raises(LookupError):
        one.document  # noqa: B018  # it raises


def test_parts_that_depend_on_the_words_of_others_are_not_alike() -> None:
    early, later = part({"type": "string"}), part({"type": "string", "const": "a"})

    assert are_alike([early, early], "3.0")
    assert are_alike([early, later], "3.1")
    assert not are_alike([early, later], "3.0")


def test_the_efforts_of_parts_together_have_the_limit_of_a_document() -> None:
    half, more = Effort(), Effort()
    half.steps, more.steps = MOST_STEPS_IN_ALL // 2, MOST_STEPS_IN_ALL // 2 + 1

    assert are_within_limit([half, half])
    assert not are_within_limit([half, more])
