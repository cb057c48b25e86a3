from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.node import walk
from plugin_gateway.config.tree import read
from plugin_gateway.edit.layout import Layout, PartKind
from plugin_gateway.openapi.decode.yaml_values import decode_yaml

TEXT = """\
openapi: é.yaml   # the document
allow: &list
  - a
  - &first "b"   # remark
    # more
  # other
  - operation: c
    description: |
      text

deny: [x, 'y' ,]
both: [*list, *first]
"""


def of(text: str, pointer: tuple[str | int, ...]) -> str:
    layout = Layout(text)
    part = layout.at(pointer)
    assert part is not None
    return layout.text[part.start : part.end]


@pytest.mark.parametrize(
    ("pointer", "text"),
    [
        (("openapi",), "é.yaml"),
        (("allow", 1), '&first "b"'),
        (("allow", 2, "description"), "|\n      text"),
        (("deny",), "[x, 'y' ,]"),
        (("deny", 1), "'y'"),
        (("both", 0), "*list"),
    ],
)
def test_a_part_has_its_place_to_the_character(pointer: tuple[str | int, ...], text: str) -> None:
    assert of(TEXT, pointer) == text


def test_a_block_list_begins_at_its_anchor_and_ends_with_its_last_part() -> None:
    assert of(TEXT, ("allow",)).startswith("&list\n")
    assert of(TEXT, ("allow",)).endswith("text")


@pytest.mark.parametrize("pointer", [("nothing",), ("allow", 3), ("openapi", "x"), ("allow", "x"), ("both", 0, 1)])
def test_a_place_that_is_not_written_has_no_part(pointer: tuple[str | int, ...]) -> None:
    assert Layout(TEXT).at(pointer) is None


def test_an_empty_text_has_no_part() -> None:
    assert Layout("# nothing\n").at(()) is None


def test_dashes_and_commas_belong_to_their_items() -> None:
    layout = Layout(TEXT)
    allow, deny = layout.at(("allow",)), layout.at(("deny",))
    assert allow is not None
    assert deny is not None
    assert [TEXT[layout.dash(item) :][:3] for item in allow.items] == ["- a", "- &", "- o"]
    commas = [layout.comma_after(item, deny) for item in deny.items]
    assert [TEXT[comma:][:2] for comma in commas if comma is not None] == [", ", ",]"]
    assert layout.comma_after(deny.items[1], allow) is None


def test_a_comment_that_stands_deeper_continues_the_part_before_it() -> None:
    layout = Layout(TEXT)
    item = layout.at(("allow", 1))
    assert item is not None
    assert TEXT[layout.behind(item, 2) :].startswith("  # other")


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028"])
def test_lines_end_at_every_break_of_yaml(line_break: str) -> None:
    layout = Layout(f"a: 1{line_break}bb: 2{line_break}")
    second = len(f"a: 1{line_break}")

    assert layout.line_break == line_break
    assert layout.next_line(0) == second
    assert layout.line_start(second + 2) == second
    assert layout.line_end(second) == second + 5
    assert layout.column(second + 4) == 4
    assert layout.with_lines_as(0, second, "c: 3") == f"c: 3{line_break}bb: 2{line_break}"


def test_lines_are_added_and_removed_without_a_break_at_the_end_of_the_text() -> None:
    layout = Layout("a: 1\nb: 2")

    assert layout.with_line(9, "c: 3") == "a: 1\nb: 2\nc: 3"
    assert layout.with_line(5, "c: 3") == "a: 1\nc: 3\nb: 2"
    assert layout.without_lines(5, 9) == "a: 1"
    assert layout.without_lines(0, 5) == "b: 2"
    assert Layout("a: 1\n\nb: 2").without_lines(6, 10) == "a: 1\n\n"
    assert layout.with_lines_as(5, 9, "c: 3") == "a: 1\nc: 3"
    assert Layout("a: 1").line_break == "\n"


@pytest.mark.parametrize(("header", "kept"), [("|", ""), ("|+", "\n\n"), (">-", ""), ("|2+  # é", "\n\n")])
def test_blank_lines_belong_to_a_block_scalar_only_if_it_keeps_them(header: str, kept: str) -> None:
    assert of(f"a: {header}\n  text\n\nb: 1\n", ("a",)) == f"{header}\n  text{kept}"


def test_a_walk_visits_every_part() -> None:
    root = Layout(TEXT).root
    assert root is not None
    assert [part.kind for part in root.walk()].count(PartKind.ALIAS) == 2


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-999, 999) | st.text("aé: -#'\"\n", max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("abé", min_size=1, max_size=2), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    st.booleans(),
)
def test_the_three_readers_of_yaml_agree_on_values_and_places(value: Any, is_flow: bool) -> None:
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=is_flow)
    root, mistakes = read(text)
    layout = Layout(text)

    assert not mistakes
    assert root is not None
    assert root.plain() == decode_yaml(text.encode(), "d.yaml") == value
    for pointer, node in walk(root):
        part = layout.at(pointer)
        assert part is not None
        assert (text.count("\n", 0, part.start) + 1, layout.column(part.start) + 1) == (
            node.span.line,
            node.span.column,
        )
