from typing import Any

import pytest

from plugin_gateway.config.trims import RequestTrim
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.shape.compile import compile_shapes
from plugin_gateway.shape.settings import OperationSettings

ORDER = {
    "type": "object",
    "required": ["sku", "secret"],
    "properties": {
        "sku": {"type": "string"},
        "secret": {"type": "integer"},
        "note": {"type": "string"},
        "count": {"type": "integer", "exclusiveMinimum": 0},
        "tags": {"type": "array", "items": {"type": "string"}},
        "part": {"$ref": "#/components/schemas/Order"},
    },
}
SCHEMA = {"schema": {"$ref": "#/components/schemas/Order"}}


def findings(
    request: dict[str, Any], method: str = "POST", content: tuple[str, ...] = ("application/json",)
) -> tuple[Finding, ...]:
    body = {"requestBody": {"content": dict.fromkeys(content, SCHEMA)}}
    root = {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "paths": {"/orders": {"post": {**body, "responses": {}}, "get": {"responses": {}}}},
        "components": {"schemas": {"Order": ORDER}},
    }
    settings = OperationSettings(entry=3, request=RequestTrim.parse(request))
    return compile_shapes(Document(root=root, name="shop"), {OperationKey(method, "/orders"): settings}).findings


@pytest.mark.parametrize(
    ("request_", "at"),
    [
        ({"drop": ["/note", "/secret"]}, ("drop", 1)),
        ({"keep": ["/sku"]}, ("keep",)),
        ({"drop": ["/secret"], "fixed": {"/secret": 5}}, None),
    ],
)
def test_a_required_member_that_no_client_can_send_is_a_warning(
    request_: dict[str, Any], at: tuple[str | int, ...] | None
) -> None:
    lost = [one for one in findings(request_) if one.rule == "required-lost"]
    assert [one.pointer for one in lost] == ([("allow", 3, "request", *at)] if at else [])
    assert all("the API requires `/secret`" in one.message and "{/secret: VALUE}" in one.hint for one in lost)


@pytest.mark.parametrize(
    ("request_", "at", "words"),
    [
        ({"drop": ["/sku", "/secrets"]}, ("drop", 1), "did you mean `secret`?"),
        ({"keep": ["/part/part/skuu"]}, ("keep", 0), "did you mean `sku`?"),
        ({"drop": ["/tags/*"]}, ("drop", 0), "write /tags or /tags/*/name"),
        ({"fixed": {"/secret": "x"}}, ("fixed", "/secret"), "expected integer, got string"),
        ({"fixed": {"/part/count": 0}}, ("fixed", "/part/count"), "must be greater than 0"),
    ],
)
def test_mistakes_in_pointers_and_values_are_located(request_: dict[str, Any], at: tuple[Any, ...], words: str) -> None:
    errors = [one for one in findings(request_) if one.severity is Severity.ERROR]
    assert [one.pointer for one in errors] == [("allow", 3, "request", *at)]
    assert words in f"{errors[0].message} {errors[0].hint}"


def test_a_pointer_into_an_operation_without_a_body_is_an_error() -> None:
    (found,) = findings({"drop": ["/a"]}, "GET")
    assert "`GET /orders` takes no request body" in found.message


def test_a_pointer_into_a_field_that_has_no_members_is_an_error() -> None:
    (finding,) = findings({"drop": ["/count/cvc"]}, content=("application/x-www-form-urlencoded",))
    assert finding.rule == "cannot-trim"
    assert finding.severity is Severity.ERROR


def test_a_type_that_the_gateway_cannot_change_is_a_warning_beside_one_that_it_can() -> None:
    (found,) = findings({"drop": ["/note"]}, content=("application/json", "application/xml"))
    assert (found.rule, found.severity) == ("cannot-trim", Severity.WARNING)
    assert "application/xml" in found.message


def test_types_that_the_gateway_cannot_change_are_an_error_where_they_are_all() -> None:
    (found,) = findings({"drop": ["/note"]}, content=("application/xml",))
    assert (found.rule, found.severity) == ("cannot-trim", Severity.ERROR)
    assert found.pointer == ("allow", 3, "request")
