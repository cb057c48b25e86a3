"""The issuer's keys: found by discovery, cached, and fetched again when a token names an unknown key."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from plugin_gateway.callers import provider as providers
from plugin_gateway.callers.provider import ProviderError
from plugin_gateway.callers.signing_key import BadKey, SigningKey, read_key
from plugin_gateway.telemetry.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.callers.provider import Provider

REFRESH_S: Final = 3600.0
"""How long keys are used before they are fetched again: a key that the issuer withdraws is dropped within the hour."""
RETRY_S: Final = 10.0
"""The shortest time between two fetches: tokens with made-up key ids must not cause requests to the issuer."""
FIRST_BACK_OFF_S: Final = 2.0
MAX_BACK_OFF_S: Final = 60.0
"""The longest pause after a failed fetch; each failure doubles the pause."""
_MAX_KEYS: Final = 100
_MAX_CANDIDATES: Final = 4
_MAX_REPORTED: Final = 100
_MAX_SHOWN: Final = 64

_logger = logging.getLogger("plugin_gateway.keys")


class IssuerKeys:
    """The public keys of one issuer."""

    def __init__(self, issuer: str, provider: Provider, clock: Callable[[], float] = monotonic) -> None:
        self._issuer = issuer
        self._provider = provider
        self._clock = clock
        self._keys: tuple[SigningKey, ...] = ()
        self._fetched_at = -REFRESH_S
        self._next_try_at = 0.0
        self._back_off_s = 0.0
        self._turn = asyncio.Lock()
        self._reported: set[tuple[str, str]] = set()
        self._outage = Outage(f"The issuer {issuer}")

    def get(self, key_id: str | None, algorithm: str) -> tuple[SigningKey, ...]:
        """Return the cached keys with this id for this algorithm.

        Ids are unique by convention only (RFC 7517, 4.5), so several keys may fit. A token without an id fits if exactly one
        key verifies its algorithm.
        """
        if self._clock() - self._fetched_at > 2 * REFRESH_S:
            return ()
        fitting = [key for key in self._keys if algorithm in key.algorithms]
        if key_id is None:
            return tuple(fitting) if len(fitting) == 1 else ()
        return tuple(key for key in fitting if key.key_id == key_id)[:_MAX_CANDIDATES]

    async def find(self, key_id: str | None, algorithm: str) -> tuple[SigningKey, ...]:
        """Return the keys as `get` does.

        If no key fits or the keys are stale, fetch them first, but not again within `RETRY_S`.

        Raises:
            ProviderError: the keys cannot be fetched, or could not be a moment ago.
        """
        found = self.get(key_id, algorithm)
        if found and not self._is_stale:
            return found
        async with self._turn:
            found = self.get(key_id, algorithm)
            if (not found or self._is_stale) and self._clock() >= self._next_try_at:
                try:
                    await self._refresh()
                except ProviderError:
                    # While the issuer is down, the keys we have are still good.
                    if not found:
                        raise
            elif not found and self._back_off_s:
                raise ProviderError("the issuer's keys could not be fetched a moment ago")
        return self.get(key_id, algorithm)

    @property
    def _is_stale(self) -> bool:
        return self._clock() - self._fetched_at > REFRESH_S

    async def _refresh(self) -> None:
        # Set before the fetch: if it fails, the calls that wait must not each try again.
        self._back_off_s = min(MAX_BACK_OFF_S, 2 * self._back_off_s or FIRST_BACK_OFF_S)
        self._next_try_at = self._clock() + self._back_off_s
        try:
            try:
                # One timeout covers all requests, because a caller waits for them.
                async with asyncio.timeout(providers.TIMEOUT_S):
                    published = await self._fetch()
            except TimeoutError:
                raise ProviderError("its keys did not arrive in time") from None
            self._keep(published)
        except ProviderError as error:
            self._outage.failed(str(error))
            raise
        self._outage.answered()
        self._back_off_s = 0.0
        self._fetched_at = self._clock()
        self._next_try_at = self._fetched_at + RETRY_S

    async def _fetch(self) -> list[Any]:
        where = await self._discover()
        published = (await self._provider.get_json(where)).get("keys")
        if not isinstance(published, list):
            raise ProviderError(
                "its jwks_uri does not return a JSON Web Key Set (RFC 7517): there is no list of `keys`"
            )
        return published

    def _keep(self, published: list[Any]) -> None:
        self._keys = self._read(published)
        if published and not self._keys:
            raise ProviderError(f"the gateway can use no key among its {len(published)} keys")

    def _read(self, published: list[Any]) -> tuple[SigningKey, ...]:
        keys: list[SigningKey] = []
        for position, described in enumerate(published[:_MAX_KEYS]):
            key = read_key(described)
            if isinstance(key, SigningKey):
                keys.append(key)
            elif not key.is_expected:
                self._tell(position, described, key)
        return tuple(keys)

    def _tell(self, position: int, described: Any, bad: BadKey) -> None:
        named = described.get("kid") if isinstance(described, dict) else None
        shown = ascii(named[:_MAX_SHOWN]) if isinstance(named, str) else f"number {position}"
        if (shown, bad.reason) in self._reported or len(self._reported) >= _MAX_REPORTED:
            return
        self._reported.add((shown, bad.reason))
        _logger.warning(
            "The gateway does not use the key %s of the issuer %s: %s",
            shown,
            self._issuer,
            bad.reason,
            extra={"event": "key-not-used", "issuer": self._issuer, "key": shown, "why": bad.reason},
        )

    async def _discover(self) -> str:
        """Find the URL of the key set. The metadata must name exactly the configured issuer (RFC 8414, 3.3)."""
        url = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            metadata = await self._provider.get_json(url)
        except ProviderError:
            parts = urlsplit(self._issuer)
            metadata = await self._provider.get_json(
                f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path.rstrip('/')}"
            )
        if metadata.get("issuer") != self._issuer:
            raise ProviderError("its metadata names another issuer")
        where = metadata.get("jwks_uri")
        # Over plain HTTP, anyone on the network path could replace the keys.
        if not isinstance(where, str) or not (
            where.startswith("https://") or (where.startswith("http://") and self._issuer.startswith("http://"))
        ):
            raise ProviderError("its metadata has no usable jwks_uri")
        return where
