from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from plugin_gateway.shape.values.keywords import _IS_VALID, is_pattern, is_valid

values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | st.sampled_from(["", "a", "(", "object"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=5,
)


@given(st.sampled_from(sorted(_IS_VALID)), values)
def test_a_valid_keyword_is_valid_by_the_metaschema(keyword: str, value: object) -> None:
    if is_valid(keyword, value):
        Draft202012Validator.check_schema({keyword: value})


@pytest.mark.parametrize("pattern", [r"^\d+$", "^[a-z](?:-[a-z])*$", "(?=a)a"])
def test_a_pattern_for_python_and_ecmascript_is_kept(pattern: str) -> None:
    assert is_pattern(pattern)


@pytest.mark.parametrize("pattern", [r"\p{L}", "(", "(?P<a>b)", "(?i)a", r"\Aa\Z", "a++", "a{2}+", "(?#a)", None, 1])
def test_a_pattern_that_only_python_or_only_ecmascript_reads_is_not_kept(pattern: str | int | None) -> None:
    assert not is_pattern(pattern)


@pytest.mark.parametrize("keyword", ["nullable", "x-note", "example", "$id", "discriminator"])
def test_a_word_of_another_vocabulary_is_no_keyword(keyword: str) -> None:
    assert not is_valid(keyword, True)
