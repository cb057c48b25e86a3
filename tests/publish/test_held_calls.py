"""Held calls in the served document: clients learn that a call may wait, and what to do then."""

from typing import Any

import pytest
import yaml

from plugin_gateway.config.load import load_text
from plugin_gateway.openapi.document import Document
from plugin_gateway.publish.held_calls import HELD, declare_held_call
from plugin_gateway.revision.compile import compile_revision

JSON = "application/json"
DOCUMENT = """
openapi: 3.0.3
info: {title: Pets, version: "1", description: About pets., contact: {email: a@example.com}, termsOfService: "https://example.com/t"}
paths:
  /pets:
    post: {operationId: createPet, summary: Create a pet., responses: {"201": {description: ok}}}
    get: {operationId: listPets, summary: List pets., responses: {"200": {description: ok}}}
"""


def declared(responses: dict[str, Any], **components: Any) -> dict[str, Any]:
    return declare_held_call(Document(root={"components": {"responses": components}}, name="d"), responses)


def test_the_answer_of_a_call_that_waits_is_declared() -> None:
    found = declared({"200": {"description": "ok"}})
    assert set(found) == {"200", "202", "403", "429"}
    schema = found["202"]["content"][JSON]["schema"]
    assert schema["properties"]["approval"]["required"] == ["id", "url", "expires_at"]


OWN: dict[str, Any] = {"description": "later", "content": {JSON: {"schema": {"type": "array"}}}}


@pytest.mark.parametrize("responses", [{"202": OWN}, {"202": {"$ref": "#/components/responses/Later"}}])
def test_an_api_that_answers_202_itself_may_answer_either(responses: dict[str, Any]) -> None:
    found = declared(responses, Later=OWN)
    first, second = found["202"]["content"][JSON]["schema"]["anyOf"]
    assert (found["202"]["description"], first) == ("later", {"type": "array"})
    assert "approval" in second["properties"]
    assert OWN["content"][JSON]["schema"] == {"type": "array"}


def test_a_202_without_json_gets_it() -> None:
    found = declared({"202": {"description": "later"}})
    assert "approval" in found["202"]["content"][JSON]["schema"]["properties"]


def test_a_reference_to_nothing_is_replaced() -> None:
    assert "content" in declared({"202": {"$ref": "#/components/responses/Gone"}})["202"]


def test_document_and_tool_say_that_a_person_must_approve_and_no_other_operation_does() -> None:
    config = (
        "openapi: o.yaml\nupstream: {url: http://127.0.0.1:9}\n"
        "allow: [{operation: createPet, consequential: confirm}, listPets]\n"
    )
    document = Document(root=yaml.safe_load(DOCUMENT), name="o.yaml")
    revision = compile_revision(load_text(config, path=None, environ={}), document, number=1)
    served = yaml.safe_load(revision.faces["/openapi.json"].body)
    held, other = served["paths"]["/pets"]["post"], served["paths"]["/pets"]["get"]
    assert held["description"] == f"{HELD} Create a pet."
    assert held["x-openai-isConsequential"] is True
    assert {"201", "202", "403"} <= set(held["responses"])
    assert "202" not in other["responses"]
    tools = revision.tools.by_name
    assert HELD in tools["createPet"].description
    assert not tools["createPet"].hints.read_only
    assert HELD not in tools["listPets"].description
