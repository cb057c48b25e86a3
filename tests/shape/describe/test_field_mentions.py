"""A text that names a member which clients no longer see is a located warning."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.config.parameter_rule import ParameterRule
from plugin_gateway.config.trims import RequestTrim, ResponseTrim
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.shape.compile import compile_shapes
from plugin_gateway.shape.settings import OperationSettings

KEY = OperationKey("POST", "/items")
SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "note": {"type": "string"},
        "internal_notes": {"type": "string"},
        "htmlUrl": {"type": "string"},
        "owner": {"type": "object", "properties": {"note": {"type": "string"}, "email": {"type": "string"}}},
    },
}


def mentions(description: str = "", *, replaced_texts: bool = False, **trims: Any) -> list[Finding]:
    schema = {**SCHEMA, "description": trims.pop("of_schema", "")}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}
    operation = {
        "description": description,
        "parameters": [{"name": "sort", "in": "query", "description": trims.pop("of_sort", ""), "schema": {}}],
        "requestBody": {"content": content},
        "responses": {"200": {"description": trims.pop("of_answer", "ok"), "content": content}},
    }
    root = {
        "openapi": "3.1.0",
        "info": {},
        "paths": {"/items": {"post": operation}},
        "components": {"schemas": {"Item": schema}},
    }
    request = RequestTrim.parse(trims.pop("request", {}))
    response = ResponseTrim.parse(trims.pop("response", {}))
    settings = OperationSettings(
        entry=3,
        parameters={name: ParameterRule(rename=new) for name, new in trims.pop("renamed", {}).items()},
        request=request,
        request_origins=dict.fromkeys(request.written, 3),
        response=response,
        response_origins=dict.fromkeys(response.written, 2),
        replaced_texts=frozenset({"description"} if replaced_texts else ()),
    )
    found = compile_shapes(Document(root=root, name="d"), {KEY: settings}).findings
    return [one for one in found if one.rule == "dropped-field-named"]


BOTH: dict[str, Any] = {"request": {"drop": ["/internal_notes"]}, "response": {"drop": ["/internal_notes"]}}


def test_a_description_that_names_a_dropped_member_is_a_warning_at_its_pointer() -> None:
    (found,) = mentions("Fill in `internal_notes` for the team.", **BOTH)
    assert (found.severity, found.pointer) == (Severity.WARNING, ("allow", 2, "response", "drop", 0))
    assert "the description of `POST /items` names `internal_notes`, which clients do not see" in found.message
    assert "set `description` in this entry" in (found.hint or "")


def test_the_hint_names_a_renamed_parameter_as_gateway_yaml_does() -> None:
    (found,) = mentions(of_sort="By internal_notes.", renamed={"sort": "order"}, **BOTH)
    assert found.message.startswith("the description of the parameter `order` of `POST /items`")
    assert "set `parameters: {sort: {description: …}}`" in (found.hint or "")


@pytest.mark.parametrize(
    ("texts", "trims", "pointer"),
    [
        ({"of_sort": "By internal_notes."}, BOTH, ("allow", 2, "response", "drop", 0)),
        ({"of_answer": "With internal_notes."}, BOTH, ("allow", 2, "response", "drop", 0)),
        ({"of_schema": "See internal_notes."}, BOTH, ("allow", 2, "response", "drop", 0)),
        # A plain word counts if gateway.yaml spells it out.
        (
            {"description": "The email of the owner."},
            {"request": {"fixed": {"/owner/email": "a"}}, "response": {"drop": ["/owner/email"]}},
            ("allow", 2, "response", "drop", 0),
        ),
        # What `keep` takes away counts if it is no plain word.
        (
            {"description": "The htmlUrl of the item."},
            {"request": {"drop": ["/htmlUrl"]}, "response": {"keep": ["/id"]}},
            ("allow", 3, "request", "drop", 0),
        ),
        (
            {"description": "The htmlUrl of the item."},
            {"request": {"keep": ["/id"]}, "response": {"keep": ["/id"]}},
            ("allow", 3, "request", "keep"),
        ),
    ],
)
def test_each_text_that_clients_see_is_searched(
    texts: dict[str, Any], trims: dict[str, Any], pointer: tuple[str | int, ...]
) -> None:
    (found,) = mentions(**texts, **trims)
    assert found.pointer == pointer


@pytest.mark.parametrize(
    ("texts", "trims"),
    [
        # Clients see the name elsewhere.
        ({"description": "With a note."}, {"response": {"drop": ["/note"]}}),
        ({"description": "With internal_notes."}, {"response": {"drop": ["/internal_notes"]}}),
        # Another word, a text of gateway.yaml, and a plain word that gateway.yaml does not spell out.
        ({"description": "With internal_notes2."}, BOTH),
        ({"description": "With internal_notes.", "replaced_texts": True}, BOTH),
        ({"description": "The email of the owner."}, {"request": {"keep": ["/id"]}, "response": {"keep": ["/id"]}}),
        ({"description": "With internal_notes."}, {"response": {"select": "fields"}}),
    ],
)
def test_other_texts_are_no_findings(texts: dict[str, Any], trims: dict[str, Any]) -> None:
    assert mentions(**texts, **trims) == []
