from typing import Any

import pytest

from plugin_gateway.config.entry_hint import of_entries, of_entry, operations_in


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (None, "write entries below it, each with a dash: `- listOrders`; or `allow: []` for none"),
        ("*", "to name every operation, write `- {path: /**}`"),
        (True, "to name every operation, write `- {path: /**}`"),
        ("– listA", "write a hyphen, `-`, instead of `–`"),  # noqa: RUF001  # as word processors write it
        ("1. listA", "begin each entry with a dash, `-`, instead of `1.`"),
        ("-a -b", "put a space after each dash: `- a`"),
        ("a, b", "begin each entry with a dash: `- a`, `- b`"),
        ("GET /a GET /b", "begin each entry with a dash: `- GET /a`, `- GET /b`"),
        ({"operations": ["a"]}, "remove `operations:`: its entries belong directly below `allow`"),
        ({"tags": ["a"]}, "begin each entry with a dash: `- tag: a`"),
        ({"/a": ["get", "post"]}, "begin each entry with a dash: `- GET /a`, `- POST /a`"),
        ({"operation": "a", "rate": "1/s"}, "begin each entry with a dash: `- operation: a`"),
        ({}, ""),
        (5, ""),
    ],
)
def test_the_hint_for_a_value_that_is_no_list_shows_the_list(value: Any, hint: str) -> None:
    assert of_entries("allow", value) == hint


@pytest.mark.parametrize(
    ("key", "member", "operations"),
    [
        ("GET", "/a", ["GET /a"]),
        ("get", "a", ["GET /a"]),
        ("GET", ["/a", "/b", 1], ["GET /a", "GET /b"]),
        ("GET", None, ["GET"]),
        ("/a", "get", ["GET /a"]),
        ("/a", {"get": True}, ["GET /a"]),
        ("/a", None, ["GET /a"]),
        ("operations", ["a", "b"], ["a", "b"]),
        ("paths", ["/a"], ["path: /a"]),
        ("listA", True, ["listA"]),
    ],
)
def test_a_pair_of_a_key_and_a_value_is_read_as_operations(key: str, member: Any, operations: list[str]) -> None:
    assert operations_in(key, member) == operations


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (None, "write an operation after the dash, or remove the dash"),
        (["a"], "one dash is enough: entries are not lists"),
        (5, 'put quotes around it: "5"'),
        ({}, ""),
    ],
)
def test_the_hint_for_an_entry_shows_the_entry(value: Any, hint: str) -> None:
    assert of_entry(value) == hint
