from typing import Any

import pytest

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.extent import MAX_DEPTH, check_extent


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def test_the_greatest_allowed_depth_is_accepted() -> None:
    check_extent(nested(MAX_DEPTH), "x")


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 5_000])
def test_a_deeper_value_is_refused(levels: int) -> None:
    with pytest.raises(DocumentError, match="nested deeper"):
        check_extent(nested(levels), "x")


def test_depth_is_counted_through_shared_values() -> None:
    shared = nested(MAX_DEPTH - 10)
    deep: Any = shared
    for _ in range(20):
        deep = [deep]

    with pytest.raises(DocumentError, match="nested deeper"):
        check_extent({"shallow": shared, "deep": deep}, "x")


def test_a_value_that_contains_itself_is_refused() -> None:
    root: dict[str, Any] = {"a": {}}
    root["a"]["b"] = [root["a"]]

    with pytest.raises(DocumentError, match="contains itself"):
        check_extent(root, "x")


def test_a_shared_value_counts_at_each_of_its_places() -> None:
    value: Any = "x"
    for _ in range(40):
        value = [value, value]

    with pytest.raises(DocumentError, match="5,000,000 values"):
        check_extent({"a": value}, "x")


def test_shared_values_are_accepted() -> None:
    shared = {"type": "string"}

    check_extent({"a": shared, "b": [shared, shared]}, "x")
