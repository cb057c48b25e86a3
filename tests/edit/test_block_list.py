import pytest

from plugin_gateway.edit.block_list import step_of, with_entry, without_entry
from plugin_gateway.edit.entry import Entry
from plugin_gateway.edit.layout import Layout
from tests.edit.lists import allow_list


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("allow:\n  - a\nz: 1\n", "allow:\n  - a\n  - b\nz: 1\n"),
        ("allow:\n- a\nz: 1\n", "allow:\n- a\n- b\nz: 1\n"),
        ("allow:\n    -   a\n", "allow:\n    -   a\n    -   b\n"),
        (
            "allow:\n  - a   # why\n      # more of it\n  # - c\n",
            "allow:\n  - a   # why\n      # more of it\n  - b\n  # - c\n",
        ),
        (
            "allow:\n  - operation: a\n    rate: 1/s\n\nz: 1\n",
            "allow:\n  - operation: a\n    rate: 1/s\n  - b\n\nz: 1\n",
        ),
        ("allow:\n  -\n    operation: a\nz: 1\n", "allow:\n  -\n    operation: a\n  - b\nz: 1\n"),
        ("allow:\n  - description: |+\n      a\n\nz: 1\n", "allow:\n  - description: |+\n      a\n\n  - b\nz: 1\n"),
        ("? allow\n: - a\n", "? allow\n: - a\n  - b\n"),
        ("allow:\n  - a", "allow:\n  - a\n  - b"),
        ("allow:\r\n  - a\r\n", "allow:\r\n  - a\r\n  - b\r\n"),
    ],
)
def test_an_entry_goes_behind_the_last_one(text: str, edited: str) -> None:
    assert with_entry(*allow_list(text), Entry("b")) == edited


@pytest.mark.parametrize(
    ("text", "index", "edited"),
    [
        ("allow:\n  # above\n  - a   # on it\n  - b\n", 0, "allow:\n  # above\n  - b\n"),
        ("allow:\n  - a\n  - operation: b\n    rate: 1/s\n    # inside\n  - c\n", 1, "allow:\n  - a\n  - c\n"),
        ("allow:\n  - a\n  - b", 1, "allow:\n  - a"),
        ("allow:\r\n  - a\r\n  - b", 1, "allow:\r\n  - a"),
        ("allow:   # x\n  # above\n  - a   # on it\n  # below\n", 0, "allow:   # x\n  # above\n  []\n  # below\n"),
        ("allow:\n- a\nz: 1\n", 0, "allow:\n  []\nz: 1\n"),
        ("allow:\n  - operation: a\n    rate: 1/s\n", 0, "allow:\n  []\n"),
        ("allow:\n  - a", 0, "allow:\n  []"),
    ],
)
def test_an_entry_goes_with_its_lines(text: str, index: int, edited: str) -> None:
    assert without_entry(*allow_list(text), index, 0) == edited


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("a: 1\n", 2),
        ("a:\n    b: 1\n", 4),
        ("a:\n    b: 1\nc:\n- d\n", 0),
        ("a: {b: [c]}\nd: [e]\n", 2),
        ("a:\n   - b: 1\n", 3),
    ],
)
def test_a_list_is_indented_as_the_first_list_of_the_text(text: str, step: int) -> None:
    assert step_of(Layout(text)) == step
