from typing import Any

import pytest
from msgspec import Meta

from plugin_gateway.config import expected


@pytest.mark.parametrize(
    ("wanted", "got", "hint"),
    [
        ("text", 5, "put quotes around it"),
        ("text", True, "put quotes around it"),
        ("text", ["a"], "write a, without brackets or dash"),
        ("text", ["a", "b"], "write one text, not a list"),
        ("text", {}, ""),
        ("text", None, "write a value after it, or leave the key out"),
        ("a_whole_number", "5", "write 5"),
        ("a_whole_number", "10,000", "write 10000"),
        ("a_whole_number", "10k", "write 10000"),
        ("a_whole_number", "ten", "for example 200"),
        ("a_whole_number", 5.5, "for example 200"),
        ("a_whole_number", None, "write a value after it, or leave the key out"),
        ("true_or_false", 1, "write true"),
        ("true_or_false", "False", "write false, without quotes"),
        ("a_list", "a", "write [a]"),
        ("a_list", "a" * 60, "write it in [ ]"),
        ("a_list", 5, "write it in [ ]"),
        ("a_mapping", 5, ""),
        ("a_mapping", None, "write a value after it, or leave the key out"),
    ],
)
def test_the_hint_says_how_to_write_the_probably_intended_value(wanted: str, got: Any, hint: str) -> None:
    mistake = getattr(expected, wanted)(got)
    assert (mistake.rule, mistake.message) == ("wrong-type", f"expected {wanted.replace('_', ' ')}")
    assert (mistake.got, mistake.hint) == (got, hint)


def test_the_words_of_a_list_are_named_and_the_nearest_first() -> None:
    mistake = expected.one_of(("json", "text"), "jsn")
    assert mistake.hint == "did you mean `json`? valid: json, text"


@pytest.mark.parametrize(
    ("bounds", "value", "message", "hint"),
    [
        (Meta(ge=1), 0, "must be greater than or equal to 1", "write 1 or more"),
        (Meta(le=9), 10, "must be less than or equal to 9", "write 9 or less"),
        (
            Meta(min_length=1),
            "",
            "must have at least 1 character",
            "write some text, or leave the key out",
        ),
        (
            Meta(min_length=2),
            ("a",),
            "must have at least 2 items",
            "write an item, or leave the key out",
        ),
        (Meta(max_length=3), "abcd", "must have at most 3 characters", "shorten it"),
    ],
)
def test_a_value_beyond_a_bound_is_a_mistake_that_names_the_bound(
    bounds: Meta, value: Any, message: str, hint: str
) -> None:
    mistake = expected.beyond(bounds, value, got="as written")
    assert mistake
    assert (mistake.rule, mistake.message, mistake.got, mistake.hint) == ("bad-value", message, "as written", hint)


@pytest.mark.parametrize(
    ("bounds", "value"),
    [
        (Meta(ge=1, le=9), 1),
        (Meta(ge=1, le=9), 9),
        (Meta(min_length=1, max_length=3), "a"),
        (Meta(min_length=1, max_length=3), "abc"),
        (Meta(min_length=1), ("a",)),
    ],
)
def test_a_value_at_its_bound_is_fine(bounds: Meta, value: Any) -> None:
    assert expected.beyond(bounds, value, got=value) is None
