import pytest

from plugin_gateway.edit.proof import changed, is_same, meaning, proven
from plugin_gateway.errors import EditError


def test_the_meaning_of_an_empty_text_is_none() -> None:
    assert meaning("# nothing\n") is None


def test_a_change_leaves_the_value_as_it_was() -> None:
    value = {"a": [{"b": [1]}], "c": None}

    assert changed(value, ("a", 0, "b"), lambda listed: listed.append(2)) == {"a": [{"b": [1, 2]}], "c": None}
    assert changed(value, ("c",), lambda listed: listed.append(2)) == {"a": [{"b": [1]}], "c": [2]}
    assert changed(value, ("d",), lambda listed: listed.append(2)) == {"a": [{"b": [1]}], "c": None, "d": [2]}
    assert value == {"a": [{"b": [1]}], "c": None}


@pytest.mark.parametrize("value", [1, "listPets", {"a": 1}])
def test_only_a_list_or_nothing_becomes_a_list(value: object) -> None:
    with pytest.raises(EditError, match="`allow` is not a list"):
        changed({"allow": value}, ("allow",), lambda listed: listed.append("a"))


@pytest.mark.parametrize(
    ("one", "other", "is_equal"),
    [
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}, True),
        (1, True, False),
        (1, 1.0, False),
        ("1", 1, False),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ({"a": 1}, {"a": 1, "b": 1}, False),
        ({"a": None}, {"a": ""}, False),
    ],
)
def test_values_are_the_same_if_types_and_contents_are(one: object, other: object, *, is_equal: bool) -> None:
    assert is_same(one, other) is is_equal


@pytest.mark.parametrize("text", ["a: 2\n", "a: [1\n", "a: 1\na: 1\n", ""])
def test_a_text_without_the_requested_value_is_refused(text: str) -> None:
    with pytest.raises(EditError, match="do it by hand"):
        proven(text, {"a": 1}, "do it by hand")


def test_a_text_with_the_requested_value_is_returned() -> None:
    assert proven("a: 1 # x\n", {"a": 1}, "") == "a: 1 # x\n"
