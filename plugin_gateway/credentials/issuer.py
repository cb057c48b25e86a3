"""The issuer: gets the tokens of one grant, with one request at a time for each token, and caches them while they are valid."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

from plugin_gateway.admission.limits import BAD_CREDENTIALS
from plugin_gateway.callers.provider import Provider, ProviderError
from plugin_gateway.callers.strangers import Strangers, share_of, too_many_bad
from plugin_gateway.callers.turns import BusyError, Turns
from plugin_gateway.credentials.grant import TokenExchangeGrant
from plugin_gateway.credentials.token import Token, TokenError, read_token, request_of
from plugin_gateway.refusal import Refusal
from plugin_gateway.telemetry.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.credentials.board import Board
    from plugin_gateway.credentials.grant import TokenGrant

    OnToken: TypeAlias = Callable[[Token | Refusal], None]

NO_TOKEN: Final = Refusal(
    status=502,
    code="upstream-token-unavailable",
    detail="The gateway could not get the token that the upstream requires; try again shortly.",
    headers=((b"Retry-After", b"2"),),
)
NOT_EXCHANGED: Final = Refusal(
    status=401,
    code="credential-not-exchanged",
    detail="The authorization server did not exchange the credential of this call for an upstream token.",
    hint="Get a new access token.",
    headers=((b"WWW-Authenticate", b'Bearer error="invalid_token"'),),
)
TOO_MANY_QUESTIONS: Final = Refusal(
    status=503,
    code="upstream-token-unavailable",
    detail="The gateway is requesting too many tokens at once; try again shortly.",
    headers=((b"Retry-After", b"1"),),
)

_MOST_HELD: Final = 4096
_MASKED_FOR_S: Final = 60.0
"""How long a token stays masked after the gateway stops using it: the upstream may still accept it, because clocks differ."""
_QUESTIONS_AT_ONCE: Final = 20
_FAILED_FOR_S: Final = 1.0
"""The pause after the token endpoint failed, however many calls come."""
_NOT_EXCHANGED_FOR_S: Final = 10.0
_FIRST_BACK_OFF_S: Final = 5.0
_MAX_BACK_OFF_S: Final = 300.0
_BACK_OFF_FORGOTTEN_S: Final = 3600.0
"""An upstream that accepts no token refuses the renewed token, too. So each renewal after a refusal doubles the wait."""

_Value = TypeVar("_Value")


class _Held(NamedTuple):
    token: Token
    place: int
    """The token's place on the board."""


class _Failed(NamedTuple):
    refusal: Refusal
    until_s: float


class _BackOff(NamedTuple):
    wait_s: float
    until_s: float


class Issuer:
    """The tokens of one grant; for token exchange, one for each caller. Callers' tokens are kept as hashes only.

    With token exchange, the token endpoint judges callers. So the issuer bounds client addresses as the authenticator does:
    each has a fair share of the requests and a budget of failed ones.
    """

    def __init__(self, grant: TokenGrant, provider: Provider, board: Board) -> None:
        """Prepare. Each token is written to the board before a call carries it, and used only while it is there."""
        self.grant = grant
        self._board = board
        self._provider = provider
        self._held: OrderedDict[bytes, _Held] = OrderedDict()
        self._failed: OrderedDict[bytes, _Failed] = OrderedDict()
        self._back_offs: OrderedDict[bytes, _BackOff] = OrderedDict()
        """The wait before the next renewal, for each token that was renewed because the upstream refused it."""
        self._outage = Outage(f"The token endpoint {grant.token_url.partition('?')[0]}")
        self.strangers = Strangers(BAD_CREDENTIALS, monotonic)
        self._turns = Turns(_QUESTIONS_AT_ONCE)
        self._waiting: dict[bytes, list[OnToken]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def obtain(self, subject: str, on_token: OnToken, *, refused: str, address: str) -> None:
        """Pass a token to `on_token`, at once if a valid one is cached.

        `refused` is a token that the upstream refused, or empty.
        """
        now_s = monotonic()
        key = sha256(subject.encode()).digest()
        held = self._token(key)
        if held is not None and held.text == refused and self.may_renew(subject, refused):
            self._back_off(key, now_s)
            del self._held[key]
            held = None
        elif held is not None and now_s >= held.good_until_s:
            del self._held[key]
            held = None
        failed = self._failed.get(key)
        has_failed = failed is not None and now_s < failed.until_s
        if held is not None:
            self._held.move_to_end(key)
            if now_s >= held.refresh_at_s and not has_failed and key not in self._waiting:
                self._ask(key, subject, share_of(address))
            on_token(held)
        elif failed is not None and has_failed:
            on_token(failed.refusal)
        elif key not in self._waiting and (wait_s := self.strangers.wait_s(share_of(address))):
            on_token(too_many_bad(wait_s))
        else:
            if key not in self._waiting:
                self._ask(key, subject, share_of(address))
            self._waiting[key].append(on_token)

    def may_renew(self, subject: str, refused: str) -> bool:
        """Whether the issuer has, or may now request, another token than `refused`."""
        key = sha256(subject.encode()).digest()
        held = self._token(key)
        if held is None or held.text != refused:
            return True
        back_off = self._back_offs.get(key)
        return back_off is None or monotonic() >= back_off.until_s

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _token(self, key: bytes) -> Token | None:
        held = self._held.get(key)
        if held is None:
            return None
        if self._board.holds(held.place):
            return held.token
        # The board no longer has the token, so the workers would not mask it.
        del self._held[key]
        return None

    def _ask(self, key: bytes, subject: str, share: str) -> None:
        self._waiting[key] = []
        task = asyncio.get_running_loop().create_task(self._get(key, subject, share))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _back_off(self, key: bytes, now_s: float) -> None:
        last = self._back_offs.get(key)
        wait_s = _FIRST_BACK_OFF_S
        if last is not None and now_s < last.until_s + _BACK_OFF_FORGOTTEN_S:
            wait_s = min(_MAX_BACK_OFF_S, 2 * last.wait_s)
        _keep(self._back_offs, key, _BackOff(wait_s, now_s + wait_s))

    async def _get(self, key: bytes, subject: str, share: str) -> None:
        outcome: Token | Refusal = NO_TOKEN
        try:
            outcome = await self._fetch_in_turn(subject, share)
        finally:
            waiting = self._waiting.pop(key)
            if isinstance(outcome, Token):
                place = self._board.write(outcome.text, outcome.good_until_s + _MASKED_FOR_S)
                _keep(self._held, key, _Held(outcome, place))
            elif outcome in (NO_TOKEN, NOT_EXCHANGED):
                lasts_s = _NOT_EXCHANGED_FOR_S if outcome is NOT_EXCHANGED else _FAILED_FOR_S
                _keep(self._failed, key, _Failed(outcome, monotonic() + lasts_s))
            for on_token in waiting:
                on_token(outcome)

    async def _fetch_in_turn(self, subject: str, share: str) -> Token | Refusal:
        try:
            await self._turns.take(share)
        except BusyError:
            return TOO_MANY_QUESTIONS
        try:
            wait_s = self.strangers.wait_s(share)
            if wait_s:
                return too_many_bad(wait_s)
            outcome = await self._fetch(subject)
        finally:
            self._turns.give_back()
        if outcome is NOT_EXCHANGED:
            self.strangers.failed(share)
        return outcome

    async def _fetch(self, subject: str) -> Token | Refusal:
        form, headers = request_of(self.grant, subject)
        # Measured before the request: the lifetime begins when the server makes the token.
        asked_at_s = monotonic()
        try:
            _, status, body = await self._provider.relay_form(self.grant.token_url, form, headers)
            token = read_token(status, body, asked_at_s)
        except ProviderError as error:
            self._outage.failed(str(error))
            return NO_TOKEN
        except TokenError as error:
            if error.blames_subject and isinstance(self.grant, TokenExchangeGrant):
                self._outage.answered()
                return NOT_EXCHANGED
            self._outage.failed(f"it answers with {error}")
            return NO_TOKEN
        self._outage.answered()
        return token


def _keep(kept: OrderedDict[bytes, _Value], key: bytes, value: _Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > _MOST_HELD:
        kept.popitem(last=False)
