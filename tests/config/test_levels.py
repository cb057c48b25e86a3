import pytest

from plugin_gateway.config.levels import (
    begins_an_entry,
    indent_of,
    indent_of_key,
    likely_indent,
    line_at,
    list_of,
    open_levels,
    says_something,
)

LINES = """\
upstream:
  url: x
  # a comment
allow:
  - listIssues
  - operation: getIssue
    rate: 1/s
  - createIssue
"""


def lines(*more: str) -> list[str]:
    return [*LINES.splitlines(), *more]


def test_a_line_is_found_by_its_number() -> None:
    assert [line_at(["a", "b"], number) for number in (0, 1, 2, 3)] == ["", "a", "b", ""]


@pytest.mark.parametrize(
    ("line", "says"), [("a: 1", True), ("  # a", False), ("", False), ("  ", False), ("- # a", True)]
)
def test_a_line_says_something_if_it_is_neither_empty_nor_a_comment(line: str, says: bool) -> None:
    assert says_something(line) == says


def test_a_key_begins_after_the_dashes_before_it() -> None:
    assert (indent_of("  - - a: 1"), indent_of_key("  - - a: 1")) == (2, 6)


@pytest.mark.parametrize(
    ("number", "keys", "entries"),
    [(3, {2: "url", 0: "upstream"}, []), (7, {4: "operation", 0: "allow"}, [2]), (5, {0: "allow"}, [])],
)
def test_the_levels_that_are_open_above_a_line_are_known(number: int, keys: dict[int, str], entries: list[int]) -> None:
    assert open_levels(lines(), number) == (keys, entries)


@pytest.mark.parametrize(
    ("above", "line", "below", "column"),
    [
        ("  a: 1", "\tb: 2", "c: 3", 2),
        ("  - a: 1", "\tb: 2", "c: 3", 4),
        ("  - a: 1", "\t- b", "c: 3", 2),
        ("  a:", "\tb: 2", "      c: 3", 6),
        ("  a:", "\t- b: 2", "      c: 3", 4),
        ("  a:", "\t- b", "    - c", 4),
        ("  a:", "\tb: 2", "c: 3", 4),
        ("  a:", "\tb: 2", "", 4),
    ],
)
def test_a_line_is_likely_indented_as_its_neighbours_are(above: str, line: str, below: str, column: int) -> None:
    assert likely_indent([above, line, below], 2) == column


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        ("  operation: x", True),
        ("  rate: 5/s", True),
        ("    rate: 5/s", False),
        ("  - rate: 5/s", False),
        ("  x", False),
    ],
)
def test_a_key_in_the_column_of_entries_without_keys_begins_an_entry(line: str, begins: bool) -> None:
    assert begins_an_entry(lines(line), len(lines(line))) == begins


@pytest.mark.parametrize(("line", "begins"), [("  operation: x", True), ("  rate: 5/s", False)])
def test_a_key_below_an_entry_with_keys_begins_another_one_only_with_the_same_key(line: str, begins: bool) -> None:
    assert begins_an_entry([*lines()[:7], line], 8) == begins


@pytest.mark.parametrize(
    ("number", "key"), [(1, ""), (2, ""), (5, "allow"), (6, "allow"), (7, ""), (8, "allow"), (9, "")]
)
def test_a_line_directly_below_a_key_that_takes_a_list_is_in_the_list(number: int, key: str) -> None:
    assert list_of(lines(), number) == key
