from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.refs import Tokens
from plugin_gateway.shape.pointer import (
    array_places,
    find_in_schema,
    leads_nowhere,
    pointers_of,
    step,
    tokens_of,
    with_single_items,
)

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
def test_a_pointer_that_leads_nowhere_gets_a_hint(name: str, pointer: str, missed: int, hint: str) -> None:
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


@pytest.mark.parametrize(
    ("pointer", "others"),
    [
        ("/lines/*/price", [("lines", "price")]),
        ("/lines/*", []),
        ("/lines", []),
        ("/point/*/x", [("point", "x")]),
        ("/labels/*/x", []),
        ("/free/*/x", []),
        ("/nowhere/*/x", []),
    ],
)
def test_a_star_may_be_missing_where_the_schema_promises_an_array(pointer: str, others: list[Tokens]) -> None:
    order = [{"$ref": "#/components/schemas/Order"}]
    assert [*with_single_items(DOCUMENT, order, tokens_of(pointer))] == [tokens_of(pointer), *others]


def test_arrays_in_arrays_may_each_have_one_object_in_their_place() -> None:
    rows = {"type": "array", "items": {"type": "array", "items": {"properties": {"a": {}}}}}
    found = {*with_single_items(DOCUMENT, [rows], ("*", "*", "a"))}
    assert found == {("*", "*", "a"), ("*", "a"), ("a",)}


def test_many_arrays_in_arrays_do_not_multiply_without_end() -> None:
    rows: Any = {}
    for _ in range(40):
        rows = {"type": "array", "items": rows}
    assert 64 <= len([*with_single_items(DOCUMENT, [rows], ("*",) * 40 + ("a",))]) <= 128


def test_places_that_take_an_array_and_no_object_are_arrays() -> None:
    order = {"$ref": "#/components/schemas/Order"}
    pointers = pointers_of(["/lines/*/price", "/labels/*/x", "/point/*/x", "/free/*/x", "/count"])
    assert array_places(DOCUMENT, order, pointers) == {("lines",), ("point",)}
    either = {"oneOf": [{"type": "array", "items": order}, order]}
    assert array_places(DOCUMENT, either, pointers_of(["/*/count"])) == frozenset()
    assert array_places(DOCUMENT, {"items": order}, pointers_of(["/*/lines/*/price"])) == {(), ("*", "lines")}


@pytest.mark.parametrize("name", ["\u00b2", "9" * 5000, "01"])
def test_a_name_that_looks_like_an_index_is_a_name(name: str) -> None:
    assert found_at("/labels/" + name).schemas == ({"type": "string"},)
    assert not found_at("/point/" + name).schemas
