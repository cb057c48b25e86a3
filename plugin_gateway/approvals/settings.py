"""The approval settings of gateway.yaml, compiled."""

from __future__ import annotations

import hashlib
import hmac

from plugin_gateway.discreet import Discreet


class ApprovalSettings(Discreet, frozen=True, kw_only=True):
    """How long approvals hold, and who may give them."""

    HIDDEN = ("key_hash", "store_url")

    expires_s: float = 600.0
    url: str = ""
    """The base of the links for approvers; empty for the address of the admin listener."""
    key_hash: bytes = b""
    """The SHA-256 of the key that an approver must show; empty if the admin listener asks for none."""
    idempotency_key: str = "declared"
    """When the gateway adds Idempotency-Key: `declared` by the operation, `always` or `never`."""

    store_url: str = ""
    """The Redis in which replicas share approvals; empty to keep them in this gateway's memory."""
    space: str = ""
    """A prefix for the approvals of this gateway, so that several gateways can share a store."""

    def admits(self, key: str) -> bool:
        """Whether this is the key of an approver, or no key is needed."""
        return not self.key_hash or hmac.compare_digest(hash_of(key), self.key_hash)


def hash_of(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="surrogateescape")).digest()


NO_SETTINGS = ApprovalSettings()
