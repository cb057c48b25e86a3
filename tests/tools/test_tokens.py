from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.tools.tokens import estimate_tokens, tokens_of_size


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ('{"type":"object","properties":{"enabled":{"type":"boolean"}},"required":["enabled"]}', 19),
        ("Three-letter ISO currency code, in lowercase. Must be a supported currency.", 15),
        ('{"enum":["auto","required"],"type":"string","maxLength":5000}', 18),
    ],
)
def test_an_estimate_is_near_the_count_of_a_tokenizer(text: str, counted: int) -> None:
    """The counts are those of tiktoken's o200k_base."""
    assert abs(estimate_tokens(text.encode()) - counted) <= 0.3 * counted


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_a_longer_text_costs_more_or_the_same(first: bytes, second: bytes) -> None:
    assert estimate_tokens(first) <= estimate_tokens(first + b" " + second)


@pytest.mark.parametrize(("size_bytes", "tokens"), [(0, 0), (1, 1), (4, 1), (5, 2), (4000, 1000)])
def test_four_bytes_are_a_token_and_a_started_one_counts(size_bytes: int, tokens: int) -> None:
    assert tokens_of_size(size_bytes) == tokens
