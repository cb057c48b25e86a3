from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.extent import MAX_DEPTH, check_extent, position, positions


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=9), st.lists(st.text("aé\n", max_size=9))
)
def test_a_position_counts_characters_and_lines_from_one(before: str, lines: list[str]) -> None:
    head = "".join(lines) + "\n"
    data = (head + before).encode()

    assert position(data, len(data)) == (head.count("\n") + 1, len(before) + 1)


@given(st.lists(st.text("aé\n", max_size=9)), st.lists(st.integers(0, 40)))
def test_many_positions_are_those_found_one_by_one(lines: list[str], offsets: list[int]) -> None:
    data = "\n".join(lines).encode()
    within = [offset for offset in offsets if offset <= len(data)]

    assert positions(data, within) == {offset: position(data, offset) for offset in within}


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def test_as_deep_as_may_be_is_fine() -> None:
    check_extent(nested(MAX_DEPTH), "x")


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 5_000])
def test_deeper_is_refused(levels: int) -> None:
    with pytest.raises(DocumentError, match="nested deeper"):
        check_extent(nested(levels), "x")


def test_depth_is_counted_through_what_is_shared() -> None:
    shared = nested(MAX_DEPTH - 10)
    deep: Any = shared
    for _ in range(20):
        deep = [deep]

    with pytest.raises(DocumentError, match="nested deeper"):
        check_extent({"shallow": shared, "deep": deep}, "x")


def test_what_contains_itself_is_refused() -> None:
    root: dict[str, Any] = {"a": {}}
    root["a"]["b"] = [root["a"]]

    with pytest.raises(DocumentError, match="contains itself"):
        check_extent(root, "x")


def test_what_is_shared_counts_as_often_as_it_stands_there() -> None:
    value: Any = "x"
    for _ in range(40):
        value = [value, value]

    with pytest.raises(DocumentError, match="5,000,000 values"):
        check_extent({"a": value}, "x")


def test_sharing_is_fine() -> None:
    shared = {"type": "string"}

    check_extent({"a": shared, "b": [shared, shared]}, "x")
