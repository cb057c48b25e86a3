"""The authenticator: from the values of Authorization fields to an identity or a refusal, at once where it is known.

One per worker. What needs no waiting (a configured token, a verdict that is remembered) is a lookup; everything else is
one shared task per credential, however many calls wait for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from time import time
from typing import TYPE_CHECKING, Final

from plugin_gateway.identity.access_token import TokenFault, read_head, verify_token
from plugin_gateway.identity.cache import VerdictCache
from plugin_gateway.identity.introspection import introspect
from plugin_gateway.identity.keys import IssuerKeys
from plugin_gateway.identity.presented import read_presented
from plugin_gateway.identity.provider import Provider, ProviderError
from plugin_gateway.policy.consumers import Identity
from plugin_gateway.policy.refusal import Refusal
from plugin_gateway.policy.users import DECOY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from plugin_gateway.policy.authentication import Authentication, IntrospectionSettings, JwtSettings
    from plugin_gateway.policy.users import Users

REFUSAL_CACHE_S: Final = 5.0
"""How long a no is remembered: long enough for a client that tries again at once, short enough for one just let in."""
PASSWORD_CACHE_S: Final = 300.0
MAX_VERIFYING: Final = 256
"""Credentials that are looked into at the same time; beyond that, strangers wait outside."""

UNAVAILABLE: Final = Refusal(
    status=503,
    code="verification-unavailable",
    detail="Whether the credential is good cannot be found out at the moment.",
    hint="Try again shortly.",
    headers=((b"Retry-After", b"2"),),
)


class Authenticator:
    """Judges client credentials by one `Authentication`, with what it has learnt about them so far."""

    def __init__(
        self, authentication: Authentication, provider: Provider | None = None, clock: Callable[[], float] = time
    ) -> None:
        """Make ready. `clock` is seconds since the epoch."""
        self.authentication = authentication
        self._provider = provider or Provider()
        self._clock = clock
        self._verdicts: VerdictCache[Identity | Refusal] = VerdictCache()
        self._verifying: dict[bytes, asyncio.Task[Identity | Refusal]] = {}
        self._passwords = asyncio.Semaphore(1)
        jwt = authentication.jwt
        self._keys = IssuerKeys(jwt.issuer, self._provider) if jwt is not None else None

    def identify(self, values: Sequence[bytes]) -> Identity | Refusal | Awaitable[Identity | Refusal]:
        """Judge the values of all Authorization fields of a request."""
        authentication = self.authentication
        presented = read_presented(values, authentication)
        if isinstance(presented, Refusal):
            return presented
        if authentication.is_passthrough:
            return Identity()
        digest = hashlib.sha256(presented).digest()
        if authentication.tokens:
            return self._listed(digest)
        verdict = self._verdicts.get(digest, self._clock())
        if verdict is not None:
            return verdict
        users = authentication.users
        if users is not None and authentication.scheme == b"bearer":
            return self._user(users.tokens.get(digest))
        return self._shared(digest, presented)

    async def close(self) -> None:
        """Finish what callers wait for, then close the connections to the provider."""
        await asyncio.gather(*self._verifying.values(), return_exceptions=True)
        await self._provider.close()

    def _listed(self, digest: bytes) -> Identity | Refusal:
        # A hash is looked up, not the token: how long that takes tells of the hash, from which no token can be grown.
        name = self.authentication.tokens.get(digest)
        return self._unknown() if name is None else Identity(token=name, is_listed=True)

    def _user(self, name: str | None) -> Identity | Refusal:
        return self._unknown() if name is None else Identity(user=name, is_listed=True)

    def _unknown(self) -> Refusal:
        return self.authentication.refuse("invalid-credential", "The credential is not good.")

    def _shared(self, digest: bytes, presented: bytes) -> Refusal | Awaitable[Identity | Refusal]:
        task = self._verifying.get(digest)
        if task is None:
            if len(self._verifying) >= MAX_VERIFYING:
                return UNAVAILABLE
            task = asyncio.get_running_loop().create_task(self._verify(digest, presented))
            self._verifying[digest] = task
            task.add_done_callback(lambda _: self._verifying.pop(digest, None))
        # A caller who hangs up must not take the verdict away from the others who wait for it.
        return asyncio.shield(task)

    async def _verify(self, digest: bytes, presented: bytes) -> Identity | Refusal:
        authentication = self.authentication
        verdict: Identity | Refusal | TokenFault
        try:
            if authentication.users is not None:
                verdict = await self._verify_password(authentication.users, presented)
            elif authentication.introspection is not None:
                verdict = await self._introspect(authentication.introspection, presented)
            elif authentication.jwt is not None and self._keys is not None:
                verdict = await self._verify_jwt(authentication.jwt, self._keys, presented)
            else:
                verdict = self._unknown()
        except ProviderError:
            return UNAVAILABLE
        now = self._clock()
        if isinstance(verdict, TokenFault):
            verdict = authentication.refuse(*verdict)
        elif isinstance(verdict, Identity) and not authentication.required_scopes <= verdict.scopes:
            verdict = authentication.refuse_scope()
        until = verdict.good_until if isinstance(verdict, Identity) else now + REFUSAL_CACHE_S
        self._verdicts.put(digest, verdict, until=until)
        return verdict

    async def _verify_password(self, users: Users, presented: bytes) -> Identity | Refusal:
        name, _, password = presented.decode().partition(":")
        token_of = users.tokens.get(hashlib.sha256(password.encode()).digest())
        if token_of is not None:
            is_good = hmac.compare_digest(token_of.encode(), name.encode())
        else:
            known = users.passwords.get(name)
            # One at a time: guesses must not take the processor from calls that are let in already.
            async with self._passwords:
                is_good = await asyncio.to_thread((known or DECOY).verify, password.encode()) and known is not None
        if not is_good:
            return self._unknown()
        return Identity(user=name, is_listed=True, good_until=self._clock() + PASSWORD_CACHE_S)

    async def _introspect(self, settings: IntrospectionSettings, presented: bytes) -> Identity | TokenFault:
        return await introspect(presented, self.authentication, settings, self._provider, self._clock())

    async def _verify_jwt(self, settings: JwtSettings, keys: IssuerKeys, presented: bytes) -> Identity | TokenFault:
        head = read_head(presented, settings)
        if isinstance(head, TokenFault):
            return head
        key = await keys.find(head.key_id)
        if key is None:
            return TokenFault(
                "invalid-credential", "The access token is signed by a key that the issuer does not have."
            )
        return verify_token(presented, head, key, settings, self._clock())
