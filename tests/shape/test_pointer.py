from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.pointer import find_in_schema, leads_nowhere, pointers_of, step, tokens_of

DOCUMENT = Document(
    name="shop",
    root={
        "openapi": "3.1.0",
        "components": {
            "schemas": {
                "Node": {
                    "type": "object",
                    "properties": {"value": {"type": "integer"}, "next": {"$ref": "#/components/schemas/Node"}},
                },
                "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}]},
                "Order": {
                    "type": "object",
                    "properties": {
                        "lines": {
                            "type": "array",
                            "items": {"type": "object", "properties": {"price": {"type": "number"}}},
                        },
                        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                        "point": {"type": "array", "prefixItems": [{"type": "object", "properties": {"x": {}}}]},
                        "free": {"type": "object"},
                        "count": {"type": "integer"},
                        "pay": {
                            "oneOf": [{"$ref": "#/components/schemas/Card"}, {"properties": {"iban": {"const": 1}}}]
                        },
                        "x~/y": {"type": "null"},
                        "codes": {"type": "object", "patternProperties": {"^c-": {"type": "boolean"}}},
                    },
                },
                "Card": {"allOf": [{"properties": {"card": {"type": "string"}}}]},
            }
        },
    },
)


def found_at(pointer: str, name: str = "Order") -> Any:
    return find_in_schema(DOCUMENT, {"$ref": f"#/components/schemas/{name}"}, tokens_of(pointer))


@pytest.mark.parametrize(
    ("name", "pointer", "schema"),
    [
        ("Order", "/lines/*/price", {"type": "number"}),
        ("Order", "/labels/anything", {"type": "string"}),
        ("Order", "/labels/*", {"type": "string"}),
        ("Order", "/point/0/x", {}),
        ("Order", "/free/whatever/below", True),
        ("Order", "/pay/card", {"type": "string"}),
        ("Order", "/pay/iban", {"const": 1}),
        ("Order", "/x~0~1y", {"type": "null"}),
        ("Order", "/codes/c-1", {"type": "boolean"}),
        ("Node", "/next/next/next/value", {"type": "integer"}),
    ],
)
def test_a_pointer_leads_to_the_schema_of_its_place(name: str, pointer: str, schema: Any) -> None:
    assert found_at(pointer, name).schemas == (schema,)


@pytest.mark.parametrize(
    ("name", "pointer", "missed", "hint"),
    [
        ("Order", "/lines/*/prize", 2, "did you mean `price`? it has `price`"),
        ("Order", "/lines/price", 1, "`/lines` is an array; write /lines/*/price"),
        ("Order", "/lines/0/price", 1, "`/lines` is an array; write /lines/*/price"),
        ("Order", "/count/x", 1, "remove the pointer, or end it there"),
        ("Order", "/codes/d-1", 1, "remove the pointer, or end it there"),
        ("Node", "/nxt", 0, "did you mean `next`? it has `value`, `next`"),
    ],
)
def test_a_pointer_that_leads_nowhere_is_told_what_is_there(name: str, pointer: str, missed: int, hint: str) -> None:
    found = found_at(pointer, name)
    assert (found.schemas, found.missed) == ((), missed)
    assert leads_nowhere(tokens_of(pointer), found)[1] == hint


def test_the_message_names_the_token_and_the_place_where_it_is_missing() -> None:
    tokens = tokens_of("/lines/*/prize")
    message, _ = leads_nowhere(tokens, found_at("/lines/*/prize"))
    assert message == "`/lines/*/prize` leads nowhere: the schema has no `prize` in `/lines/*`"


def test_a_schema_that_refers_to_itself_ends() -> None:
    assert found_at("/x", "Loop").schemas == (True,)


def test_a_long_list_of_names_is_cut() -> None:
    _, hint = leads_nowhere(
        ("zzz",), find_in_schema(DOCUMENT, {"properties": {f"n{i}": {} for i in range(20)}}, ("zzz",))
    )
    assert hint.endswith("`n7` and 12 more")


def test_pointers_step_by_name_and_by_star() -> None:
    pointers = pointers_of(["/a/b", "/*/c", "/a", "/d"])
    assert step(pointers, "a") == {("b",), ("c",), ()}
    assert step(pointers, "x") == {("c",)}
    assert step(step(pointers, "a"), "b") == {()}
