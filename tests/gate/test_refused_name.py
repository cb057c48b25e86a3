"""No rule for a parameter opens a name that the gate closes."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.diagnostics import Finding
from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.gate.refused_name import PlacedRule, find_refused_names
from plugin_gateway.gate.rule import InjectedNames
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.shape.request.names import Names
from plugin_gateway.shape.shape import Shape

KEY = OperationKey("GET", "/pets")
TARGETED = OperationKey("POST", "/#X-Target=List")
TYPED = OperationKey("GET", "/search?type=user")
QUERY = [
    {"name": name, "in": "query"}
    for name in ("limit", "limit[]", "api_key", "\ud800", "b\ud800", "beta", "_method", "plain", "type")
]
PARAMETERS = [*QUERY, {"name": "X-Forwarded-For", "in": "header"}, {"name": "X-Plain", "in": "header"}]
OPERATION = {"parameters": PARAMETERS, "responses": {}}
DOCUMENT = Document(
    root={
        "openapi": "3.1.0",
        "paths": {
            **{path: {"get": OPERATION} for path in ("/pets", "/pets?beta=true", "/search?type=user")},
            TARGETED.path: {
                "post": {
                    "parameters": [{"name": "X-Target", "in": "header", "required": True, "schema": {"enum": ["List"]}}]
                }
            },
        },
    },
    name="d",
)
INJECTED = InjectedNames(query=frozenset({b"apikey"}))


def findings(*, key: OperationKey = KEY, only_hides: bool = False, **names: Any) -> list[Finding]:
    shape = Shape(names=Names(**names))
    allowed = {KEY: AllowedOperation(operation_id="pets"), TYPED: AllowedOperation(operation_id="search")}
    allowed[key] = AllowedOperation(operation_id="pets", shape=shape)
    placed = {(key, one): PlacedRule(("allow", 0), only_hides) for one in shape.names.closed | shape.names.guarded}
    rules = compile_gate(DOCUMENT, allowed, INJECTED).rules_by_key
    return [*find_refused_names(DOCUMENT, allowed, INJECTED, rules, placed)]


def found(**names: Any) -> list[str]:
    return [finding.rule for finding in findings(**names)]


@pytest.mark.parametrize("name", ["api_key", "beta", "_method"])
def test_the_gateway_sends_no_name_that_the_gate_closes(name: str) -> None:
    assert found(closed=frozenset({("query", name)})) == ["closed-parameter"]
    assert found(guarded=frozenset({("query", name)})) == ["closed-parameter"]
    assert found(closed=frozenset({("query", name)}), only_hides=True) == []


def test_a_header_that_is_never_forwarded_stays_closed() -> None:
    assert found(closed=frozenset({("header", "x-forwarded-for")})) == ["closed-parameter"]
    assert found(closed=frozenset({("header", "x-plain")})) == []


@pytest.mark.parametrize("new", ["api_key", "API-Key", "_method", "X-HTTP-Method-Override", "beta", "Beta"])
def test_no_parameter_gets_a_name_that_the_gate_closes(new: str) -> None:
    key = ("query", "plain")
    assert found(closed=frozenset({key}), renamed=((key, new),)) == ["closed-parameter"]


def test_a_header_gets_no_name_that_is_never_forwarded() -> None:
    key = ("header", "x-plain")
    assert found(closed=frozenset({key}), renamed=((key, "X-Forwarded-Host"),)) == ["closed-parameter"]


def test_a_rule_for_a_parameter_that_the_path_template_fixes_is_an_error() -> None:
    assert found(key=TYPED, closed=frozenset({("query", "type")})) == ["settled-parameter"]
    assert found(key=TARGETED, closed=frozenset({("header", "X-Target")})) == ["settled-parameter"]


def test_another_declared_spelling_of_a_parameter_is_reported() -> None:
    limit, twin = ("query", "limit"), ("query", "limit[]")
    assert found(guarded=frozenset({limit})) == ["another-spelling"]
    assert found(closed=frozenset({limit, twin})) == []


def test_a_parameter_under_a_good_name_is_not_reported() -> None:
    key = ("query", "plain")
    assert found(closed=frozenset({key}), renamed=((key, "page_size"),)) == []
    assert found() == []


def test_a_finding_says_which_parameter_and_what_to_do() -> None:
    leave_out: dict[str, Any] = {"hint": "take the parameter out of this entry", "pointer": ("allow", 0)}
    plain = ("query", "plain")
    assert findings(key=TYPED, closed=frozenset({("query", "type")})) == [
        Finding(
            rule="settled-parameter",
            message="the path template of `GET /search?type=user` fixes the query parameter `type`",
            **leave_out,
        )
    ]
    assert findings(closed=frozenset({("query", "beta")})) == [
        Finding(
            rule="closed-parameter",
            message="the gateway does not forward the query parameter `beta`: the gateway sets it itself, or a server may "
            "read the call as another operation",
            **leave_out,
        )
    ]
    assert findings(guarded=frozenset({("query", "limit")})) == [
        Finding(
            rule="another-spelling",
            message="some servers read the parameter `limit[]` of `GET /pets` as `limit`, and callers may send it",
            hint="hide it, too: write `hidden` for it",
            pointer=("allow", 0),
        )
    ]
    assert findings(closed=frozenset({plain}), renamed=((plain, "beta"),)) == [
        Finding(
            rule="closed-parameter",
            message="`plain` cannot be called `beta`: the gateway does not accept that name from callers",
            hint="choose another name",
            pointer=("allow", 0, "rename"),
        )
    ]


def test_a_name_with_half_of_a_surrogate_pair_is_judged() -> None:
    """JSON can spell half of a surrogate pair, which no encoding can write."""
    assert found(guarded=frozenset({("query", "b\ud800")})) == []
