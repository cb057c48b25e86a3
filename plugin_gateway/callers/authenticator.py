"""The authenticator: from the values of Authorization fields to an identity or a refusal, at once where it is known.

One per worker. What needs no waiting (a configured token, a verdict that is remembered) is a lookup; everything else is
one shared task per credential, however many calls wait for it. Strangers cannot crowd out callers: a yes and a no are
remembered apart, each client address has its share of what is looked into, and a budget of credentials that turn out bad.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from time import time
from typing import TYPE_CHECKING, Final, assert_never

from plugin_gateway.callers.access_token import BadToken, read_head, verify_token
from plugin_gateway.callers.authentication import IntrospectionSettings, JwtSettings, LeftToUpstream, ListedTokens
from plugin_gateway.callers.cache import VerdictCache
from plugin_gateway.callers.consumers import Identity
from plugin_gateway.callers.introspection import introspect
from plugin_gateway.callers.keys import IssuerKeys
from plugin_gateway.callers.presented import read_presented
from plugin_gateway.callers.provider import Provider, ProviderError
from plugin_gateway.callers.strangers import Strangers, share_of, too_many_bad
from plugin_gateway.callers.turns import BusyError, Turns
from plugin_gateway.callers.users import DECOY, Users
from plugin_gateway.refusal import Refusal
from plugin_gateway.telemetry.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from plugin_gateway.callers.authentication import Authentication

REFUSAL_CACHE_S: Final = 5.0
"""How long a no is remembered: long enough for a client that tries again at once, short enough for one just let in."""
PASSWORD_CACHE_S: Final = 300.0
QUESTIONS_AT_ONCE: Final = 20
"""As many as the provider is given connections."""
FIRST_BACK_OFF_S: Final = 0.25
MAX_BACK_OFF_S: Final = 2.0
"""How long an introspection endpoint that failed is left alone, twice as long each time: calls must not queue behind its timeout."""
PASSWORDS_AT_ONCE: Final = 1
"""Guesses must not take the processor from calls that are let in already."""

UNAVAILABLE: Final = Refusal(
    status=503,
    code="verification-unavailable",
    detail="Whether the credential is good cannot be found out at the moment.",
    hint="Try again shortly.",
    headers=((b"Retry-After", b"2"),),
)

_logger = logging.getLogger("plugin_gateway.callers")


class Authenticator:
    """Judges client credentials by one `Authentication`, with what it has learnt about them so far."""

    def __init__(
        self, authentication: Authentication, provider: Provider | None = None, clock: Callable[[], float] = time
    ) -> None:
        """Make ready. `clock` is seconds since the epoch."""
        self.authentication = authentication
        self._provider = provider or Provider()
        self._clock = clock
        self._good: VerdictCache[Identity] = VerdictCache()
        self._bad: VerdictCache[Refusal] = VerdictCache()
        self._verifying: dict[bytes, asyncio.Task[Identity | Refusal]] = {}
        judge = self._judge = authentication.judge
        self._turns = Turns(PASSWORDS_AT_ONCE if isinstance(judge, Users) else QUESTIONS_AT_ONCE)
        self.strangers = Strangers(authentication.bad_credentials, clock)
        place = judge.url.partition("?")[0] if isinstance(judge, IntrospectionSettings) else ""
        self._outage = Outage(f"The introspection endpoint {place}")
        self._back_off_s = 0.0
        self._away_until = 0.0
        self._keys = IssuerKeys(judge.issuer if isinstance(judge, JwtSettings) else "", self._provider)
        # A signed token costs no question and no 40 ms, so one that is not good uses up no budget.
        self._has_budget = not isinstance(judge, JwtSettings)

    def identify(
        self, values: Sequence[bytes], address: str = ""
    ) -> Identity | Refusal | Awaitable[Identity | Refusal]:
        """Judge the values of all Authorization fields of a request that came from a client address."""
        presented = read_presented(values, self.authentication)
        if isinstance(presented, Refusal):
            return presented
        judge = self._judge
        if isinstance(judge, LeftToUpstream):
            return Identity()
        digest = hashlib.sha256(presented).digest()
        if isinstance(judge, ListedTokens):
            return self._listed(judge, digest)
        now = self._clock()
        verdict = self._good.get(digest, now) or self._bad.get(digest, now)
        if verdict is not None:
            return verdict
        if isinstance(judge, Users) and self.authentication.scheme == b"bearer":
            return self._user(judge.tokens.get(digest))
        return self._shared(digest, presented, share_of(address))

    async def close(self) -> None:
        """Finish what callers wait for, then close the connections to the provider."""
        await asyncio.gather(*self._verifying.values(), return_exceptions=True)
        await self._provider.close()

    def _wait_s(self, share: str) -> float:
        return self.strangers.wait_s(share) if self._has_budget else 0.0

    @property
    def _is_away(self) -> bool:
        # A clock that is set back must not make it any longer.
        return 0 < self._away_until - self._clock() <= MAX_BACK_OFF_S

    def _listed(self, listed: ListedTokens, digest: bytes) -> Identity | Refusal:
        # A hash is looked up, not the token: how long that takes tells of the hash, from which no token can be grown.
        name = listed.names.get(digest)
        return self._unknown() if name is None else Identity(token=name, is_listed=True)

    def _user(self, name: str | None) -> Identity | Refusal:
        return self._unknown() if name is None else Identity(user=name, is_listed=True)

    def _unknown(self) -> Refusal:
        return self.authentication.refuse("invalid-credential", "The credential is not good.")

    def _shared(self, digest: bytes, presented: bytes, share: str) -> Refusal | Awaitable[Identity | Refusal]:
        task = self._verifying.get(digest)
        if task is None:
            wait_s = self._wait_s(share)
            if wait_s:
                return too_many_bad(wait_s)
            task = asyncio.get_running_loop().create_task(self._verify_in_turn(digest, presented, share))
            self._verifying[digest] = task
            task.add_done_callback(lambda _: self._verifying.pop(digest, None))
        # A caller who hangs up must not take the verdict away from the others who wait for it.
        return asyncio.shield(task)

    async def _verify_in_turn(self, digest: bytes, presented: bytes, share: str) -> Identity | Refusal:
        try:
            await self._turns.take(share)
        except BusyError:
            return UNAVAILABLE
        try:
            wait_s = self._wait_s(share)
            return too_many_bad(wait_s) if wait_s else await self._verify(digest, presented, share)
        except ProviderError:
            return UNAVAILABLE
        except Exception:
            # Callers wait for an answer; a fault of ours must be one, at once.
            _logger.exception("A credential could not be looked into")
            return UNAVAILABLE
        finally:
            self._turns.give_back()

    async def _verify(self, digest: bytes, presented: bytes, share: str) -> Identity | Refusal:
        authentication = self.authentication
        verdict: Identity | Refusal | BadToken
        match self._judge:
            case Users() as users:
                verdict = await self._verify_password(users, presented)
            case IntrospectionSettings() as settings:
                verdict = await self._introspect(settings, presented)
            case JwtSettings() as settings:
                verdict = await self._verify_jwt(settings, presented)
            case ListedTokens() | LeftToUpstream():
                # Both are answered at once: neither is looked into.
                verdict = self._unknown()
            case _:
                assert_never(self._judge)
        if isinstance(verdict, BadToken):
            verdict = authentication.refuse(*verdict)
        elif isinstance(verdict, Identity) and not authentication.required_scopes <= verdict.scopes:
            verdict = authentication.refuse_scope()
        if isinstance(verdict, Identity):
            self._good.put(digest, verdict, until=verdict.good_until)
            return verdict
        if verdict.code == "invalid-credential" and self._has_budget:
            # Not one that expired, or that is good for other scopes: those the issuer gave out, and a stranger has none.
            self.strangers.failed(share)
        self._bad.put(digest, verdict, until=self._clock() + REFUSAL_CACHE_S)
        return verdict

    async def _verify_password(self, users: Users, presented: bytes) -> Identity | Refusal:
        name, _, password = presented.decode().partition(":")
        token_of = users.tokens.get(hashlib.sha256(password.encode()).digest())
        if token_of is not None:
            is_good = hmac.compare_digest(token_of.encode(), name.encode())
        else:
            known = users.passwords.get(name)
            is_good = await asyncio.to_thread((known or DECOY).verify, password.encode()) and known is not None
        if not is_good:
            return self._unknown()
        return Identity(user=name, is_listed=True, good_until=self._clock() + PASSWORD_CACHE_S)

    async def _introspect(self, settings: IntrospectionSettings, presented: bytes) -> Identity | BadToken:
        if self._is_away:
            raise ProviderError("the authorization server did not answer a moment ago")
        try:
            found = await introspect(presented, settings, self._provider, self._clock())
        except ProviderError as error:
            self._outage.failed(str(error))
            if not self._is_away:
                # Of questions that were under way together only the first to fail counts.
                self._back_off_s = min(MAX_BACK_OFF_S, 2 * self._back_off_s or FIRST_BACK_OFF_S)
                self._away_until = self._clock() + self._back_off_s
            raise
        self._outage.answered()
        self._back_off_s = self._away_until = 0.0
        return found

    async def _verify_jwt(self, settings: JwtSettings, presented: bytes) -> Identity | BadToken:
        head = read_head(presented, settings)
        if isinstance(head, BadToken):
            return head
        found = await self._keys.find(head.key_id, head.algorithm)
        if not found:
            return BadToken("invalid-credential", "The access token is signed by a key that the issuer does not have.")
        return verify_token(presented, head, found, settings, self._clock())
