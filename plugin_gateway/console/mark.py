"""A mark: which content of gateway.yaml an edit began with.

The file may contain secrets. A plain hash of it would let a reader test guesses, so each run of the gateway hashes with another
key.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final

KEY_BYTES: Final = 32


def mark_of(content: bytes, key: bytes) -> str:
    """Return the HMAC-SHA256 of a content, in hexadecimal digits."""
    return hmac.digest(key, content, sha256).hex()
