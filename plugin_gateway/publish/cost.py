"""The cost of a text: an estimate of the tokens that a model needs to read it."""

from __future__ import annotations

_BYTES_PER_TOKEN = 4  # a rule of thumb for English and JSON, close enough to tell 500 tokens from 50,000


def estimate_tokens(size_bytes: int) -> int:
    """Estimate the number of tokens in a text of this size."""
    return -(-size_bytes // _BYTES_PER_TOKEN)
