"""The account of a call names the credentials that the gateway sets on it."""

import pytest
import yaml

from plugin_gateway.config.load import load_text
from plugin_gateway.openapi.document import Document
from plugin_gateway.revision.account import account_for
from plugin_gateway.revision.compile import compile_revision

DOCUMENT = Document(
    root=yaml.safe_load(
        """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets: {get: {operationId: list, responses: {}}, post: {operationId: add, responses: {}}}
  /own: {get: {operationId: own, responses: {}}}
"""
    ),
    name="openapi.yaml",
)
CONFIG = """
openapi: openapi.yaml
upstream:
  url: https://api.test
  credential: {header: X-Read, value: {value: very-secret-1}}
  write_credential: {header: X-Write, value: {value: very-secret-2}}
allow: [list, add, {operation: own, credential: {query: key, value: {value: very-secret-3}}}]
"""


@pytest.mark.parametrize(
    ("method", "target", "said"),
    [
        ("GET", "/pets", "sets header X-Read"),
        ("POST", "/pets", "sets header X-Write"),
        ("GET", "/own", "sets query key"),
    ],
)
def test_the_credential_of_the_operation_is_named_and_its_value_is_not(method: str, target: str, said: str) -> None:
    loaded = load_text(CONFIG, path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)

    account = account_for(method, target, revision=revision, loaded=loaded, document=DOCUMENT)

    assert account.is_allowed
    assert [step.finding for step in account.steps if step.name == "credential"] == [said]
    assert "very-secret" not in repr(account)


def test_without_a_credential_nothing_is_set() -> None:
    text = "openapi: openapi.yaml\nupstream: {url: 'https://api.test'}\nallow: [list]\n"
    loaded = load_text(text, path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)

    steps = account_for("GET", "/pets", revision=revision, loaded=loaded, document=DOCUMENT).steps

    assert "sets nothing" in [step.finding for step in steps]


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/p ets"), ("GET", "/pets/ä"), ("G T", "/pets"), ("", ""), ("GET", "/\0")]
)
def test_what_is_no_request_line_is_refused_as_the_gateway_refuses_it(method: str, target: str) -> None:
    loaded = load_text(CONFIG, path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)

    account = account_for(method, target, revision=revision, loaded=loaded, document=DOCUMENT)

    assert (account.verdict.status, account.verdict.code) == (400, "bad-request-line")


def test_the_limits_of_a_call_are_told() -> None:
    text = CONFIG.replace("[list,", "[{operation: list, rate: 5/s},") + "limits: {rate: 20/s, concurrency: 7}\n"
    loaded = load_text(text, path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)

    steps = account_for("GET", "/pets", revision=revision, loaded=loaded, document=DOCUMENT).steps

    said = {step.name: step.finding for step in steps}
    assert said["limits"] == "at most 20/s for all callers together, 7 at the same time"
    assert said["rule"].endswith(", at most 5/s")
