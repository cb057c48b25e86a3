"""The cost of a text to a model."""

from __future__ import annotations

import pytest

from plugin_gateway.publish.cost import estimate_tokens


@pytest.mark.parametrize(("size_bytes", "tokens"), [(0, 0), (1, 1), (4, 1), (5, 2), (4000, 1000)])
def test_four_bytes_are_a_token_and_a_started_one_counts(size_bytes: int, tokens: int) -> None:
    assert estimate_tokens(size_bytes) == tokens
