"""What the gate knows of a document: the rules of allowed operations, and the denied ones that a call could reach."""

from __future__ import annotations

import pytest

from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.gate.gate import NOT_FOUND
from plugin_gateway.gate.permit import Permit
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.refusal import Refusal
from tests.gate.pets import ALLOWED, INJECTED, PETS, gate_of, key_of


def test_rules_are_in_document_order() -> None:
    gate = gate_of(PETS, ALLOWED)

    assert [rule.path_template for rule in gate.rules] == ["/pets", "/pets", "/pets/{petId}", "/files/{name}"]
    assert [*gate.rules_by_key] == [key_of(text) for text in ALLOWED]


def test_a_rule_has_what_the_allow_list_says_of_its_operation() -> None:
    document = Document(root={"openapi": "3.0.3", "paths": {"/a": {"get": {}}}}, name="t")
    allowed = AllowedOperation(operation_id="a", credential="write", links=(("next",), ("_links", "*")))
    [rule] = compile_gate(document, {key_of("GET /a"): allowed}).rules

    assert (rule.operation_id, rule.credential, rule.links) == ("a", "write", (("next",), ("_links", "*")))


def test_a_parameter_that_is_a_reference_is_declared() -> None:
    root = {
        "openapi": "3.0.3",
        "paths": {"/a": {"get": {"parameters": [{"$ref": "#/components/parameters/Limit"}]}}},
        "components": {"parameters": {"Limit": {"name": "limit", "in": "query"}}},
    }
    gate = compile_gate(Document(root=root, name="t"), {key_of("GET /a"): AllowedOperation(operation_id="a")})

    assert isinstance(gate.judge(b"GET", b"/a?limit=1"), Permit)
    assert isinstance(gate.judge(b"GET", b"/a?limits=1"), Refusal)


@pytest.mark.parametrize("name", [b"apikey", b"ApiKey", b"api%4bey"])
def test_a_query_parameter_that_the_gateway_injects_never_passes(name: bytes) -> None:
    free = {"name": "filter", "in": "query", "schema": {"type": "object"}}
    document = Document(root={"openapi": "3.0.3", "paths": {"/a": {"get": {"parameters": [free]}}}}, name="t")
    gate = compile_gate(document, {key_of("GET /a"): AllowedOperation(operation_id="a")}, INJECTED)

    assert isinstance(gate.judge(b"GET", b"/a?color=red"), Permit)
    verdict = gate.judge(b"GET", b"/a?color=red&%b=1" % name)
    assert isinstance(verdict, Refusal) or verdict.query == b"color=red"


VARIANTS = {"GET /responses/{id}": ["beta", "q"], "GET /responses/{id}?beta=true": ["more"]}


@pytest.mark.parametrize(
    ("allowed", "target", "template"),
    [
        (0, b"/responses/1", "/responses/{id}"),
        (0, b"/responses/1?beta=true", None),
        (0, b"/responses/1?beta=false", None),
        (1, b"/responses/1", None),
        (1, b"/responses/1?beta=false", None),
        (1, b"/responses/1?beta=true&more=1", "/responses/{id}?beta=true"),
        (1, b"/responses/1?beta=true&beta=false", None),
        (1, b"/responses/1?beta=true&b%65ta=false", None),
        (2, b"/responses/1?beta=true&more=1", "/responses/{id}?beta=true"),
        (2, b"/responses/1?q=1", "/responses/{id}"),
        (2, b"/responses/1?beta=false", "/responses/{id}"),
    ],
)
def test_a_template_with_a_query_needs_that_query(allowed: int, target: bytes, template: str | None) -> None:
    choice = list(VARIANTS) if allowed == 2 else [list(VARIANTS)[allowed]]
    permit = gate_of(VARIANTS, choice).judge(b"GET", target)

    assert (permit.rule.path_template if isinstance(permit, Permit) else None) == template


def test_an_operation_that_an_overlay_removed_stays_denied() -> None:
    """Else `GET /pets/mine` would pass as an allowed `GET /pets/{id}` as soon as an overlay tidied it away."""
    root = {"openapi": "3.1.0", "paths": {"/pets/{id}": {"get": {}}}}
    removed = (
        OperationKey("GET", "/pets/mine"),
        OperationKey("GET", "/pets/{petId}"),
        OperationKey("GET", "/pets/{id}?all=true"),
    )
    allowed = {OperationKey("GET", "/pets/{id}"): AllowedOperation(operation_id="getPet")}
    gate = compile_gate(Document(root=root, name="d", removed=dict.fromkeys(removed, "")), allowed)

    assert isinstance(gate.judge(b"GET", b"/pets/7"), Permit)
    assert gate.judge(b"GET", b"/pets/mine") == NOT_FOUND
    assert isinstance(gate.judge(b"GET", b"/pets/7?all=true"), Refusal)
