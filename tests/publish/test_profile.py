"""Profiles: the served document, cut to what one kind of client takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.document import Document
from plugin_gateway.publish.profile import MAX_GPT_OPERATIONS, Profile, cut_to_profile

if TYPE_CHECKING:
    from collections.abc import Sequence

SENTENCES = "A sentence of words. " * 50


def _served(
    parameters: Sequence[Any] = (), count: int = 1, text: str = "short", more: Any = (), **operation: Any
) -> Document:
    node = {
        "summary": text,
        "description": text,
        "parameters": list(parameters),
        "responses": {},
        **dict(more),
        **operation,
    }
    paths = {f"/a{index}": {"get": {"operationId": f"a{index}", **node}} for index in range(count)}
    shared = {"H": {"name": "X-Trace", "in": "header", "description": text, "schema": {"type": "string"}}}
    root = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": paths,
        "components": {"parameters": shared},
    }
    return Document(root=root, name="x")


def _cut(served: Document, profile: Profile) -> tuple[Document, tuple[Finding, ...]]:
    cut = cut_to_profile(served, profile)
    return cut.document(), cut.findings


def test_texts_are_cut_for_plugins_and_the_served_document_is_not() -> None:
    served = _served(
        [{"name": "q", "in": "query", "description": SENTENCES, "schema": {"description": SENTENCES}}], text=SENTENCES
    )
    before = repr(served.root)
    document, findings = _cut(served, Profile.PLUGIN)
    operation = document.root["paths"]["/a0"]["get"]
    assert [(finding.severity, finding.message.partition(" in ")[0]) for finding in findings] == [
        (Severity.NOTE, "2 texts of operations are cut to 300 characters"),
        (Severity.NOTE, "3 texts of parameters and schemas are cut to 700 characters"),
    ]
    assert (len(operation["summary"]), len(operation["description"])) == (294, 294)
    (parameter,) = operation["parameters"]
    assert 600 < len(parameter["description"]) <= 700
    assert 600 < len(parameter["schema"]["description"]) <= 700
    assert repr(served.root) == before


def test_headers_are_not_described_to_gpt_actions() -> None:
    query = {"name": "q", "in": "query", "schema": {}}
    served = _served([{"$ref": "#/components/parameters/H"}, query, {"name": "c", "in": "cookie", "schema": {}}])
    document, findings = _cut(served, Profile.GPT_ACTIONS)
    assert document.root["paths"]["/a0"]["get"]["parameters"] == [query]
    assert "components" not in document.root
    assert [one.severity for one in findings] == [Severity.NOTE]
    document, _ = _cut(_served([{"$ref": "#/components/parameters/H"}]), Profile.GPT_ACTIONS)
    assert "parameters" not in document.root["paths"]["/a0"]["get"]


@pytest.mark.parametrize(
    ("count", "names"), [(1, "'X-0'"), (5, "'X-0', 'X-1', 'X-2', 'X-3', 'X-4'"), (7, "'X-3', 'X-4' and 2 more")]
)
def test_optional_headers_that_are_left_out_are_named_once(count: int, names: str) -> None:
    parameters = [{"name": f"X-{number}", "in": "header"} for number in range(count)]
    _, (finding,) = _cut(_served([*parameters, parameters[0]]), Profile.GPT_ACTIONS)
    assert finding.severity is Severity.NOTE
    assert finding.message.endswith(names)


def test_a_header_that_gpt_actions_cannot_send_is_warned_of() -> None:
    _, (finding,) = _cut(_served([{"name": "X-A", "in": "header", "required": True}]), Profile.GPT_ACTIONS)
    assert finding.severity is Severity.WARNING
    assert "a0 requires 'X-A'" in finding.message


def test_more_operations_than_gpt_actions_take_are_warned_of() -> None:
    _, none = _cut(_served(count=MAX_GPT_OPERATIONS), Profile.GPT_ACTIONS)
    _, (finding,) = _cut(_served(count=MAX_GPT_OPERATIONS + 1), Profile.GPT_ACTIONS)
    assert none == ()
    assert "31 operations" in finding.message


def test_extensions_that_were_kept_stay() -> None:
    served = _served(more={"x-openai-isConsequential": False, "x-mine": 1})
    document, _ = _cut(served, Profile.GPT_ACTIONS)
    operation = document.root["paths"]["/a0"]["get"]
    assert (operation["x-openai-isConsequential"], operation["x-mine"]) == (False, 1)


def test_3_0_is_another_version_and_nothing_is_cut() -> None:
    served = _served()
    assert _cut(served, Profile.OPENAPI_3_0) == (served, ())


def test_a_header_without_a_name_does_not_raise() -> None:
    _, (finding,) = _cut(_served([{"in": "header", "required": True}]), Profile.GPT_ACTIONS)
    assert "a0 requires None" in finding.message


def test_the_lean_document_has_no_answers_and_no_schema_that_only_answers_reach() -> None:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/S"}}}
    ok = {
        "description": "ok",
        "headers": {"X": {"schema": {}}},
        "content": content,
        "links": {"l": {"operationId": "a0"}},
    }
    served = _served(responses={"200": ok, "404": {"$ref": "#/components/responses/R"}}, more={"x-mine": 1})
    served.root["components"] = {"schemas": {"S": {}}, "responses": {"R": dict(ok)}}
    document, findings = _cut(served, Profile.LEAN)
    operation = document.root["paths"]["/a0"]["get"]
    assert operation["responses"] == {"200": {"description": "ok"}, "404": {"$ref": "#/components/responses/R"}}
    assert document.root["components"] == {"responses": {"R": {"description": "ok"}}}
    assert operation["x-mine"] == 1
    assert findings == ()
