from typing import Any

import pytest

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.extent import MAX_DEPTH, check_extent


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
