from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.text.position import position, positions


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=9), st.lists(st.text("aé\n", max_size=9))
)
def test_a_position_counts_characters_and_lines_from_one(before: str, lines: list[str]) -> None:
    head = "".join(lines) + "\n"
    data = (head + before).encode()

    assert position(data, len(data)) == (head.count("\n") + 1, len(before) + 1)


@given(st.lists(st.text("aé\n", max_size=9)), st.lists(st.integers(0, 40)))
def test_many_positions_found_together_equal_positions_found_one_by_one(lines: list[str], offsets: list[int]) -> None:
    data = "\n".join(lines).encode()
    within = [offset for offset in offsets if offset <= len(data)]

    assert positions(data, within) == {offset: position(data, offset) for offset in within}
