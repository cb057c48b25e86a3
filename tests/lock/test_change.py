from typing import Any

import pytest

from plugin_gateway.lock.change import Change, Effect, quoted, text_changes


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
    ],
)
def test_a_changed_text_is_quoted(old: Any, new: Any, said: list[str]) -> None:
    assert [message for message, _ in text_changes(old, new, ("a",), "its ")] == said
    assert {effect for _, effect in text_changes(old, new, ("a",), "its ")} <= {Effect.STEERING}


def test_a_text_is_shown_on_one_short_line_that_a_terminal_does_not_obey() -> None:
    assert quoted("a\n  b\x1b[2J") == '"a b·[2J"'
    assert len(quoted("x" * 1000)) == 82
