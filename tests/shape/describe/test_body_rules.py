import json
from copy import deepcopy
from typing import Any

import pytest

from plugin_gateway.config.trims import RequestTrim
from plugin_gateway.diagnostics import Severity
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.compile import ShapedDocument, compile_shapes
from plugin_gateway.shape.settings import Check, OperationSettings

KEY = OperationKey("POST", "/orders")
ROOT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Shop", "version": "1"},
    "paths": {
        "/orders": {
            "post": {"requestBody": {"$ref": "#/components/requestBodies/Order"}, "responses": {}},
            "put": {"requestBody": {"$ref": "#/components/requestBodies/Order"}, "responses": {}},
            "get": {"responses": {}},
        }
    },
    "components": {
        "requestBodies": {
            "Order": {
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Order"},
                        "example": {"sku": "A", "secret": 1},
                        "examples": {"one": {"$ref": "#/components/examples/One"}},
                    },
                    "application/xml": {"schema": {"$ref": "#/components/schemas/Order"}},
                }
            }
        },
        "examples": {"One": {"value": {"sku": "B", "secret": 2}}},
        "schemas": {
            "Order": {
                "type": "object",
                "required": ["id", "sku", "secret"],
                "properties": {
                    "id": {"type": "integer", "readOnly": True},
                    "sku": {"type": "string"},
                    "secret": {"type": "integer"},
                    "note": {"type": "string", "nullable": True},
                    "count": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "part": {"$ref": "#/components/schemas/Order"},
                },
            }
        },
    },
}


def shaped(request: dict[str, Any] | None = None, check: Check = "off", key: OperationKey = KEY) -> ShapedDocument:
    settings = OperationSettings(entry=3, request=RequestTrim.parse(request or {}), validates_request=check)
    return compile_shapes(Document(root=deepcopy(ROOT), name="shop"), {key: settings})


def sent(found: ShapedDocument, body: object, media_type: bytes = b"application/json") -> Any:
    shape = found.shapes[KEY].body
    assert shape is not None
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    judged = shape.write(media_type, text)
    return judged.members.get("errors", judged.status) if isinstance(judged, Refusal) else json.loads(judged.body)


def test_an_operation_without_a_wish_has_no_shape() -> None:
    assert not shaped().shapes
    assert not shaped(check="enforce", key=OperationKey("GET", "/orders")).shapes


@pytest.mark.parametrize(
    "request_", [{"drop": ["/lines/*/cost"]}, {"keep": ["/lines/*/sku"]}, {"fixed": {"/lines/*/cost": 1}}]
)
def test_one_object_in_the_place_of_an_array_does_not_go_up(request_: dict[str, Any]) -> None:
    root = deepcopy(ROOT)
    line = {"type": "object", "properties": {"sku": {"type": "string"}, "cost": {"type": "number"}}}
    root["components"]["schemas"]["Order"]["properties"]["lines"] = {"type": "array", "items": line}
    settings = OperationSettings(entry=3, request=RequestTrim.parse(request_))
    found = compile_shapes(Document(root=root, name="shop"), {KEY: settings})
    assert sent(found, {"lines": {"sku": "A", "cost": 5}}) == [{"pointer": "/lines", "detail": "must be an array"}]
    assert sent(found, {"lines": None}) == {"lines": None}


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"sku": "A", "secret": 1}, None),
        ({"sku": "A", "secret": 1, "note": None, "count": 1, "id": 3, "unknown": True}, None),
        ({"sku": 1, "secret": 1}, [("/sku", "expected string, got integer")]),
        ({"sku": "A"}, [("/secret", "is missing")]),
        ({"sku": "A", "secret": 1, "count": 0}, [("/count", "must be greater than 0")]),
        ({"sku": "A", "secret": 1, "part": {"sku": None}}, [("/part/sku", "expected string, got null"), ("/part/secret", "is missing")]),
    ],
)  # fmt: skip
def test_bodies_are_judged_with_the_meaning_of_openapi_3_0(body: object, errors: Any) -> None:
    found = sent(shaped(check="enforce"), body)
    if errors is None:
        assert found == body
    else:
        assert sorted((one["pointer"], one["detail"]) for one in found) == sorted(errors)


def test_validation_alone_does_not_change_what_clients_see() -> None:
    operation = shaped(check="enforce").document.operations[KEY].node
    assert operation["requestBody"] == {"$ref": "#/components/requestBodies/Order"}


def test_a_dropped_member_is_on_no_face_and_in_no_call() -> None:
    found = shaped({"drop": ["/secret"]}, "enforce")
    node = found.document.operations[KEY].node
    assert "secret" not in json.dumps(node)
    content = node["requestBody"]["content"]
    schema = found.document.resolve(content["application/json"]["schema"]["$ref"]).value
    assert "secret" not in schema["properties"]
    assert schema["required"] == ["id", "sku"]
    assert content["application/json"]["example"] == {"sku": "A"}
    assert content["application/json"]["examples"] == {"one": {"value": {"sku": "B"}}}
    assert sent(found, {"sku": "A", "secret": 1}) == {"sku": "A"}


def test_other_operations_keep_the_member() -> None:
    found = shaped({"drop": ["/secret"]})
    put = found.document.operations[OperationKey("PUT", "/orders")].node
    body = found.document.resolve(put["requestBody"]["$ref"]).value
    schema = found.document.resolve(body["content"]["application/json"]["schema"]["$ref"]).value
    assert "secret" in schema["properties"]


def test_only_kept_members_are_shown_and_sent() -> None:
    found = shaped({"keep": ["/sku", "/part/note"]})
    assert sent(found, {"sku": "A", "count": 1, "part": {"note": "n", "sku": "B"}}) == {
        "sku": "A",
        "part": {"note": "n"},
    }
    content = found.document.operations[KEY].node["requestBody"]["content"]
    schema = found.document.resolve(content["application/json"]["schema"]["$ref"]).value
    assert sorted(schema["properties"]) == ["part", "sku"]


def test_a_fixed_member_is_hidden_and_set_and_makes_the_body_required() -> None:
    found = shaped({"fixed": {"/secret": 7, "/part/count": 1}})
    assert sent(found, {"sku": "A", "secret": 1}) == {"sku": "A", "secret": 7, "part": {"count": 1}}
    body = found.document.operations[KEY].node["requestBody"]
    assert body["required"] is True
    assert "secret" not in json.dumps(body)
    shape = found.shapes[KEY].body
    assert shape is not None
    assert isinstance(shape.without_body(b"application/json"), Refusal)


def test_types_that_the_gateway_cannot_change_are_no_longer_offered() -> None:
    found = shaped({"drop": ["/note"]})
    assert [*found.document.operations[KEY].node["requestBody"]["content"]] == ["application/json"]
    assert sent(found, b"<order/>", b"application/xml") == 415
    assert [(one.rule, one.severity) for one in found.findings] == [("cannot-trim", Severity.WARNING)]


def test_of_a_range_only_json_remains_where_members_are_removed() -> None:
    root = deepcopy(ROOT)
    content = root["components"]["requestBodies"]["Order"]["content"]
    root["components"]["requestBodies"]["Order"]["content"] = {"*/*": content["application/json"]}
    settings = OperationSettings(request=RequestTrim.parse({"drop": ["/secret"]}))
    found = compile_shapes(Document(root=root, name="shop"), {KEY: settings})
    assert [one.rule for one in found.findings] == ["required-lost"]
    assert [*found.document.operations[KEY].node["requestBody"]["content"]] == ["application/json"]
    assert sent(found, {"sku": "A", "secret": 1}) == {"sku": "A"}
    assert sent(found, b"secret,1", b"text/csv") == 415


FORM_ROOT = {
    "openapi": "3.0.3",
    "info": {"title": "Pay", "version": "1"},
    "paths": {
        "/orders": {
            "post": {
                "requestBody": {
                    "content": {
                        "application/x-www-form-urlencoded": {
                            "schema": {
                                "type": "object",
                                "required": ["amount"],
                                "properties": {
                                    "amount": {"type": "integer"},
                                    "tenant": {"type": "string"},
                                    "card": {"type": "object", "properties": {"cvc": {"type": "string"}}},
                                },
                            },
                            "encoding": {"card": {"style": "deepObject"}, "tenant": {"style": "form"}},
                        }
                    }
                },
                "responses": {},
            }
        }
    },
}


def shaped_form(request: dict[str, Any]) -> ShapedDocument:
    settings = OperationSettings(entry=3, request=RequestTrim.parse(request), validates_request="enforce")
    return compile_shapes(Document(root=deepcopy(FORM_ROOT), name="pay"), {KEY: settings})


def test_fields_of_a_form_are_judged_removed_and_set() -> None:
    found = shaped_form({"fixed": {"/tenant": "a b"}, "drop": ["/card"]})
    assert not found.findings
    assert "tenant" not in json.dumps(found.document.root["paths"])
    shape = found.shapes[KEY].body
    assert shape is not None
    form = b"application/x-www-form-urlencoded"
    assert shape.write(form, b"amount=5&card[cvc]=1&tenant=x") == (b"amount=5&tenant=a%20b", ())
    refused = shape.write(form, b"amount=x")
    assert isinstance(refused, Refusal)
    assert refused.members["errors"] == [{"pointer": "/amount", "detail": "expected integer, got string"}]


def test_a_member_of_a_field_of_a_form_is_removed() -> None:
    found = shaped_form({"drop": ["/card/cvc"]})
    assert not found.findings
    assert "cvc" not in json.dumps(found.document.root["paths"])
    shape = found.shapes[KEY].body
    assert shape is not None
    text = b"amount=5&card[cvc]=1&card[name]=a"
    assert shape.write(b"application/x-www-form-urlencoded", text) == (b"amount=5&card[name]=a", ())


def shaped_group(drop: list[str]) -> ShapedDocument:
    settings = OperationSettings(
        request=RequestTrim.parse({"drop": drop}),
        request_origins={"drop": 2},
        request_of_groups=frozenset({"drop"}),
    )
    root = deepcopy(ROOT)
    root["paths"]["/other"] = {
        "post": {
            "requestBody": {"content": {"application/json": {"schema": {"properties": {"a": {}}}}}},
            "responses": {},
        }
    }
    keys = [KEY, OperationKey("GET", "/orders"), OperationKey("POST", "/other")]
    return compile_shapes(Document(root=root, name="shop"), dict.fromkeys(keys, settings))


def test_a_group_needs_one_operation_with_the_place_of_a_pointer() -> None:
    found = shaped_group(["/secret"])
    assert [one for one in found.findings if one.severity is Severity.ERROR] == []
    assert sent(found, {"sku": "A", "secret": 1}) == {"sku": "A"}
    assert OperationKey("POST", "/other") not in found.shapes


def test_a_pointer_that_leads_nowhere_in_a_whole_group_is_one_error() -> None:
    found = shaped_group(["/secret", "/nowhere"])
    errors = [one for one in found.findings if one.severity is Severity.ERROR]
    assert [one.pointer for one in errors] == [("allow", 2, "request", "drop", 1)]


def test_pointers_that_clash_are_errors_and_shape_nothing() -> None:
    found = shaped({"fixed": {"/part": {"sku": "a"}, "/part/sku": "b"}})
    assert [(one.rule, one.severity, one.pointer) for one in found.findings] == [
        ("clashing-pointers", Severity.ERROR, ("allow", 3, "request", "fixed", "/part/sku"))
    ]
    assert found.shapes == {}
