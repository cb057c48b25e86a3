"""docs/shape.md, "Parameters": the example is accepted, and its calls are answered as the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugin_gateway.config.load import load_text
from plugin_gateway.gate.permit import Permit
from plugin_gateway.openapi.document import Document
from plugin_gateway.refusal import Refusal, problem_details
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.shape.request.parameters import WrittenParameters

if TYPE_CHECKING:
    from plugin_gateway.revision.model import Revision

PAGE = (Path(__file__).parents[2] / "docs" / "shape.md").read_text()
SECTION = PAGE.partition("\n## Parameters\n")[2].partition("\n## ")[0]
TEXT = {"type": "string"}
NAMES = ("account", "debug", "pageToken")
PARAMETERS: list[dict[str, Any]] = [
    {"name": "tenant", "in": "path", "required": True, "schema": TEXT},
    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
    {"name": "status", "in": "query", "schema": TEXT},
    *({"name": name, "in": "query", "schema": TEXT} for name in NAMES),
]
OPERATION = {"operationId": "listOrders", "summary": "List orders.", "parameters": PARAMETERS, "responses": {}}
ROOT = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/{tenant}/orders": {"get": OPERATION}}}


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)
    assert found is not None
    return found[1]


def revision() -> Revision:
    text = f"openapi: x\nupstream: {{url: 'https://h'}}\n{block('yaml')}"
    return compile_revision(load_text(text, path=None, environ={}), Document(root=ROOT, name="d"), number=1)


def written(target: bytes) -> WrittenParameters | Refusal:
    permit = revision().gate.judge(b"GET", target)
    assert isinstance(permit, Permit)
    shape = permit.rule.shape
    assert shape is not None
    assert shape.parameters is not None
    return shape.parameters.write(permit.path, permit.query, ())


def test_the_api_gets_what_the_example_says() -> None:
    found = written(b"/acme/orders?page_token=x&status=open")
    assert isinstance(found, WrittenParameters)
    assert found.query == b"pageToken=x&status=open&limit=20&account=4711"


def test_clients_see_what_the_example_says() -> None:
    document = json.loads(revision().faces["/openapi.json"].body)
    shown = {one["name"] for one in document["paths"]["/{tenant}/orders"]["get"]["parameters"]}
    assert shown == {"tenant", "limit", "page_token", "status"}


def test_a_refused_call_is_answered_as_on_the_page() -> None:
    refused = written(b"/acme/orders?limit=51&status=lost")
    assert isinstance(refused, Refusal)
    details = json.loads(problem_details(refused))
    shown = json.loads(block("json"))
    assert {name: details[name] for name in shown} == shown
