from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.discreet import Discreet
from plugin_gateway.revision.canonical import Omitted, Rules, as_it_is, canonical

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
KEYS = st.text() | st.binary()


def values() -> Any:
    return st.recursive(
        SCALARS | st.frozensets(KEYS),
        lambda inner: st.lists(inner).map(tuple) | st.dictionaries(KEYS, inner) | st.builds(Pair, inner, inner),
        max_leaves=12,
    )


class Pair(NamedTuple):
    left: object
    right: object


class Door(Discreet, frozen=True):
    HIDDEN = ("key",)

    name: str
    count: int = 0
    key: str = ""


class Couple(NamedTuple):
    left: object
    right: object


def typed(value: Any) -> tuple[Any, ...]:
    """Return a value that is equal only for the same value of the same types: in Python, 1 equals True and 1.0."""
    match value:
        case Pair():
            return Pair, typed(value.left), typed(value.right)
        case tuple():
            return tuple, tuple(map(typed, value))
        case dict():
            return dict, frozenset((typed(key), typed(member)) for key, member in value.items())
        case _:
            return type(value), repr(value) if isinstance(value, float) else value


@given(values(), values())
def test_two_values_have_one_form_exactly_if_they_are_equal(one: Any, other: Any) -> None:
    assert (canonical(one, {}) == canonical(other, {})) == (typed(one) == typed(other))


@given(st.dictionaries(KEYS, SCALARS), st.randoms())
def test_the_order_of_a_mapping_makes_no_difference(value: dict[Any, Any], random: Random) -> None:
    items = [*value.items()]
    random.shuffle(items)
    assert canonical(dict(items), {}) == canonical(value, {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        ((("a",), "b"), (("a", "b"),)),
        ({"a": "b", "c": "d"}, {"a": "d", "c": "b"}),
        (frozenset({"a"}), ("a",)),
        (b"1", "1"),
        (1, True),
        (None, "None"),
        ("", ()),
    ],
)
def test_values_that_look_alike_have_two_forms(one: Any, other: Any) -> None:
    assert canonical(one, {}) != canonical(other, {})


def test_each_field_of_a_record_is_part_of_its_form_and_so_is_its_class() -> None:
    rules: Rules = {Door: {"key": as_it_is}}
    forms = {
        canonical(value, rules)
        for value in (Door("a"), Door("b"), Door("a", 1), Door("a", 0, "k"), Pair("a", 0), Couple("a", 0), ("a", 0))
    }
    assert len(forms) == 7


def test_a_field_that_is_left_out_makes_no_difference() -> None:
    rules: Rules = {Door: {"key": as_it_is, "count": Omitted("it is counted elsewhere")}}
    assert canonical(Door("a", 1), rules) == canonical(Door("a", 2), rules)


def test_the_result_of_a_rule_replaces_the_field() -> None:
    rules: Rules = {Door: {"key": bool}}
    assert canonical(Door("a", key="one"), rules) == canonical(Door("a", key="another"), rules)
    assert canonical(Door("a", key="one"), rules) != canonical(Door("a"), rules)


def test_a_field_that_repr_hides_is_refused_without_a_rule() -> None:
    with pytest.raises(TypeError, match=r"Door\.key is hidden from `repr`"):
        canonical(Door("a"), {})


def test_the_form_of_a_class_that_is_not_a_record_has_the_attributes_that_rules_name() -> None:
    class Plain:
        def __init__(self, name: str) -> None:
            self.name = name

    rules: Rules = {Plain: {"name": as_it_is}}
    assert canonical(Plain("a"), rules) == canonical(Plain("a"), rules)
    assert canonical(Plain("a"), rules) != canonical(Plain("b"), rules)


@pytest.mark.parametrize("value", [object(), [object()], {"a": lambda: None}])
def test_a_value_without_a_fixed_form_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="has no canonical form"):
        canonical(value, {})


def test_a_record_that_stands_in_two_places_has_the_form_of_two_equal_ones() -> None:
    rules: Rules = {Door: {"key": as_it_is}}
    one = Door("a")
    assert canonical((one, one), rules) == canonical((one, Door("a")), rules)
