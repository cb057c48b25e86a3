from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config import recovery
from plugin_gateway.config.illegible import ILLEGIBLE
from plugin_gateway.config.recovery import Recovery, recover
from plugin_gateway.config.tree import read
from tests.narrow import present


def lines_of(found: Recovery) -> list[tuple[str, int]]:
    return sorted(((mistake.rule, span.line) for span, _, mistake in found.found), key=lambda one: one[1])


def test_an_illegible_value_leaves_its_key_and_the_others() -> None:
    found = recover("a: 1\nb: [x\nc: {d: 2}\ne: 'y\nf: 3\n")
    assert present(found.root).plain() == {"a": 1, "b": ILLEGIBLE, "c": {"d": 2}, "e": ILLEGIBLE, "f": 3}
    assert lines_of(found) == [("yaml-syntax", 2), ("yaml-syntax", 4)]


def test_a_line_that_is_meant_one_way_is_read_so_and_keeps_its_columns() -> None:
    found = recover("a:\n  b:x\n  d: {e: no}\n  f = off\ng\n  h: 1\n")
    root = present(found.root)
    assert root.plain() == {"a": {"b": "x", "d": {"e": "no"}, "f": "off"}, "g": {"h": 1}}
    off = present(present(root.child("a")).child("f"))
    assert (off.span.line, off.span.column) == (4, 7)


def test_lines_below_a_line_with_a_wrong_indentation_move_with_it() -> None:
    found = recover("a:\n  b: 1\n   c:\n     d: 2\n   e: 3\nf: 4\n")
    assert present(found.root).plain() == {"a": {"b": 1, "c": {"d": 2}, "e": 3}, "f": 4}
    assert lines_of(found) == [("yaml-syntax", 3)]


def test_an_entry_of_a_list_is_left_out_without_the_others() -> None:
    found = recover("a:\n  - {b: ${C}}\n  - d\n  - [e\n  - f\n")
    assert present(found.root).plain() == {"a": [ILLEGIBLE, "d", ILLEGIBLE, "f"]}


def test_open_brackets_in_several_entries_are_a_mistake_each() -> None:
    found = recover("a:\n  - [b\n  - c\n  - {d: 1\n  - e\nf: [\ng: 1\n")
    assert present(found.root).plain() == {"a": [ILLEGIBLE, "c", ILLEGIBLE, "e"], "f": ILLEGIBLE, "g": 1}
    assert [line for _, line in lines_of(found)] == [2, 4, 6]


def test_lines_keep_their_numbers() -> None:
    assert lines_of(recover("a: [x\n# more\nb:\n  c: no\n")) == [("yaml-syntax", 1), ("ambiguous-yaml", 4)]


def test_a_mistake_that_is_noticed_after_the_last_line_is_reported() -> None:
    found = recover("[#}")
    assert found.root is None
    assert [mistake.rule for _, _, mistake in found.found] == ["yaml-syntax"]


def test_a_second_document_is_left_unread() -> None:
    found = recover("a: 1\n---\nb: 2\n")
    assert present(found.root).plain() == {"a": 1}
    assert [mistake.rule for _, _, mistake in found.found] == ["many-documents"]


def test_text_that_is_refused_for_its_size_is_not_read_again() -> None:
    found = recover("a: " + "[" * 60 + "]" * 60 + "\nb: 1\n")
    assert found.root is None


def test_a_large_file_with_mistakes_on_many_lines_is_read_only_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []

    def counted(text: str, *more: Any) -> Any:
        reads.append(text)
        return read(text, *more)

    monkeypatch.setattr(recovery, "read", counted)
    large = "a:\n" + "  - bbbbbbbbbbbbbbbbbbbb\n" * 30_000
    found = recover(large + "c:\n" + "  - @d\n" * 40 + "e: 1\n")
    assert present(found.root).plain()["e"] == 1
    assert sum(map(len, reads)) < 20_000_000
    reads.clear()
    assert present(recover("c:\n" + "  - @d\n" * 15 + "e: 1\n").root).plain() == {"c": [ILLEGIBLE] * 15, "e": 1}


def test_all_lines_of_a_section_with_a_mistake_are_doubtful() -> None:
    assert recover("a: 1\nb:\n  c: [x\n  d: 2\ne: 3\n").doubtful == {2, 3, 4}


@given(st.text("ab:-[]{}'\"# \n\t", max_size=60))
def test_valid_yaml_is_read_unchanged(text: str) -> None:
    root, mistakes = read(text)
    found = recover(text)
    if root is not None:
        assert present(found.root).plain() == root.plain()
        assert len(found.found) == len(mistakes)
        assert not found.changed
    else:
        assert bool(found.found) == bool(mistakes)


@given(st.text("ab:-[]{}'\"# \n\t=$;,", max_size=80))
def test_each_mistake_has_a_place_in_the_text_as_it_is_written(text: str) -> None:
    lines = text.splitlines()
    for span, _, _ in recover(text).found:
        assert 0 <= span.line <= len(lines) + 1
        if 0 < span.line <= len(lines):
            assert span.column <= len(lines[span.line - 1]) + 1
