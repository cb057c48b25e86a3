from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator, meta

from plugin_gateway.tools.compact import CUTS, LAST_CUTS, Compaction, compact, plain_text, without_texts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from plugin_gateway.openapi.document import JsonObject

MILD, STRONG, STRONGEST = CUTS[0], CUTS[2], CUTS[-1]


def cut(schema: JsonObject, how: Compaction) -> Any:
    return compact({"properties": {"p": schema}, "$defs": {"A": {}}}, how)["properties"]["p"]


def test_markup_is_left_out_of_texts() -> None:
    assert plain_text("<p>See [the\n docs](https://e.com/a). 1 < 2</p>", 100) == "See the docs. 1 < 2"
    assert plain_text("One. Two three.", 8) == "One.…"
    assert plain_text("One.", 0) == ""


def test_texts_inside_an_argument_are_cut_first() -> None:
    schema = {"description": "x" * 300, "properties": {"a": {"description": "y" * 300}}}
    shown = cut(schema, Compaction(text=0, argument_text=100, inner_text=10))

    assert len(shown["description"]) == 100
    assert len(shown["properties"]["a"]["description"]) == 10


def test_limits_go_before_types_and_types_before_names() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string", "maxLength": 3, "enum": ["b"]}},
        "required": ["a"],
    }

    assert cut(schema, MILD) == schema
    assert cut(schema, STRONG) == {**schema, "properties": {"a": {"type": "string", "enum": ["b"]}}}
    assert cut(schema, STRONGEST) == {"type": "object", "properties": {"a": {}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        (
            {"anyOf": [{"type": "object", "properties": {"a": {}}}, {"enum": [""], "type": "string"}]},
            {"type": ["object", "string"], "properties": {"a": {}}},
        ),
        ({"oneOf": [{"type": "integer"}, {"type": "null"}], "description": "d"}, {"type": ["integer", "null"], "description": "d"}),
        ({"anyOf": [{"enum": [1]}, {"const": 2}]}, {"enum": [1, 2]}),
        ({"anyOf": [{"type": "string"}, {"minimum": 1}]}, {}),
        ({"oneOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}, {"anyOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}),
        ({"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}, {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}),
        ({"allOf": [{"type": "string"}], "description": "d"}, {"type": "string", "description": "d"}),
        ({"not": {"type": "string"}}, {}),
    ],
)  # fmt: skip
def test_alternatives_become_one_schema_that_accepts_all_of_them(schema: JsonObject, shown: JsonObject) -> None:
    assert cut(schema, STRONG) == shown


def test_the_last_forms_lose_names_from_the_inside() -> None:
    leaf = {"properties": {"c": {"type": "string"}}}
    schema = {
        "properties": {"a": {"type": "object", "properties": {"b": leaf}}, "n": {"$ref": "#/$defs/N"}},
        "$defs": {"N": {"properties": {"m": {"$ref": "#/$defs/M"}}}, "M": leaf},
    }

    assert [compact(schema, how) for how in LAST_CUTS[1:]] == [
        {
            "properties": {"a": {"type": "object", "properties": {"b": {}}}, "n": {"$ref": "#/$defs/N"}},
            "$defs": {"N": {}},
        },
        {"properties": {"a": {"type": "object"}, "n": {}}},
    ]


def test_without_texts_a_property_that_is_called_title_stays() -> None:
    assert without_texts({"title": "T", "properties": {"title": {"description": "d"}}}) == {"properties": {"title": {}}}


small = st.sampled_from(
    [
        *(
            {"type": "string", "maxLength": 1},
            {"type": "integer", "minimum": 1},
            {"enum": ["", 1]},
            {"const": "a"},
            True,
        ),
        *({"type": ["string", "null"]}, {"$ref": "#/$defs/A"}, {"pattern": "^a"}, {"not": {"type": "string"}}, {}),
    ]
)
schemas = st.recursive(
    small,
    lambda inner: (
        st.dictionaries(st.sampled_from("ab"), inner, min_size=1).map(
            lambda p: {"type": "object", "properties": p, "required": ["a"], "additionalProperties": False}
        )
        | st.tuples(st.sampled_from(["anyOf", "oneOf", "allOf"]), st.lists(inner, min_size=1, max_size=3)).map(
            lambda pair: {pair[0]: pair[1], "description": "many"}
        )
        | inner.map(lambda one: {"type": "array", "items": one, "minItems": 1})
        | inner.map(lambda one: {"not": one})
        | st.tuples(inner, inner, inner).map(lambda three: dict(zip(("if", "then", "else"), three, strict=True)))
    ),
    max_leaves=12,
)
values = st.recursive(
    st.sampled_from(["", "a", "ab", 0, 1, None]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)


@given(schemas, schemas, st.lists(values, min_size=1, max_size=8), st.sampled_from([*CUTS, *LAST_CUTS]))
def test_the_compact_schema_accepts_every_value_that_the_whole_schema_accepts(
    schema: JsonObject, defined: JsonObject, candidates: Collection[Any], how: Compaction
) -> None:
    whole = {"properties": {"p": schema}, "$defs": {"A": defined if "$ref" not in str(defined) else {}}}
    shown = compact(whole, how)

    meta.validate(shown)
    for value in candidates:
        if Draft202012Validator(whole).is_valid({"p": value}):
            assert Draft202012Validator(shown).is_valid({"p": value})


@given(schemas, st.lists(small | schemas, max_size=2), st.sampled_from(["anyOf", "oneOf"]), st.sampled_from(CUTS))
def test_every_property_that_can_be_set_keeps_its_name(
    schema: JsonObject, others: list[JsonObject], union: str, how: Compaction
) -> None:
    inside = {"properties": {"deep": {union: [*others, {"$ref": "#/$defs/B"}]}}}
    defined = {"A": {"properties": {"defined": {"type": "string"}}}, "B": {"properties": {"deeper": schema}}}
    whole = {"properties": {"p": inside}, "$defs": defined}
    shown = compact(whole, how)

    assert {*_named(whole, whole)} <= {*_named(shown, shown)}


def _named(schema: Any, whole: JsonObject) -> Iterator[str]:
    """Yield the names of the properties outside `not` and conditions, those of the definitions that are reached among them."""
    for node in schema if isinstance(schema, list) else [schema]:
        for key, value in node.items() if isinstance(node, dict) else ():
            if key == "properties":
                yield from value
                yield from _named([*value.values()], whole)
            elif key == "$ref":
                yield from _named(whole["$defs"][value.rpartition("/")[2]], whole)
            elif key not in {"not", "if", "then", "else", "$defs", "enum", "const"}:
                yield from _named(value, whole)
