from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.shape.values.json_text import json_ascii, json_octets
from plugin_gateway.shape.values.scalar import UnwritableError

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
FLAT = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=4), SCALARS, max_size=3)
VALUES = FLAT | st.lists(FLAT, max_size=3) | st.dictionaries(st.text(max_size=4), FLAT, max_size=3)


@given(VALUES)
def test_a_value_comes_back_from_its_json(value: object) -> None:
    try:
        octets = json_octets(value)
    except UnwritableError:
        with pytest.raises(UnicodeEncodeError):
            json.dumps(value, ensure_ascii=False).encode()
        return

    assert json.loads(octets) == value
    assert json.loads(json_ascii(value)) == value
    assert json_ascii(value).isascii()
    assert json_ascii(value).isprintable()


def test_text_in_ascii_has_no_control_character() -> None:
    assert json_ascii("a\x7f\n") == '"a\\u007f\\n"'


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_integers_of_any_size_and_deep_values_are_json() -> None:
    assert json_octets([2**64, -(10**30)]) == b"[18446744073709551616,-1000000000000000000000000000000]"
    assert json_octets(nested(300)) == b"[" * 301 + b"]" * 301


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        [float("inf")],
        {"a": None, "b": float("nan")},
        "\ud800",
        {"\ud800": 1},
        pytest.param(nested(100_000), id="levels"),
        pytest.param(10**5000, id="digits"),
        object(),
    ],
)
def test_a_value_without_json_is_refused(value: Any) -> None:
    with pytest.raises(UnwritableError):
        json_octets(value)
