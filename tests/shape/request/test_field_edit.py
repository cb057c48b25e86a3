"""A field edit changes the members of one field of a form, and refuses every other spelling of that field."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.shape.request.field_edit import FieldEdit, UneditableFieldError
from plugin_gateway.shape.request.json_edit import compile_edit
from plugin_gateway.shape.values.style import deep_members

DROPPED = frozenset({("cost",), ("user", "role"), ("lines", "*", "cost")})
ARRAYS = frozenset({("lines",)})
REMOVES = compile_edit(None, DROPPED, {}, ARRAYS)
AS_PAIRS = FieldEdit("meta", is_json=False, removes=REMOVES)
AS_JSON = FieldEdit("meta", is_json=True, removes=REMOVES)

SCALARS = st.sampled_from(["a", "b c", "{}"])
OBJECTS = st.fixed_dictionaries({}, optional=dict.fromkeys(("cost", "Cost", "role", "sku"), SCALARS))
VALUES = st.fixed_dictionaries(
    {}, optional={"cost": SCALARS, "user": OBJECTS, "lines": st.lists(OBJECTS, max_size=3), "note": SCALARS}
)


def members(edit: FieldEdit, value: Any) -> list[tuple[str, str]]:
    found = [(name, edit.edited(name, text.encode())[0]) for name, text in deep_members("meta", value)]
    return [(name, text.decode()) for name, text in found if text is not None]


def is_dropped(name: str) -> bool:
    return re.fullmatch(r"meta(?:\[lines\]\[[0-9]*\])?\[cost\]|meta\[user\]\[role\]", name.lower()) is not None


@given(VALUES)
def test_both_ways_to_write_a_field_lose_the_same_members(value: dict[str, Any]) -> None:
    shown, sent = AS_JSON.edited("meta", json.dumps(value).encode())
    assert shown is not None
    assert shown == sent
    assert members(AS_PAIRS, value) == deep_members("meta", json.loads(shown))
    assert not any(is_dropped(name) for name, _ in members(AS_PAIRS, value))


@given(st.text("meta[]cost0._-! \0", max_size=14))
def test_a_pair_is_refused_unless_it_spells_the_field_as_declared(name: str) -> None:
    try:
        kept, _ = AS_PAIRS.edited(name, b"x")
    except UneditableFieldError:
        return
    assert name.startswith("meta[")
    assert kept is None or not name.startswith("meta[cost]")


def test_json_that_parsers_read_in_different_ways_is_refused_at_its_place() -> None:
    with pytest.raises(UneditableFieldError) as raised:
        AS_JSON.edited("meta", b'{"user":{"role":1,"role":2}}')
    assert [one.pointer for one in raised.value.problems] == ["/meta/user/role"]


def test_a_fixed_member_makes_the_field() -> None:
    sets = compile_edit(None, frozenset(), {("user", "role"): b'"guest"'})
    fixed = FieldEdit("meta", is_json=True, sets=sets)
    assert fixed.missing() == b'{"user":{"role":"guest"}}'
    assert AS_JSON.missing() is None
    assert fixed.edited("meta", b'{"user":{"id":1}}')[1] == b'{"user":{"id":1,"role":"guest"}}'
