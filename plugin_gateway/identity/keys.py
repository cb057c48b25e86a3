"""The issuer's keys: found by discovery, kept, and fetched again when a token names one that is not among them."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from plugin_gateway.identity.provider import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwt import PyJWK

    from plugin_gateway.identity.provider import Provider

REFRESH_S: Final = 3600.0
"""How long keys are used before they are fetched again: a key that the issuer withdrew is out within the hour."""
RETRY_S: Final = 10.0
"""How long at least between two fetches: tokens with made-up key ids must not become requests to the issuer."""
_MAX_KEYS: Final = 100
_SIGNING_TYPES: Final = frozenset({"RSA", "EC", "OKP"})
"""Never `oct`: a symmetric key that is public signs anything for anybody (RFC 8725, 2.1)."""


class IssuerKeys:
    """The public keys of one issuer."""

    def __init__(self, issuer: str, provider: Provider, clock: Callable[[], float] = monotonic) -> None:
        self._issuer = issuer
        self._provider = provider
        self._clock = clock
        self._by_id: dict[str, PyJWK] = {}
        self._fetched_at = -REFRESH_S
        self._tried_at = -RETRY_S
        self._turn = asyncio.Lock()

    def get(self, key_id: str | None) -> PyJWK | None:
        """Return a key that is at hand and fresh; a token without an id means the only key there is."""
        if self._clock() - self._fetched_at > 2 * REFRESH_S:
            return None
        if key_id is None:
            return next(iter(self._by_id.values())) if len(self._by_id) == 1 else None
        return self._by_id.get(key_id)

    async def find(self, key_id: str | None) -> PyJWK | None:
        """Return a key, fetching all of them where it is not at hand and they were not fetched just now.

        Raises:
            ProviderError: they cannot be fetched.
        """
        is_stale = self._clock() - self._fetched_at > REFRESH_S
        key = self.get(key_id)
        if key is not None and not is_stale:
            return key
        async with self._turn:
            key = self.get(key_id)
            is_stale = self._clock() - self._fetched_at > REFRESH_S
            if (key is None or is_stale) and self._clock() - self._tried_at >= RETRY_S:
                self._tried_at = self._clock()
                try:
                    await self._fetch()
                except ProviderError:
                    # An issuer that is away for a while does not make the keys we have worse.
                    if key is None:
                        raise
            elif key is None and not self._by_id:
                raise ProviderError("the issuer's keys could not be fetched a moment ago")
        return self.get(key_id)

    async def _fetch(self) -> None:
        from jwt import PyJWK  # noqa: PLC0415  # an extra
        from jwt.exceptions import PyJWTError  # noqa: PLC0415  # likewise

        found = await self._discover()
        published = await self._provider.get_json(found)
        by_id: dict[str, PyJWK] = {}
        listed = published.get("keys")
        for position, described in enumerate(listed[:_MAX_KEYS] if isinstance(listed, list) else ()):
            if not _is_for_signatures(described):
                continue
            try:
                key = PyJWK.from_dict(described)
            except PyJWTError:
                # One that we cannot read, of a kind we would not take anyway; the others are none the worse.
                continue
            by_id[str(described.get("kid", f"#{position}"))] = key
        self._by_id = by_id
        self._fetched_at = self._clock()

    async def _discover(self) -> str:
        """RFC 8414, 3.3: the metadata must name the very issuer it was asked for, or it is somebody else's."""
        url = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            metadata = await self._provider.get_json(url)
        except ProviderError:
            parts = urlsplit(self._issuer)
            metadata = await self._provider.get_json(
                f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path.rstrip('/')}"
            )
        if metadata.get("issuer") != self._issuer:
            raise ProviderError("the discovered metadata names another issuer")
        where = metadata.get("jwks_uri")
        # Keys fetched in the clear are whose keys anybody on the way likes.
        if not isinstance(where, str) or not (
            where.startswith("https://") or (where.startswith("http://") and self._issuer.startswith("http://"))
        ):
            raise ProviderError("the discovered metadata has no usable jwks_uri")
        return where


def _is_for_signatures(described: Any) -> bool:
    return (
        isinstance(described, dict) and described.get("kty") in _SIGNING_TYPES and described.get("use", "sig") == "sig"
    )
