from __future__ import annotations

import pytest

from plugin_gateway.config.operation_text import run_together, split_operation


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("get /a", ("GET", "/a")),
        ("POST  /a/{b}", ("POST", "/a/{b}")),
        ('get /it\'s a/"b c"', ("GET", '/it\'s a/"b c"')),
        ("GET /a  b", None),
        ("listIssues", None),
        ("issues/list", None),
        ("GET a", None),
        ("/a", None),
    ],
)
def test_a_method_and_path_is_distinguished_from_an_operation_id(text: str, key: tuple[str, str] | None) -> None:
    assert split_operation(text) == key


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("GET /a - listPets", "begin each dash in the same column: `- GET /a`, `- listPets`"),
        ("a\n  - b - c", "begin each dash in the same column: `- a`, `- b`, `- c`"),
        ("GET /a-b", ""),
        ("pets-list", ""),
    ],
)
def test_entries_that_yaml_reads_as_one_text_get_a_hint_that_separates_them(text: str, hint: str) -> None:
    assert run_together(text) == hint
