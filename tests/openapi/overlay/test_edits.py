"""Edits of a root: what they change, and that the original stays as it was."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.decode.extent import MAX_DEPTH
from plugin_gateway.openapi.decode.text import skim
from plugin_gateway.openapi.overlay import edits as edits_module
from plugin_gateway.openapi.overlay.edits import ActionError, Edits
from tests.octets import dictionaries, lists, objects, one_of, pooled, recursive, sampled_from, structures

SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3)
VALUES = recursive(
    pooled,
    lambda inner: one_of(lists(inner, max_size=3), dictionaries(sampled_from("abc"), inner, max_size=3)),
    depth=3,
)
OBJECTS = dictionaries(sampled_from("abcd"), VALUES, max_size=4)
LISTS = lists(VALUES, min_size=1, max_size=6)


def merged(old: Any, new: Any) -> Any:
    """The merge of the specification, written down as it says it."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merged(old[key], value) if key in old else value for key, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        return old + new
    if isinstance(old, dict | list) or isinstance(new, dict | list):
        raise ActionError("incompatible")
    return new


@given(structures(OBJECTS, 64, SCALARS), structures(OBJECTS, 64, SCALARS))
def test_an_update_merges_as_the_specification_says_and_leaves_the_original_alone(root: Any, update: Any) -> None:
    before = deepcopy(root)
    edits = Edits(root)
    try:
        expected = merged(before, update)
    except ActionError:
        with pytest.raises(ActionError):
            edits.update((), update)
    else:
        edits.update((), update)
        assert edits.root == expected
    assert root == before


@given(structures(objects({"a": LISTS, "b": OBJECTS}), 96, SCALARS), st.sets(st.integers(0, 5)))
def test_removing_places_leaves_all_others(root: Any, places: set[int]) -> None:
    before = deepcopy(root)
    gone = {place for place in places if place < len(root["a"])}

    edits = Edits(root)
    edits.remove([("a", index) for index in gone])

    assert edits.root == {"a": [item for index, item in enumerate(before["a"]) if index not in gone], "b": before["b"]}
    assert root == before


def test_removing_a_value_and_its_parent_removes_both() -> None:
    edits = Edits({"a": [{"b": {"c": 1}}, {"b": 2}], "d": 3})

    edits.remove([("a", 0), ("a", 0, "b"), ("a", 0, "b", "c"), ("a", 1, "b")])

    assert edits.root == {"a": [{}], "d": 3}


def test_an_edit_at_one_use_of_a_shared_value_leaves_its_other_uses() -> None:
    shared = {"schema": {"type": "string"}}
    edits = Edits({"a": shared, "b": shared})

    edits.update(("a", "schema"), {"type": "integer"})

    assert edits.root == {"a": {"schema": {"type": "integer"}}, "b": {"schema": {"type": "string"}}}


def test_a_value_inserted_at_two_places_can_be_changed_at_one() -> None:
    edits = Edits({"a": {}, "b": {}})
    for place in (("a",), ("b",)):
        edits.update(place, {"x": {"y": 1}})

    edits.update(("a", "x"), {"y": 2})

    assert edits.root == {"a": {"x": {"y": 2}}, "b": {"x": {"y": 1}}}


def test_an_edit_of_a_large_document_leaves_its_other_operations_unread_and_whole() -> None:
    padding = f'"x-padding": "{"x" * 1_100_000}"'
    text = f'{{"openapi": "3.1.0", {padding}, "paths": {{"/a": {{"get": {{"tags": ["x"]}}, "put": {{}}}}}}}}'
    root = skim(text.encode(), "openapi.json")
    edits = Edits(root)

    edits.update(("paths", "/a", "get"), {"summary": "A"})

    assert edits.root["paths"]["/a"].text_at("put") is not None
    assert edits.root["paths"]["/a"]["get"] == {"tags": ["x"], "summary": "A"}
    assert root["paths"]["/a"]["get"] == {"tags": ["x"]}


@pytest.mark.parametrize(
    ("place", "value", "at"),
    [
        ((), [1], ()),
        (("text",), {"a": 1}, ()),
        (("object",), {"list": 1}, ("list",)),
        (("object",), {"list": {"a": 1}}, ("list",)),
        (("object",), {"list": None}, ("list",)),
        (("object",), {"scalar": []}, ("scalar",)),
    ],
)
def test_a_value_of_another_kind_is_refused_with_its_place(place: Any, value: Any, at: Any) -> None:
    edits = Edits({"text": "x", "object": {"list": [], "scalar": 1}})

    with pytest.raises(ActionError) as caught:
        edits.update(place, value)

    assert caught.value.at == at


def test_the_root_cannot_be_removed() -> None:
    with pytest.raises(ActionError, match="root"):
        Edits({}).remove([()])


def test_copies_of_copies_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits_module, "_MOST_NODES", 20_000)
    edits = Edits({"a": {str(index): {} for index in range(1000)}, "n": {}})

    def double() -> None:
        for step in range(40):
            edits.update(("n",), {str(step): edits.copy_of(())})

    with pytest.raises(ActionError, match=r"deeper than|more than"):
        double()


def test_no_edit_makes_a_document_deeper_than_the_gateway_reads() -> None:
    deep: Any = {}
    for _ in range(MAX_DEPTH):
        deep = {"a": deep}
    edits = Edits({"a": {}})

    edits.update(("a",), deep["a"])
    with pytest.raises(ActionError, match="deeper than"):
        edits.update(("a",), {"b": deep})
