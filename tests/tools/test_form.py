from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plugin_gateway.shape.values.scalar import UnwritableError
from plugin_gateway.tools.form import form_pairs
from plugin_gateway.tools.tool import Encoding

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject


@pytest.mark.parametrize(
    ("value", "encoding", "pairs"),
    [
        ("a b&c", {}, ["f%5B%5D=a%20b%26c"]),
        ([1, None, 2], {}, ["f%5B%5D=1", "f%5B%5D=2"]),
        ([1, 2], {"explode": False}, ["f%5B%5D=1,2"]),
        ([1, 2], {"explode": False, "style": "pipeDelimited"}, ["f%5B%5D=1%7C2"]),
        ({"a": 1}, {}, ["a=1"]),
        ({"a": 1}, {"style": "deepObject"}, ["f%5B%5D%5Ba%5D=1"]),
        ({"a": 1}, {"style": "", "media_type": "application/json"}, ["f%5B%5D=%7B%22a%22%3A1%7D"]),
        ([1], {"style": "", "media_type": "application/json"}, ["f%5B%5D=%5B1%5D"]),
        ([1, "b"], {"style": "", "media_type": "text/plain"}, ["f%5B%5D=1", "f%5B%5D=b"]),
        ("a/b&c", {"allow_reserved": True}, ["f%5B%5D=a/b%26c"]),
        ("/wA=", {"is_binary": True}, ["f%5B%5D=%FF%00"]),
        ("", {}, ["f%5B%5D="]),
    ],
)
def test_a_field_is_written_as_its_encoding_says(value: object, encoding: JsonObject, pairs: list[str]) -> None:
    assert form_pairs("f[]", value, Encoding(**encoding)) == pairs


def test_a_file_that_is_not_base64_is_refused() -> None:
    with pytest.raises(UnwritableError):
        form_pairs("f", "*", Encoding(is_binary=True))


@pytest.mark.parametrize(("name", "value"), [("f" * 257, "a"), ("f", ["a"] * 10_001)], ids=["name", "list"])
@pytest.mark.parametrize("encoding", [{}, {"style": ""}, {"is_binary": True}], ids=["style", "type", "file"])
def test_a_field_that_would_take_much_more_memory_than_its_json_is_refused(
    name: str, value: str | list[str], encoding: JsonObject
) -> None:
    with pytest.raises(UnwritableError):
        form_pairs(name, value, Encoding(**encoding))
