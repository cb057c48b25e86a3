"""The verdict, step by step."""

from __future__ import annotations

import pytest

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.policy.credentials import Injection
from plugin_gateway.policy.explain import explain
from plugin_gateway.policy.gate import Admission, compile_gate
from plugin_gateway.policy.permit import Permit

ROOT = {
    "openapi": "3.0.3",
    "paths": {
        "/pets": {"get": {"parameters": [{"name": "limit", "in": "query"}]}, "post": {}},
        "/pets/{id}": {"get": {}},
        "/pets/{id}.{format}": {"get": {}},
        "/pets/export": {"get": {}},
        "/beta?on=1": {"get": {}},
    },
}
GATE = compile_gate(
    Document(root=ROOT, name="t"),
    {
        OperationKey(*text.split(" ")): Admission(operation_id=text.split("/")[1])
        for text in ("GET /pets", "POST /pets", "GET /pets/{id}", "GET /beta?on=1")
    },
)
READ = Injection(headers=((b"X-Api-Key", b"very-secret"),))


@pytest.mark.parametrize(
    ("method", "target", "step", "finding"),
    [
        ("GET", "/pets/..", "target", "which servers read in different ways"),
        ("GET", "/nope", "route", "no allowed operation has this path"),
        ("DELETE", "/pets", "route", "the path is allowed for GET, HEAD, POST, not for DELETE"),
        ("GET", "/beta", "route", "GET /beta?on=1 is allowed only with on=1 in the query"),
        ("GET", "/pets/EXPORT", "path", "segment 2 like `export`"),
        ("GET", "/pets/1.json", "path", "segment 2 like a template with literals"),
        ("GET", "/pets/a%2Fb", "path", "an encoded slash stands where no parameter has `slashes: allowed`"),
        ("GET", "/pets?page=1", "query", "has no query parameter page"),
    ],
)
def test_the_last_step_of_a_refusal_is_the_one_that_decided(method, target, step, finding):
    explanation = explain(GATE, method, target)

    assert not explanation.is_allowed
    assert explanation.rule is None
    assert (explanation.steps[-1].name, explanation.steps[-1].passed) == (step, False)
    assert finding in explanation.steps[-1].finding
    assert all(earlier.passed for earlier in explanation.steps[:-1])


def test_a_permitted_call_passes_every_step_and_names_what_is_injected():
    explanation = explain(GATE, "GET", "/pets?limit=1", injection_of=lambda _: READ)

    assert [step.name for step in explanation.steps] == ["target", "route", "path", "query", "credential"]
    assert all(step.passed for step in explanation.steps)
    assert explanation.steps[-1].finding == "sets header X-Api-Key"
    assert "very-secret" not in repr(explanation)
    assert explanation.rule is not None
    assert explanation.is_allowed
    assert explanation.verdict == Permit(explanation.rule, b"/pets", b"limit=1")


def test_what_is_injected_is_asked_for_the_operation_that_is_called():
    def injection_of(rule):
        return READ if rule.is_safe else None

    assert explain(GATE, "POST", "/pets", injection_of=injection_of).steps[-1].finding == "sets nothing"
    assert explain(GATE, "GET", "/pets", injection_of=injection_of).steps[-1].finding == "sets header X-Api-Key"


@pytest.mark.parametrize(("method", "target"), [("\udcff", "/pets"), ("GET", "/\udcff"), ("", ""), ("GET", "/pets/ü")])
def test_whatever_is_typed_is_explained(method, target):
    assert explain(GATE, method, target).steps
