"""Notes of mending: warnings of changes, and errors where no correction is certain."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.diagnostics import Severity
from plugin_gateway.openapi.mend.notes import Notes, describe_value, errors_in


def test_an_omission_is_a_warning_and_a_refusal_an_error_at_its_place() -> None:
    notes, node = Notes(), {"a": 1}
    notes.drop(node, "a", ("x", "a"), "it is odd")
    notes.need(node, ("x",), "b", 2)
    notes.refuse(("x", "/c"), "it is no object")
    assert node == {"b": 2}
    assert [(finding.severity, finding.message, finding.pointer) for finding in notes.findings] == [
        (Severity.WARNING, "it is odd: it is left out (at #/x/a)", ("x", "a")),
        (Severity.WARNING, "'b' is missing: 2 is served in its place (at #/x)", ("x",)),
        (Severity.ERROR, "it is no object (at #/x/~1c)", ("x", "/c")),
    ]
    assert [*errors_in(tuple(notes.findings))] == notes.findings[2:]


def test_the_hint_of_an_omission_names_what_was_meant() -> None:
    notes, node = Notes(), {"a": 1, "b": 1}
    notes.drop(node, "a", ("a",), "it is odd", "c")
    notes.drop(node, "b", ("b",), "it is odd")
    assert [finding.hint for finding in notes.findings] == ["did you mean `c`?", "fix the document"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        ({"a": 1}, "a mapping"),
        ([1], "a list"),
        ("x", "'x'"),
        (True, "true"),
        (1.5, "1.5"),
        ("y" * 99, "'" + "y" * 58 + "…"),
    ],
)
def test_values_are_shown_short(value: Any, text: str) -> None:
    assert describe_value(value) == text


def test_a_whole_value_is_shown_as_a_document_writes_it() -> None:
    assert describe_value([True, None, "a"], whole=True) == '[true, null, "a"]'
