import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.text.plain_scalar import plain_value
from tests.narrow import as_a


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(text, text) for text in ("on", "off", "yes", "No", "y", "tRUE", "nULL", "1_000", "12:30:45", "2024-01-31")],
        *[
            (text, text)
            for text in ("0b11", "-0x1f", "0o8", "0xg", "1e", "e5", "1.2.3", "+", "-x", ".", "..", "=", "inf")
        ],
        *[(text, None) for text in ("", "~", "null", "Null", "NULL")],
        *[(text, True) for text in ("true", "True", "TRUE")],
        *[(text, False) for text in ("false", "False", "FALSE")],
        ("012", 12),
        ("-0", 0),
        ("+7", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("-9223372036854776000", -9223372036854776000),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("1e3", 1000.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5E+2", -150.0),
    ],
)
def test_a_plain_text_means_what_the_core_schema_says(text: str, value: Any) -> None:
    found = plain_value(text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", [".inf", "-.INF", "+.Inf", ".nan", "1e999", "-1e999", "9" * 400, "0x" + "f" * 400])
def test_a_number_that_json_cannot_say_is_infinite(text: str) -> None:
    assert abs(as_a(float, plain_value(text))) == math.inf


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.booleans() | st.none())
def test_a_value_that_yaml_writes_is_read_back(value: Any) -> None:
    [text] = [token.value for token in yaml.scan(yaml.safe_dump(value)) if isinstance(token, yaml.ScalarToken)]

    assert plain_value(text) == value


@given(st.text())
def test_a_text_stays_or_becomes_a_value_of_json(text: str) -> None:
    found = plain_value(text)

    assert found is text or found is None or isinstance(found, (bool, int, float))
