"""The cost of a text to a model, in tokens, roughly."""

from __future__ import annotations

_BYTES_PER_TOKEN = 4  # a rule of thumb for English and JSON; close enough to tell 500 tokens from 50,000


def estimate_tokens(size_bytes: int) -> int:
    """Estimate how many tokens that many bytes of text take."""
    return -(-size_bytes // _BYTES_PER_TOKEN)
