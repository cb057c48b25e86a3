from typing import Any

import pytest

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.gate.required_name import find_required_names
from plugin_gateway.gate.variant import RequiredPair
from plugin_gateway.openapi.document import Document, OperationKey

KEY = OperationKey("POST", "/?Action=Start")
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
NEEDS = {"required": ["Action"], "properties": {"Action": {}}}


def found(body: Any, closed: frozenset[bytes] = frozenset({b"action"}), **rule_of: Any) -> list[tuple[str, Any]]:
    root = {
        "openapi": "3.1.0",
        "paths": {KEY.path: {"post": {"requestBody": body}}},
        "components": {"schemas": {"Needs": NEEDS, "Self": {"allOf": [{"$ref": "#/components/schemas/Self"}]}}},
    }
    rule = OperationRule(
        method=KEY.method, path_template=KEY.path, operation_id="start", closed_in_bodies=closed, **rule_of
    )
    return [
        (one.rule, one.pointer) for one in find_required_names(Document(root=root, name="a"), {KEY: rule}, {KEY: 2})
    ]


@pytest.mark.parametrize(
    "schema",
    [
        NEEDS,
        {"$ref": "#/components/schemas/Needs"},
        {"allOf": [{}, {"$ref": "#/components/schemas/Needs"}]},
        {"required": ["Id", "action"]},
        {"required": ["Action[]"]},
    ],
)
def test_a_body_that_must_have_a_closed_name_is_a_warning_at_the_entry(schema: Any) -> None:
    assert found({"required": True, "content": {FORM: {"schema": schema}}}) == [("parameter-in-body", ("allow", 2))]


@pytest.mark.parametrize(
    "body",
    [
        {"content": {FORM: {"schema": NEEDS}}},
        {"required": True, "content": {FORM: {"schema": NEEDS}, JSON: {"schema": {}}}},
        {"required": True, "content": {FORM: {"schema": {"properties": {"Action": {}}}}}},
        {"required": True, "content": {FORM: {"schema": {"anyOf": [NEEDS, {}]}}}},
        {"required": True, "content": {FORM: {"schema": {"required": ["Id", 5]}}}},
        {"required": True, "content": {FORM: {"schema": {"$ref": "#/components/schemas/Self"}}}},
        {"required": True, "content": {FORM: None}},
        {"required": True},
        None,
    ],
)
def test_a_call_that_can_do_without_the_name_is_not_warned_of(body: Any) -> None:
    assert found(body) == []


def test_without_closed_names_every_body_is_accepted() -> None:
    assert found({"required": True, "content": {FORM: {"schema": NEEDS}}}, frozenset()) == []


@pytest.mark.parametrize("place", ["query", "header"])
def test_a_name_that_selects_the_operation_and_that_no_caller_may_send_is_a_warning(place: str) -> None:
    required = (RequiredPair(b"action", b"Start", place),)
    names = {"query": "query_names", "header": "header_names"}

    assert found(None, required=required) == [("unreachable-operation", ("allow", 2))]
    assert found(None, required=required, **{names[place]: frozenset({b"action"})}) == []
