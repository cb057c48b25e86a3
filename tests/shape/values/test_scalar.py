from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.shape.values.scalar import (
    UnwritableError,
    escape,
    escape_but_reserved,
    escape_but_reserved_in_path,
    escape_octets,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", ""),
        ("a b", "a b"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-7, "-7"),
        (2**70, "1180591620717411303424"),
        (1.0, "1"),
        (-0.0, "0"),
        (1e3, "1000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (0.1, "0.1"),
        (1e-7, "1e-07"),
    ],
)
def test_a_scalar_is_spelled_as_json_spells_it(value: object, text: str) -> None:
    assert plain(value) == text


@pytest.mark.parametrize(
    "value", [None, [], {}, b"a", float("nan"), float("inf"), float("-inf"), pytest.param(10**5000, id="digits")]
)
def test_a_value_that_is_no_finite_scalar_is_refused(value: object) -> None:
    with pytest.raises(UnwritableError):
        plain(value)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_only_unreserved_characters_stay_and_decoding_gives_the_text_back(text: str) -> None:
    escaped = escape(text)

    assert escaped.isascii()
    assert not set(escaped) & set(":/?#[]@!$&'()*+,;= \"<>\\^`{|}")
    assert unquote(escaped) == text


def test_reserved_characters_stay_unless_they_end_a_name_or_a_value() -> None:
    assert escape_but_reserved(":/?#[]@!$&'()*+,;= %41%4") == ":/?%23[]@!$%26'()*%2B,%3B=%20%41%254"


def test_in_a_path_the_characters_that_end_a_segment_do_not_stay() -> None:
    assert escape_but_reserved_in_path(":/?#[]@!$&'()*+,;=é") == ":%2F%3F%23%5B%5D@!$&'()*%2B,%3B=%C3%A9"


@pytest.mark.parametrize("text", ["a\x00", "\x1b[0m", "\x7f", "\ud800", "a\udfff"])
@pytest.mark.parametrize("escaped", [escape, escape_but_reserved, escape_but_reserved_in_path])
def test_control_characters_and_halves_of_surrogate_pairs_are_refused(escaped: Callable[..., Any], text: str) -> None:
    with pytest.raises(UnwritableError):
        escaped(text)


def test_text_may_have_several_lines() -> None:
    assert escape("a\r\n\tb") == "a%0D%0A%09b"


def test_octets_need_not_be_text() -> None:
    assert escape_octets(b"a\xff\x00") == "a%FF%00"
