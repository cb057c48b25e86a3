"""A link: the last part of the URL of an approval's page. It is signed: an id, which logs show, must not open the page.

The signature is made with a key that only this process has. So an id from a log leads to no page.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Final

_SIGNATURE_BYTES: Final = 18


class LinkSigner:
    """Signs ids, and reads them back."""

    def __init__(self, key: bytes = b"") -> None:
        self._key = key or secrets.token_bytes(32)

    def token_of(self, id_: str) -> str:
        """Return the id with its signature, in letters that need no escape in a URL."""
        return f"{id_}.{self._signature(id_)}"

    def id_of(self, token: str) -> str:
        """Return the id in a token of this process; empty if the signature is wrong."""
        id_, _, signature = token.rpartition(".")
        is_ours = hmac.compare_digest(signature.encode(errors="replace"), self._signature(id_).encode())
        return id_ if is_ours else ""

    def _signature(self, id_: str) -> str:
        digest = hmac.digest(self._key, b"approve " + id_.encode(errors="replace"), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode()
