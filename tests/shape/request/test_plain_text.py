"""The expression for plain texts finds what it says, and never a text that ends a pair of a query."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.shape.request.plain_text import ANY_TEXT, NO_TEXT, SOME_TEXT, integer_between, one_of

NUMBERS = st.one_of(st.integers(-120, 120), st.integers(-(10**20), 10**20))


def finds(expression: bytes, text: bytes) -> bool:
    return re.fullmatch(expression, text) is not None


@given(NUMBERS, NUMBERS, st.data())
def test_an_integer_is_found_if_it_is_between_the_bounds(least: int, most: int, data: st.DataObject) -> None:
    expression = integer_between(least, most)
    near = st.sampled_from([least, most]).flatmap(lambda bound: st.integers(bound - 11, bound + 11))
    for number in (*data.draw(st.lists(st.one_of(near, NUMBERS))), least, most):
        assert finds(expression, b"%d" % number) == (least <= number <= most and abs(number) < 10**17)


@pytest.mark.parametrize(
    "text", [b"", b"-", b"-0", b"05", b"+5", b"5.0", b"5 ", b"5\n", b"%35", "\u0665".encode(), b"5&"]
)
def test_an_integer_that_is_spelled_otherwise_than_in_json_is_not_found(text: bytes) -> None:
    assert not finds(integer_between(-100, 100), text)


@given(st.lists(st.binary(max_size=4)), st.binary(max_size=4))
def test_words_are_found_unless_they_would_end_a_pair(words: list[bytes], other: bytes) -> None:
    expression = one_of(words)
    if expression:
        for text in (*words, other):
            assert finds(expression, text) == (text in words and b"&" not in text)


def test_many_words_have_no_expression() -> None:
    assert one_of(b"%d" % number for number in range(100)) == b""


@given(st.binary(max_size=6))
def test_plain_text_is_ascii_and_ends_no_pair(text: bytes) -> None:
    assert finds(SOME_TEXT, text) == (b"&" not in text)
    assert not finds(NO_TEXT, text)
    if finds(ANY_TEXT, text):
        assert text.isascii()
        assert b"&" not in text


def test_escapes_of_ascii_are_plain_text_and_others_are_not() -> None:
    assert finds(ANY_TEXT, b"a+b%20c%2Bd=e%7e")
    assert [finds(ANY_TEXT, text) for text in (b"%80", b"%C3%A4", b"%0A", b"%1", b"%zz", b"a b")] == [False] * 6
