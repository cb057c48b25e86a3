"""`explain` shows what happens to the parameters of a call, by their names."""

from typing import Any

import pytest
import yaml

from plugin_gateway.config.load import load_text
from plugin_gateway.openapi.document import Document
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision.account import account_for
from plugin_gateway.revision.compile import compile_revision

DOCUMENT = Document(
    root=yaml.safe_load(
        """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      operationId: list
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
        - {name: account, in: query, schema: {type: string}}
        - {name: debug, in: query, schema: {type: string}}
        - {name: pageToken, in: query, schema: {type: string}}
        - {name: X-Region, in: header, required: true, schema: {type: string, enum: [eu]}}
      responses: {}
  /plain: {get: {operationId: plain, responses: {}}}
  /traced: {get: {operationId: traced, parameters: [{name: trace, in: query, schema: {}}], responses: {}}}
  /pets/1:
    get:
      operationId: first
      responses: {"200": {description: ok, content: {application/json: {schema: {type: object, properties: {id: {}}}}}}}
"""
    ),
    name="openapi.yaml",
)
CONFIG = """
openapi: openapi.yaml
upstream: {url: "https://api.test"}
allow:
  - plain
  - {operation: traced, parameters: {trace: hidden}}
  - {operation: first, response: {select: fields}}
  - operation: list
    parameters:
      limit: {maximum: 50, default: 20}
      account: {fixed: hush-hush}
      debug: hidden
      pageToken: {rename: page_token}
      X-Region: {enum: [eu]}
"""


def explained(target: str) -> Any:
    loaded = load_text(CONFIG, path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)
    return account_for("GET", target, revision=revision, loaded=loaded, document=DOCUMENT)


def test_the_parameters_that_the_gateway_sends_are_named_and_their_values_are_not() -> None:
    account = explained("/pets?limit=5")
    assert account.is_allowed
    [said] = [step.finding for step in account.steps if step.name == "parameters"]
    assert said == (
        "always sends query account; sends query limit where the call leaves it out; "
        "sends page_token as query pageToken; never sends query debug"
    )
    assert "hush-hush" not in repr(account)


@pytest.mark.parametrize("target", ["/pets?limit=51", "/pets?limit=a"])
def test_a_call_that_the_shape_refuses_is_refused(target: str) -> None:
    account = explained(target)
    assert isinstance(account.verdict, Refusal)
    assert account.verdict.code == "invalid-request"
    assert account.steps[-1].name == "parameters"
    assert not account.steps[-1].passed


def test_an_operation_without_a_shape_has_no_such_step() -> None:
    assert [step.name for step in explained("/plain").steps if step.name == "parameters"] == []


def test_an_undeclared_name_is_listed_with_the_other_problems() -> None:
    account = explained("/pets?limit=51&debug=1")
    assert isinstance(account.verdict, Refusal)
    assert [one["pointer"] for one in account.verdict.members["errors"]] == ["/query/debug", "/query/limit"]
    assert [step.name for step in account.steps if not step.passed] == ["query", "parameters"]


def test_a_selection_does_not_go_up_and_an_unknown_one_is_refused() -> None:
    account = explained("/pets/1?fields=id")
    assert account.url == "https://api.test/pets/1"
    account = explained("/pets/1?fields=other")
    assert isinstance(account.verdict, Refusal)
    assert [one["pointer"] for one in account.verdict.members["errors"]] == ["/query/fields"]


def test_the_step_names_a_parameter_that_is_only_hidden() -> None:
    assert [step.finding for step in explained("/traced").steps if step.name == "parameters"] == [
        "never sends query trace"
    ]
