"""A shortened text ends where a reader would end it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.publish.shorten import shorten


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("One two.", 8, "One two."),
        ("One two. Three four five.", 12, "One two.…"),
        ("One. Two three four five six seven.", 24, "One. Two three four…"),
        ("Version 1.2 of everything there is", 14, "Version 1.2…"),
        ("one two three", 8, "one two…"),
        ("one two three", 9, "one two…"),
        ("abcdefghij", 5, "abcd…"),
        ("One.\nTwo.\nThree", 10, "One.\nTwo.…"),
    ],
)
def test_a_text_is_cut_after_a_sentence_or_a_word(text: str, limit: int, expected: str) -> None:
    assert shorten(text, limit) == expected


@given(text=st.text(alphabet="ab. \n"), limit=st.integers(2, 30))
def test_a_shortened_text_fits_the_limit_and_is_a_beginning_of_the_text(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert text.startswith(short.removesuffix("…"))
    assert (short == text) == (len(text) <= limit)
