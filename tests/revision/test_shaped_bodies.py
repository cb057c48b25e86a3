"""`explain` shows what is cut, set and hidden in the bodies of a call, by pointers and never by values."""

from __future__ import annotations

import pytest
import yaml

from plugin_gateway.config.load import load_text
from plugin_gateway.openapi.document import Document
from plugin_gateway.revision.account import account_for
from plugin_gateway.revision.compile import compile_revision

BODY = "{content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}"
DOCUMENT = Document(
    root=yaml.safe_load(
        f"""
openapi: 3.1.0
info: {{title: Orders, version: "1"}}
paths:
  /orders:
    post: {{operationId: add, requestBody: {BODY}, responses: {{"200": {{description: ok, content: {{application/json: {{schema: {{$ref: '#/components/schemas/Order'}}}}}}}}}}}}
    get: {{operationId: list, responses: {{"200": {{description: ok}}}}}}
components:
  schemas:
    Order: {{type: object, properties: {{sku: {{type: string}}, note: {{type: string}}, tenant: {{type: string}}, url: {{type: string}}, meta: {{type: object}}, lines: {{type: array, items: {{type: string}}}}}}}}
"""
    ),
    name="openapi.yaml",
)


def steps(entry: str, validate: str = "{request: report, response: report}", target: str = "/orders") -> dict[str, str]:
    text = f"openapi: x\nupstream: {{url: 'https://api.test'}}\nallow: [list, {{operation: add{entry}}}]\nvalidate: {validate}\n"
    loaded = load_text(text, path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)
    account = account_for("POST", target, revision=revision, loaded=loaded, document=DOCUMENT)
    return {step.name: step.finding for step in account.steps}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("request: {keep: [/sku, /note]}", "clients see and send only /sku, /note"),
        (
            "request: {drop: [/note], fixed: {/tenant: hush-hush}}",
            "removes /note, which clients do not see; always sets /tenant, which clients do not see",
        ),
    ],
)
def test_the_step_has_the_pointers_of_a_request_body_and_no_value(entry: str, said: str) -> None:
    found = steps(f", {entry}")
    assert found["request body"] == said
    assert "hush" not in str(found)


def test_the_step_has_the_pointers_of_an_answer() -> None:
    entry = (
        "response: {keep: [/sku, /lines, /url], drop: [/note], limit_items: {/lines: 3}, select: fields, links: [/url]}"
    )
    assert steps(f", {entry}")["answer"] == (
        "clients get only /sku, /lines, /url of a success; leaves out /note; at most 3 items of /lines; "
        "clients can ask for less with `fields`; rewrites the URLs at /url"
    )


def test_an_operation_without_a_shape_has_only_steps_about_enforced_validation() -> None:
    assert {"request body", "answer"}.isdisjoint(steps(""))
    found = steps("", "{request: enforce, response: enforce}")
    assert found["request body"] == "refuses a body that does not match its description"
    assert found["answer"] == "sends 502 instead of an answer that does not match its description"


def test_a_long_list_is_cut() -> None:
    found = steps(", response: {drop: [" + ", ".join(f"/meta/m{number}" for number in range(15)) + "]}")
    assert found["answer"].endswith("/meta/m11 and 3 more")
