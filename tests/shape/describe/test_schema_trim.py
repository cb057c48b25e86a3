import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.describe.schema_trim import SchemaTrim
from plugin_gateway.shape.pointer import pointers_of

SCHEMAS: dict[str, Any] = {
    "Node": {
        "type": "object",
        "required": ["secret", "value"],
        "properties": {
            "secret": {"type": "string"},
            "value": {"type": "integer"},
            "next": {"$ref": "#/components/schemas/Node"},
        },
        "examples": [{"secret": "s", "value": 1}],
    },
    "Pet": {
        "properties": {"kind": {}, "secret": {}},
        "discriminator": {"propertyName": "kind"},
        "oneOf": [{"$ref": "#/components/schemas/Cat"}],
    },
    "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"claws": {}}}]},
}


def document() -> Document:
    return Document(name="x", root={"openapi": "3.1.0", "components": {"schemas": deepcopy(SCHEMAS)}})


def trimmed(schema: Any, *pointers: str, keeps: bool = False) -> tuple[Any, Document]:
    held = document()
    return SchemaTrim(held, pointers_of(pointers), keeps=keeps).of(schema), held


@pytest.mark.parametrize(
    ("schema", "pointer", "expected"),
    [
        (
            {"properties": {"a": {}, "b": {}}, "required": ["a", "b"]},
            "/a",
            {"properties": {"b": {}}, "required": ["b"]},
        ),
        ({"properties": {"a": {}}, "required": ["a"]}, "/a", {"properties": {}}),
        (
            {"properties": {"l": {"items": {"properties": {"a": {}, "b": {}}}}}},
            "/l/*/a",
            {"properties": {"l": {"items": {"properties": {"b": {}}}}}},
        ),
        ({"additionalProperties": {"properties": {"a": {}}}}, "/*/a", {"additionalProperties": {"properties": {}}}),
        ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, "/a", {"anyOf": [{}, {"required": ["b"]}]}),
        ({"not": {"required": ["a"]}}, "/a", {}),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, "/a", {}),
        ({"dependentRequired": {"a": ["b"], "b": ["a"]}}, "/a", {"dependentRequired": {"b": []}}),
        ({"properties": {"a": {}}, "default": {"a": 1, "b": 2}}, "/a", {"properties": {}, "default": {"b": 2}}),
        ({"prefixItems": [{"properties": {"a": {}}}]}, "/0/a", {"prefixItems": [{"properties": {}}]}),
        (
            {"properties": {"kind": {}}, "discriminator": {"propertyName": "kind"}},
            "/kind",
            {"properties": {}},
        ),
    ],
)
def test_a_dropped_member_is_in_no_part_of_the_schema(schema: Any, pointer: str, expected: Any) -> None:
    before = deepcopy(schema)
    assert trimmed(schema, pointer)[0] == expected
    assert schema == before


@pytest.mark.parametrize(
    ("schema", "pointers", "expected"),
    [
        (
            {"properties": {"a": {}, "b": {}}, "required": ["a", "b"], "additionalProperties": True},
            ["/a"],
            {"properties": {"a": {}}, "required": ["a"]},
        ),
        (
            {"properties": {"u": {"properties": {"x": {}, "y": {}}}, "z": {}}},
            ["/u/x"],
            {"properties": {"u": {"properties": {"x": {}}}}},
        ),
        ({"items": {"properties": {"x": {}, "y": {}}}}, ["/*/x"], {"items": {"properties": {"x": {}}}}),
    ],
)
def test_only_kept_members_stay_in_the_schema(schema: Any, pointers: list[str], expected: Any) -> None:
    assert trimmed(schema, *pointers, keeps=True)[0] == expected


def test_a_component_is_changed_in_a_copy() -> None:
    schema, held = trimmed({"$ref": "#/components/schemas/Node"}, "/secret")
    assert schema == {"$ref": "#/components/schemas/Node_2"}
    schemas = held.root["components"]["schemas"]
    assert {name: schemas[name] for name in SCHEMAS} == SCHEMAS
    assert schemas["Node_2"] == {
        "type": "object",
        "required": ["value"],
        "properties": {"value": {"type": "integer"}, "next": {"$ref": "#/components/schemas/Node"}},
        "examples": [{"value": 1}],
    }


def test_a_second_operation_with_the_same_trim_shares_the_copy() -> None:
    held = document()
    one, other = (
        SchemaTrim(held, pointers_of(["/secret"]), keeps=False).of({"$ref": "#/components/schemas/Node"})
        for _ in range(2)
    )
    assert one == other
    assert "Node_3" not in held.root["components"]["schemas"]


def test_a_circle_of_combinations_does_not_lead_back_to_the_dropped_member() -> None:
    schema, held = trimmed({"$ref": "#/components/schemas/Pet"}, "/secret")
    seen, settings = "", [schema["$ref"]]
    done = set()
    while settings:
        if (ref := settings.pop()) not in done:
            done.add(ref)
            text = json.dumps(held.resolve(ref).value)
            seen += text
            settings += [part.split('"')[0] for part in text.split('"$ref": "')[1:]]
    assert "secret" not in seen
    assert "claws" in seen


def test_a_schema_that_the_pointers_do_not_concern_is_returned_as_it_is() -> None:
    schema = {"allOf": [{"$ref": "#/components/schemas/Node"}, {"properties": {"b": {}}}]}
    result, held = trimmed(schema, "/other")
    assert result is schema
    assert held.root["components"]["schemas"] == SCHEMAS


def test_an_example_is_trimmed_like_the_schema() -> None:
    trim = SchemaTrim(document(), pointers_of(["/a", "/l/*/b"]), keeps=False)
    assert trim.of_value({"a": 1, "l": [{"b": 1, "c": 2}]}) == {"l": [{"c": 2}]}


NAMES = st.sampled_from(["secret", "value", "next", "other"])
SCHEMA = st.recursive(
    st.just({"$ref": "#/components/schemas/Node"}) | st.just({"type": "string"}) | st.just({"const": {"secret": 1}}),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "required": st.lists(NAMES, unique=True),
            "items": inner,
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "if": inner,
            "then": inner,
            "dependentSchemas": st.dictionaries(NAMES, inner, max_size=1),
            "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES), max_size=1),
            "examples": st.lists(st.dictionaries(NAMES, st.integers()), max_size=2),
        },
    ),
    max_leaves=8,
)


@example({"dependentRequired": {"value": ["secret"]}})
@given(SCHEMA)
def test_a_dropped_name_is_nowhere_at_the_top_of_any_schema(schema: Any) -> None:
    result, held = trimmed(schema, "/secret")
    stack, seen = [result], set()
    while stack:
        one = stack.pop()
        if not isinstance(one, dict) or id(one) in seen:
            continue
        seen.add(id(one))
        assert "secret" not in one.get("properties", {})
        assert "secret" not in one.get("required", [])
        assert "secret" not in json.dumps([one.get("dependentRequired"), one.get("examples"), one.get("const")])
        assert "secret" not in one.get("dependentSchemas", {})
        if "$ref" in one:
            stack.append(held.resolve(one["$ref"]).value)
        stack += [*one.get("allOf", []), *one.get("oneOf", []), *one.get("dependentSchemas", {}).values()]
        stack += [one[word] for word in ("not", "if", "then") if word in one]
