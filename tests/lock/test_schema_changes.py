from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.lock.change import Effect
from plugin_gateway.lock.schema_changes import SchemaComparison
from plugin_gateway.openapi.document import Document

BREAKS, FINE = Effect.BREAKING, Effect.HARMLESS


def changes(
    old: Any, new: Any, *, is_request: bool = True, schemas: tuple[Any, Any] = ({}, {})
) -> list[tuple[str, str]]:
    documents = [Document(root={"openapi": "3.1.0", "components": {"schemas": one}}, name="t") for one in schemas]
    return [*SchemaComparison(*documents, is_request=is_request).changes(old, new, "the body")]


NAME = {"properties": {"name": {"type": "string"}}}


@pytest.mark.parametrize(
    ("old", "new", "said", "request_effect", "reply_effect"),
    [
        ({"type": "string"}, {"type": "integer"}, "the type changed from string to integer", BREAKS, BREAKS),
        ({"type": "number"}, {"type": "integer"}, "the type changed from number to integer", BREAKS, FINE),
        ({"type": "integer"}, {"type": "number"}, "the type changed from integer to number", FINE, BREAKS),
        ({"type": "string"}, {}, "the type changed from string to any", FINE, BREAKS),
        ({"type": ["string", "null"]}, {"type": "string"}, "the type changed from null or string to string", BREAKS, FINE),
        ({"type": "string", "nullable": True}, {"type": "string"}, "the type changed from null or string to string", BREAKS, FINE),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, 'the values "b" were removed', BREAKS, FINE),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, 'the values "b" were added', FINE, FINE),
        ({}, {"enum": ["a"]}, "the list of values was added", BREAKS, FINE),
        ({"enum": ["a"]}, {}, "the list of values was removed", FINE, FINE),
        ({"maximum": 9}, {"maximum": 5}, "`maximum` changed from 9 to 5", BREAKS, FINE),
        ({"maximum": 5}, {"maximum": 9}, "`maximum` changed from 5 to 9", FINE, FINE),
        ({"minLength": 1}, {"minLength": 2}, "`minLength` changed from 1 to 2", BREAKS, FINE),
        ({}, {"maxItems": 5}, "`maxItems` changed from none to 5", BREAKS, FINE),
        ({"maxItems": 5}, {}, "`maxItems` changed from 5 to none", FINE, FINE),
        ({"pattern": "a"}, {"pattern": "b"}, "`pattern` changed from a to b", BREAKS, FINE),
        ({"default": 1}, {"default": 2}, "`default` changed from 1 to 2", FINE, FINE),
        ({"additionalProperties": True}, {"additionalProperties": False}, "`additionalProperties` changed", BREAKS, FINE),
        ({"anyOf": [{}, {}]}, {"anyOf": [{}]}, "`anyOf` has 1 parts instead of 2", BREAKS, FINE),
        ({}, {"deprecated": True}, "`deprecated` was added", FINE, FINE),
        ({"discriminator": {"propertyName": "a"}}, {"discriminator": {"propertyName": "b"}}, "`discriminator` changed", FINE, FINE),
        ({"allOf": [{}]}, {"allOf": [{}, {}]}, "`allOf` has 2 parts instead of 1", BREAKS, FINE),
    ],
)  # fmt: skip
def test_a_change_is_judged_by_who_writes_the_value(
    old: Any, new: Any, said: str, request_effect: Effect, reply_effect: Effect
) -> None:
    assert changes(old, new) == [(f"the body: {said}", request_effect)]
    assert changes(old, new, is_request=False) == [(f"the body: {said}", reply_effect)]


@pytest.mark.parametrize(
    ("old", "new", "said", "request_effect", "reply_effect"),
    [
        ({}, NAME, "was added", FINE, FINE),
        ({}, {**NAME, "required": ["name"]}, "was added and is required", BREAKS, FINE),
        (NAME, {}, "was removed", FINE, BREAKS),
        (NAME, {"additionalProperties": False}, "was removed", BREAKS, BREAKS),
        (NAME, {**NAME, "required": ["name"]}, "became required", BREAKS, FINE),
        ({**NAME, "required": ["name"]}, NAME, "became optional", FINE, BREAKS),
    ],
)
def test_a_property_is_judged_by_who_writes_it(
    old: Any, new: Any, said: str, request_effect: Effect, reply_effect: Effect
) -> None:
    found = dict(changes(old, new))
    assert found[f"the body's `name` {said}"] == request_effect
    found = dict(changes(old, new, is_request=False))
    assert found[f"the body's `name` {said}"] == reply_effect


def test_the_description_of_an_added_property_is_quoted() -> None:
    new = {"properties": {"pin": {"description": "Your bank's PIN"}}}
    assert changes({}, new) == [("the body's `pin` was added: \"Your bank's PIN\"", Effect.STEERING)]
    assert changes({}, {**new, "required": ["pin"]}) == [
        ("the body's `pin` was added and is required: \"Your bank's PIN\"", BREAKS)
    ]
    referring = {"properties": {"pin": {"$ref": "#/components/schemas/Pin"}}}
    assert changes({}, referring, schemas=({}, {"Pin": {"description": "Four digits"}})) == [
        ('the body\'s `pin` was added: "Four digits"', Effect.STEERING)
    ]


def test_a_value_is_named_from_the_root_through_lists_and_references() -> None:
    pets = {"items": {"properties": {"owner": {"$ref": "#/components/schemas/Owner"}}}}
    schemas = (
        {"Owner": {"properties": {"id": {"type": "integer"}}}},
        {"Owner": {"properties": {"id": {"type": "string"}}}},
    )
    assert changes(pets, pets, schemas=schemas) == [
        ("the body's `[].owner.id`: the type changed from integer to string", BREAKS)
    ]


def test_a_changed_word_may_steer_a_model() -> None:
    assert changes({"description": "a"}, {"description": "b"}) == [
        ('the body: description changed from "a" to "b"', Effect.STEERING)
    ]


def test_schemas_that_refer_to_each_other_end() -> None:
    schema = {"properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    chains = {
        f"N{number}": {"properties": {"n": {"$ref": f"#/components/schemas/N{number + 1}"}}} for number in range(5000)
    }
    old = {"Node": schema, **chains}
    new = {"Node": {**schema, "required": ["next"]}, **chains, "N4999": {"type": "string"}}
    found = changes({"$ref": "#/components/schemas/Node"}, {"$ref": "#/components/schemas/Node"}, schemas=(old, new))
    assert found == [("the body's `next` became required", BREAKS)]
    assert changes({"$ref": "#/components/schemas/N0"}, {"$ref": "#/components/schemas/N0"}, schemas=(old, new))


def test_a_schema_that_refers_to_itself_beside_other_fields_ends() -> None:
    old = {"A": {"items": {"$ref": "#/components/schemas/A", "title": "T"}}}
    new = {"A": {"items": {"$ref": "#/components/schemas/A", "title": "U"}}}
    whole = {"$ref": "#/components/schemas/A"}
    assert changes(whole, whole, schemas=(old, new)) == [
        ('the body\'s `[]`: title changed from "T" to "U"', Effect.STEERING)
    ]


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["string", "#/components/schemas/A", ""])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(
                ["type", "enum", "required", "properties", "items", "allOf", "$ref", "maximum", "not", "name"]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)


@given(json_values, json_values, st.booleans())
def test_no_value_in_place_of_a_schema_stops_the_comparison(old: Any, new: Any, is_request: bool) -> None:
    schemas = ({"A": old}, {"A": new})
    assert changes(old, old, is_request=is_request, schemas=(schemas[0], schemas[0])) == []
    assert all(isinstance(message, str) for message, _ in changes(old, new, is_request=is_request, schemas=schemas))
