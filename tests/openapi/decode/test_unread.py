import json
from typing import Any

import pytest

from plugin_gateway.openapi.decode.unread import Unread, holds_mapping, sketch


class Text(str):
    """JSON that was not read."""

    __slots__ = ()


class Counting:
    kind = Text

    def __init__(self) -> None:
        self.was_read: list[str] = []

    def is_mapping(self, text: Text) -> bool:
        return text.startswith("{")

    def read(self, text: Text) -> Any:
        self.was_read.append(str(text))
        return json.loads(text)

    def sketch(self, text: Text, fields: Any) -> Any:
        return {key: value for key, value in json.loads(text).items() if key in fields}


@pytest.fixture
def reader() -> Counting:
    return Counting()


@pytest.fixture
def mapping(reader: Counting) -> Unread:
    return Unread({"a": Text('{"x": 1, "y": 2}'), "b": Text("[3]"), "c": "read"}, reader)


def test_a_value_is_read_once_and_stays_the_same_object(mapping: Unread, reader: Counting) -> None:
    assert mapping["a"] == {"x": 1, "y": 2}
    assert mapping["a"] is mapping.get("a")
    assert mapping.get("d") is None
    assert mapping.get("d", 1) == 1
    assert reader.was_read == ['{"x": 1, "y": 2}']


def test_keys_length_and_kinds_need_no_reading(mapping: Unread, reader: Counting) -> None:
    assert list(mapping) == ["a", "b", "c"]
    assert len(mapping) == 3
    assert "a" in mapping
    assert holds_mapping(mapping, "a")
    assert not holds_mapping(mapping, "b")
    assert not holds_mapping(mapping, "c")
    assert sketch(mapping, "a", {"x"}) == {"x": 1}
    assert reader.was_read == []


@pytest.mark.parametrize(
    "take",
    [dict, lambda mapping: {**mapping}, lambda mapping: dict(mapping.items())],
    ids=["dict", "unpacking", "items"],
)
def test_a_copy_has_the_values_and_not_the_texts(mapping: Unread, take: Any) -> None:
    assert take(mapping) == {"a": {"x": 1, "y": 2}, "b": [3], "c": "read"}
    assert list(mapping.values()) == [{"x": 1, "y": 2}, [3], "read"]


def test_an_unread_mapping_equals_a_dict_of_the_same_values(mapping: Unread) -> None:
    assert mapping == {"a": {"x": 1, "y": 2}, "b": [3], "c": "read"}


def test_the_sketch_of_a_decoded_value_is_the_whole_value(mapping: Unread) -> None:
    value = mapping["a"]

    assert sketch(mapping, "a", {"x"}) is value
    assert holds_mapping(mapping, "a")
    assert sketch({"a": 1}, "a", {"x"}) == 1
    assert holds_mapping({"a": {}}, "a")


def test_an_unread_copy_decodes_nothing_and_changes_independently(mapping: Unread, reader: Counting) -> None:
    copied = mapping.copy_unread()

    copied["c"] = "changed"

    assert reader.was_read == []
    assert (mapping["c"], copied["c"], copied["a"]) == ("read", "changed", {"x": 1, "y": 2})
