from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator, meta

from plugin_gateway.tools.sharing import share

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject

LONG = {"type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string", "maxLength": 40}}}


def test_equal_parts_are_written_once_and_keep_their_own_texts() -> None:
    schema = {"properties": {"from": {**LONG, "description": "Sender."}, "to": LONG, "n": {"type": "integer"}}}

    assert share(schema) == {
        "properties": {
            "from": {"description": "Sender.", "$ref": "#/$defs/from"},
            "to": {"$ref": "#/$defs/from"},
            "n": {"type": "integer"},
        },
        "$defs": {"from": LONG},
    }


def test_a_schema_without_a_part_that_is_worth_it_stays_as_it_is() -> None:
    schema = {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}}

    assert share(schema) is schema


def test_a_name_that_is_taken_stays_its_owner() -> None:
    shared = share({"properties": {"from": LONG, "to": LONG}, "$defs": {"from": {"type": "null"}}})

    assert shared["$defs"] == {"from": {"type": "null"}, "from_2": LONG}


small = st.sampled_from([{"type": "string"}, {"type": "integer"}, LONG, {"$ref": "#/$defs/A"}, True])
schemas = st.recursive(
    small,
    lambda inner: (
        st.dictionaries(st.sampled_from("abc"), inner, min_size=1).map(lambda p: {"properties": p})
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"anyOf": parts})
        | inner.map(lambda one: {"type": "array", "items": one, "description": "many"})
    ),
    max_leaves=20,
)
values = st.recursive(
    st.sampled_from(["x", 1, {"city": "y"}]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abc"), schemas, min_size=1), values)
def test_a_shared_schema_accepts_the_same_values(properties: JsonObject, value: object) -> None:
    schema = {"properties": properties, "$defs": {"A": LONG}}
    shared = share(schema)

    meta.validate(shared)
    assert Draft202012Validator(shared).is_valid(value) == Draft202012Validator(schema).is_valid(value)
