"""The authenticator: turns the values of Authorization fields into an identity or a refusal, and remembers the verdict.

Each worker has one. A configured token or a remembered verdict is a lookup. All calls with the same unknown credential
share one verification task. Strangers cannot crowd out callers: good and bad verdicts are cached separately, and each
client address has a fair share of the verifications and a budget of invalid credentials.
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
"""How long a refusal is remembered: long enough for a client's immediate retries, short enough for a caller just added."""
PASSWORD_CACHE_S: Final = 300.0
QUESTIONS_AT_ONCE: Final = 20
"""The same number as the provider's connections."""
FIRST_BACK_OFF_S: Final = 0.25
MAX_BACK_OFF_S: Final = 2.0
"""The longest pause after an introspection endpoint failed; each failure doubles it. Calls must not queue behind a timeout."""
PASSWORDS_AT_ONCE: Final = 1
"""Password guesses must not take CPU time from calls that are already authorised."""

UNAVAILABLE: Final = Refusal(
    status=503,
    code="verification-unavailable",
    detail="The gateway cannot verify the credential at the moment.",
    hint="Try again shortly.",
    headers=((b"Retry-After", b"2"),),
)

_logger = logging.getLogger("plugin_gateway.callers")


class Authenticator:
    """Judges client credentials by one `Authentication`, and remembers its verdicts."""

    def __init__(
        self, authentication: Authentication, provider: Provider | None = None, clock: Callable[[], float] = time
    ) -> None:
        """Prepare; `clock` returns seconds since the epoch."""
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
        # Verifying a signed token is cheap: no request and no 40 ms hash. So an invalid one does not use up the budget.
        self._has_budget = not isinstance(judge, JwtSettings)

    def identify(
        self, values: Sequence[bytes], address: str = ""
    ) -> Identity | Refusal | Awaitable[Identity | Refusal]:
        """Judge the values of all Authorization fields of a request; `address` is the client's."""
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
        """Finish the verifications that callers wait for, then close the connections to the provider."""
        await asyncio.gather(*self._verifying.values(), return_exceptions=True)
        await self._provider.close()

    def _wait_s(self, share: str) -> float:
        return self.strangers.wait_s(share) if self._has_budget else 0.0

    @property
    def _is_away(self) -> bool:
        # If the clock is set back, the pause must not become longer.
        return 0 < self._away_until - self._clock() <= MAX_BACK_OFF_S

    def _listed(self, listed: ListedTokens, digest: bytes) -> Identity | Refusal:
        # Timing the lookup can reveal something about the hash, but not about the token behind it.
        name = listed.names.get(digest)
        return self._unknown() if name is None else Identity(token=name, is_listed=True)

    def _user(self, name: str | None) -> Identity | Refusal:
        return self._unknown() if name is None else Identity(user=name, is_listed=True)

    def _unknown(self) -> Refusal:
        return self.authentication.refuse("invalid-credential", "The credential is not valid.")

    def _shared(self, digest: bytes, presented: bytes, share: str) -> Refusal | Awaitable[Identity | Refusal]:
        task = self._verifying.get(digest)
        if task is None:
            wait_s = self._wait_s(share)
            if wait_s:
                return too_many_bad(wait_s)
            task = asyncio.get_running_loop().create_task(self._verify_in_turn(digest, presented, share))
            self._verifying[digest] = task
            task.add_done_callback(lambda _: self._verifying.pop(digest, None))
        # If one caller hangs up, the others that wait for the same verdict must still get it.
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
            # Callers wait for this verdict: answer them at once, even after a bug of ours.
            _logger.exception("The gateway failed to verify a credential")
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
                # `identify` has answered both of these without a task.
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
            # Expired tokens and tokens for other scopes do not count: the issuer gave them out, so they are not guesses.
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
            raise ProviderError("the authorization server failed to answer a moment ago")
        try:
            found = await introspect(presented, settings, self._provider, self._clock())
        except ProviderError as error:
            self._outage.failed(str(error))
            if not self._is_away:
                # Requests that were under way together count as one failure.
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
            return BadToken(
                "invalid-credential", "The access token is signed with a key that the issuer does not publish."
            )
        return verify_token(presented, head, found, settings, self._clock())
