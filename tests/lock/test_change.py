from typing import Any

import pytest

from plugin_gateway.lock.change import Change, Effect, other_changes, quoted, text_changes


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change("GET /pets", "was removed", Effect.BREAKING), "GET /pets: was removed (breaking for callers)"),
        (Change("", "the title changed", Effect.STEERING), "the title changed (may steer the model)"),
        (Change("GET /pets", "was added"), "GET /pets: was added"),
    ],
)
def test_a_change_is_a_sentence_with_its_effect(change: Change, said: str) -> None:
    assert str(change) == said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"a": "x"}, {"a": "x"}, []),
        ({"a": "x"}, {}, ["its a was removed"]),
        ({}, {"a": "x"}, ['its a was added: "x"']),
        ({"a": "x"}, {"a": ["y"]}, ['its a changed from "x" to "[\'y\']"']),
        (None, {"a": "x"}, ['its a was added: "x"']),
        ({"a": "x y"}, {"a": "x\n y"}, ['its a changed in white space or in characters that are not shown: "x y"']),
    ],
)
def test_a_changed_text_is_quoted(old: Any, new: Any, said: list[str]) -> None:
    assert [message for message, _ in text_changes(old, new, ("a",), "its ")] == said
    assert {effect for _, effect in text_changes(old, new, ("a",), "its ")} <= {Effect.STEERING}


def test_a_text_is_shown_on_one_short_line_that_a_terminal_does_not_obey() -> None:
    assert quoted("a\n  b\x1b[2J") == '"a b·[2J"'
    assert len(quoted("x" * 1000)) == 82


WORDS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (WORDS, f"{WORDS} more", 'from "…fourteen fifteen sixteen" to "…fourteen fifteen sixteen more"'),
        (f"{WORDS} {WORDS}", WORDS, 'from "…fourteen fifteen sixteen one two three four five six seven eight nine ten elev…" to "…fourteen fifteen sixteen"'),
        ("x" * 100, "x" * 99, f'from "…{"x" * 21}" to "…{"x" * 20}"'),
        (WORDS, WORDS.replace("two", "2"), None),
    ],
)  # fmt: skip
def test_long_texts_are_shown_from_a_few_words_before_the_place_where_they_differ(
    old: str, new: str, said: str | None
) -> None:
    ((message, _),) = text_changes({"a": old}, {"a": new}, ("a",), "its ")
    assert message == f"its a changed {said or f'from {quoted(old)} to {quoted(new)}'}"


def test_a_field_without_words_is_named() -> None:
    old, new = {"x-a": 1, "x-b": 1, "x-c": 1, "said": 1}, {"x-b": 2, "x-c": 1, "x-d": 1, "said": 2}
    assert [message for message, _ in other_changes(old, new, {"said"}, "its ")] == [
        "its `x-a` was removed",
        "its `x-b` changed",
        "its `x-d` was added",
    ]
