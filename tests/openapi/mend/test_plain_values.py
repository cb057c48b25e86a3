"""Plain values: which conversions are certain, and which values have no certain meaning."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.mend.notes import Notes
from plugin_gateway.openapi.mend.plain_values import Unmendable, mend_plain, mended
from plugin_gateway.openapi.vocabulary import Type


@pytest.mark.parametrize(
    ("type_", "value", "better"),
    [
        (Type.TEXT, 1.0, "1.0"),
        (Type.TEXT, False, "false"),
        (Type.FLAG, "True", True),
        (Type.NUMBER, "1.5", 1.5),
        (Type.NUMBER, "2", 2),
        (Type.COUNT, 2.0, 2),
        (Type.BOUND, True, True),
        (Type.TEXTS, "a", ["a"]),
        (Type.NAMES, ["b", "a", "b"], ["b", "a"]),
        (Type.TYPES, ["String", "null"], ["string", "null"]),
        (Type.TYPES, "File", "file"),
        (Type.MAP_OF_TEXT, {"a": 1}, {"a": "1"}),
    ],
)
def test_a_value_with_a_certain_meaning_is_converted(type_: Type, value: Any, better: Any) -> None:
    assert mended(type_, value) == better
    assert type(mended(type_, value)) is type(better)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (Type.TEXT, []),
        (Type.TEXT, None),
        (Type.FLAG, 1),
        (Type.NUMBER, True),
        (Type.NUMBER, "1e9"),
        (Type.COUNT, -1),
        (Type.COUNT, 1.5),
        (Type.NAMES, True),
        (Type.NAMES, [None]),
        (Type.TYPES, ["string", "any"]),
        (Type.TYPES, []),
        (Type.TYPES, ["file"]),
        (Type.TYPES, ["file", "null"]),
        (Type.LIST, {}),
        (Type.MAP, []),
        (Type.MAP_OF_TEXT, {"a": []}),
    ],
)
def test_a_value_without_a_certain_meaning_is_unmendable(type_: Type, value: Any) -> None:
    with pytest.raises(Unmendable):
        mended(type_, value)


@pytest.mark.parametrize("type_", [Type.TEXTS, Type.NAMES, Type.TYPES, Type.LIST])
def test_a_value_of_the_right_type_is_given_back_itself(type_: Type) -> None:
    value = ["string"]
    assert mended(type_, value) is value


@pytest.mark.parametrize(
    ("node", "better", "words"),
    [
        ({"description": 1.5}, {"description": "1.5"}, "is read as"),
        ({"description": []}, {}, "it is left out"),
        ({"$id": 1}, {}, "it is left out"),
        ({"description": "a"}, {"description": "a"}, ""),
        ({"default": object}, {"default": object}, ""),
    ],
)
def test_a_plain_field_is_corrected_or_left_out_with_a_warning(
    node: dict[str, Any], better: dict[str, Any], words: str
) -> None:
    notes = Notes()
    (name,) = node
    mend_plain(ObjectKind.SCHEMA, node, name, ("place", name), notes)

    assert node == better
    assert [words in one.message for one in notes.findings] == ([True] if words else [])


def test_the_name_of_a_parameter_is_left_for_the_rule_about_the_whole_object() -> None:
    notes = Notes()
    node: dict[str, Any] = {"name": []}
    mend_plain(ObjectKind.PARAMETER, node, "name", ("place", "name"), notes)

    assert (node, notes.findings) == ({"name": []}, [])


@pytest.mark.parametrize(
    ("value", "meant"),
    [("strng", "string"), ("int", "integer"), ("bool", "boolean"), (["null", "strng"], "string"), ("any", ""), (5, "")],
)
def test_a_misspelt_type_is_left_out_and_the_nearest_is_named(value: Any, meant: str) -> None:
    notes, schema = Notes(), {"type": value}
    mend_plain(ObjectKind.SCHEMA, schema, "type", ("schema", "type"), notes)
    assert schema == {}
    assert notes.findings[0].hint == (f"did you mean `{meant}`?" if meant else "fix the document")
