from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.answer.cut import LEFT_OUT, Branch, both, cut_value, dropped, kept, limited
from plugin_gateway.shape.describe.cut_schema import cut_example, cut_schema

COMPONENTS: dict[str, Any] = {
    "User": {
        "type": "object",
        "required": ["login", "email"],
        "properties": {
            "login": {"type": "string"},
            "email": {"type": "string"},
            "friends": {"type": "array", "items": {"$ref": "#/components/schemas/User"}},
        },
    },
    "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}, {"properties": {"a": {}, "email": {}}}]},
}
DOCUMENT = Document(root={"openapi": "3.1.0", "paths": {}, "components": {"schemas": COMPONENTS}}, name="users")
USER = {"$ref": "#/components/schemas/User"}
LOGIN = {"type": "object", "required": ["login"], "properties": {"login": {"type": "string"}}}


@pytest.mark.parametrize(
    ("schema", "branch", "expected"),
    [
        (USER, kept([("login",)]), LOGIN),
        (USER, dropped([("email",), ("friends",)]), LOGIN),
        (USER, kept([("friends", "*", "login")]), {"type": "object", "properties": {"friends": {"type": "array", "items": LOGIN}}}),
        ({**USER, "description": "One."}, kept([("login",)]), {**LOGIN, "description": "One."}),
        ({"type": "array", "items": USER}, kept([("*", "login")]), {"type": "array", "items": LOGIN}),
        ({"type": "array", "items": USER, "minItems": 1, "uniqueItems": True}, kept([("*", "login")]), {"type": "array", "items": LOGIN}),
        ({"type": "array", "items": USER, "minItems": 3}, limited([((), 2)]), {"type": "array", "items": USER, "maxItems": 2, "minItems": 2}),
        ({"type": "array", "maxItems": 1}, limited([((), 2)]), {"type": "array", "maxItems": 1}),
        ({"type": "array", "items": True}, dropped([("*",)]), {"type": "array", "maxItems": 0}),
        ({"allOf": [USER, {"properties": {"email": {}}}]}, kept([("login",)]), {"allOf": [LOGIN, {"properties": {}}]}),
        ({"oneOf": [USER, {"type": "null"}]}, kept([("login",)]), {"anyOf": [LOGIN, {"type": "null"}]}),
        ({"oneOf": [USER], "anyOf": [USER]}, kept([("login",)]), {"anyOf": [LOGIN], "allOf": [{"anyOf": [LOGIN]}]}),
        ({"additionalProperties": USER}, kept([("*", "login")]), {"additionalProperties": LOGIN}),
        ({"additionalProperties": USER}, kept([("ann", "login")]), {"properties": {"ann": LOGIN}}),
        ({"patternProperties": {"^x": USER}}, kept([("login",)]), {}),
        ({"properties": {"a": {}}, "unevaluatedProperties": True}, kept([("a",)]), {"properties": {"a": {}}}),
        ({"properties": {"a": {}}, "dependentRequired": {"a": ["email"]}, "not": {"required": ["email"]}, "minProperties": 2, "discriminator": {"propertyName": "email"}, "x-a": "email"}, dropped([("email",)]), {"properties": {"a": {}}}),
        ({"example": {"a": 1, "email": 2}, "default": {"email": 2}, "enum": [{"email": 2}]}, dropped([("email",)]), {"example": {"a": 1}, "default": {}, "enum": [{}]}),
        ({"properties": {"c": {"anyOf": [{"type": "string"}, USER]}}, "required": ["c"]}, kept([("c", "login")]), {"properties": {"c": {"anyOf": [{"type": "string"}, LOGIN]}}}),
        ({"$ref": "#/components/schemas/Loop"}, dropped([("email",)]), {"allOf": [{}, {"properties": {"a": {}}}]}),
        ({"$ref": "#/components/schemas/Gone"}, dropped([("email",)]), {}),
        ({**USER, "properties": {"email": {}, "b": {}}}, dropped([("email",), ("friends",)]), {"allOf": [LOGIN], "properties": {"b": {}}}),
        (True, kept([("a",)]), True),
        (USER, True, USER),
    ],
)  # fmt: skip
def test_a_schema_is_cut_like_its_values(schema: Any, branch: Branch, expected: object) -> None:
    before = deepcopy(COMPONENTS)
    assert cut_schema(DOCUMENT, schema, branch) == expected
    assert before == COMPONENTS


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ('{"email": "CANARY", "login": "ann"}', '{"login": "ann"}'),
        ('[{"email": "CANARY"}]', "[{}]"),
        ("{email: CANARY}", LEFT_OUT),
        ("ann", "ann"),
        ({"email": "CANARY"}, {}),
    ],
)
def test_an_example_is_cut_also_if_it_is_quoted(example: object, expected: object) -> None:
    assert cut_example(example, dropped([("email",)])) == expected


NAMES = st.sampled_from(["a", "b", "c", "d"])
POINTERS = st.lists(st.lists(NAMES | st.just("*"), min_size=1, max_size=3).map(tuple), max_size=3)


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(NAMES, inner, max_size=4)},
        optional={"required": st.lists(NAMES, unique=True, max_size=2), "additionalProperties": inner},
    )


SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([{"type": "string"}, {"type": "integer"}, {"type": ["string", "null"]}, {}, True]),
    lambda inner: (
        objects(inner)
        | inner.map(lambda one: {"type": "array", "items": one})
        | st.lists(inner, min_size=1, max_size=2).map(lambda many: {"anyOf": many})
        | st.lists(objects(inner), min_size=1, max_size=2).map(lambda many: {"allOf": many})
    ),
    max_leaves=8,
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers(0, 3) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


@given(schema=SCHEMAS, value=VALUES, keep=POINTERS, drop=POINTERS, most=st.integers(0, 2))
def test_a_cut_schema_accepts_the_cut_of_every_value_that_the_schema_accepts(
    schema: Any, value: Any, keep: list[Any], drop: list[Any], most: int
) -> None:
    branch = both(both(kept(keep) if keep else True, dropped(drop)), limited([((), most)]))
    cut = cut_value(value, branch)
    if cut is not LEFT_OUT and Draft202012Validator(schema).is_valid(value):
        assert Draft202012Validator(cut_schema(DOCUMENT, schema, branch)).is_valid(cut)
