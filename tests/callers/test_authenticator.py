import asyncio
import base64
import hashlib
from collections.abc import Awaitable
from typing import Any

import pytest

from plugin_gateway.callers import provider as provider_module
from plugin_gateway.callers.authentication import (
    Authentication,
    IntrospectionSettings,
    JwtSettings,
    LeftToUpstream,
    ListedTokens,
)
from plugin_gateway.callers.authenticator import (
    FIRST_BACK_OFF_S,
    QUESTIONS_AT_ONCE,
    REFUSAL_CACHE_S,
    UNAVAILABLE,
    Authenticator,
)
from plugin_gateway.callers.consumers import Identity
from plugin_gateway.callers.provider import ProviderError
from plugin_gateway.callers.turns import MAX_WAITING
from plugin_gateway.callers.users import DECOY, Scrypt, hash_password, hash_token, read_users
from plugin_gateway.refusal import Refusal
from tests.bounds import BOUND_S
from tests.narrow import as_a

TOKEN = "t" * 32


def authentication(**said: Any) -> Authentication:
    return Authentication(**{"kind": "x", "scheme": b"bearer", "challenge": b"Bearer"} | said)


INTROSPECTED = authentication(judge=IntrospectionSettings(url="u", cache_s=60.0, audiences=("api",)))
PASSWORDS = read_users(f"alice:{hash_password('pw')}\nci:{hash_token(TOKEN)}", scheme="basic")[0]
USERS = authentication(scheme=b"basic", judge=PASSWORDS)


class Provider(provider_module.Provider):
    def __init__(self, **claims: Any) -> None:
        self.claims = {"active": True, "token_type": "bearer", "aud": "api", **claims}
        self.asked = 0
        self.is_closed = False
        self.is_down = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def post_form(self, url: str, form: bytes, *, login: tuple[str, str] | None = None) -> dict[str, Any]:
        self.asked += 1
        await self.gate.wait()
        if self.is_down:
            raise ProviderError("down")
        return self.claims

    async def close(self) -> None:
        self.is_closed = True


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def bearer(token: str) -> list[bytes]:
    return [b"Bearer " + token.encode()]


def basic(login: str) -> list[bytes]:
    return [b"Basic " + base64.b64encode(login.encode())]


async def settled(found: Identity | Refusal | Awaitable[Identity | Refusal]) -> Identity | Refusal:
    if isinstance(found, Identity | Refusal):
        return found
    async with asyncio.timeout(BOUND_S):
        return await found


def test_a_configured_token_is_known_at_once() -> None:
    tokens = {hashlib.sha256(TOKEN.encode()).digest(): "ci"}
    it = Authenticator(authentication(judge=ListedTokens(names=tokens)))
    assert it.identify(bearer(TOKEN)) == Identity(token="ci", is_listed=True)
    for wrong in (TOKEN + "t", TOKEN[:-1], TOKEN.upper(), "x"):
        assert as_a(Refusal, it.identify(bearer(wrong))).code == "invalid-credential"
    assert as_a(Refusal, it.identify([])).code == "missing-credential"


def test_passthrough_wants_a_credential_and_judges_none() -> None:
    it = Authenticator(authentication(judge=LeftToUpstream()))
    assert it.identify(bearer("anything")) == Identity()
    assert {as_a(Refusal, it.identify(values)).status for values in ([], basic("a:b"))} == {401}


def test_a_users_token_is_known_at_once() -> None:
    users = read_users(f"ci:{hash_token(TOKEN)}", scheme="bearer")[0]
    it = Authenticator(authentication(judge=users))
    assert as_a(Identity, it.identify(bearer(TOKEN))).name == "ci"
    assert as_a(Refusal, it.identify(bearer("other"))).code == "invalid-credential"


@pytest.mark.parametrize(
    ("login", "name"),
    [("alice:pw", "alice"), (f"ci:{TOKEN}", "ci"), ("alice:pw ", None), ("bob:pw", None), ("alice:", None),
     (":pw", None), (f"alice:{TOKEN}", None), ("Alice:pw", None), ("ci:pw", None)],
)  # fmt: skip
def test_a_password_is_valid_for_its_own_user_only(login: str, name: str | None) -> None:
    async def ask() -> None:
        found = await settled(Authenticator(USERS).identify(basic(login)))
        assert getattr(found, "name", None) == name
        assert name or as_a(Refusal, found).code == "invalid-credential"

    asyncio.run(ask())


def test_unknown_users_cost_as_much_as_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    verified = []

    def verify(self: Scrypt, _: bytes) -> bool:
        verified.append(self)
        return False

    monkeypatch.setattr(Scrypt, "verify", verify)

    async def ask() -> None:
        await settled(Authenticator(USERS).identify(basic("nobody:pw")))

    asyncio.run(ask())
    assert verified == [DECOY]


def test_a_verdict_is_remembered_until_its_end() -> None:
    async def ask() -> None:
        provider, clock = Provider(sub="s", exp=1030), Clock()
        it = Authenticator(INTROSPECTED, provider, clock)
        assert as_a(Identity, await settled(it.identify(bearer("t")))).user == "s"
        clock.now = 1029.9
        assert isinstance(it.identify(bearer("t")), Identity)
        assert provider.asked == 1
        clock.now = 1030.0
        assert as_a(Refusal, await settled(it.identify(bearer("t")))).code == "expired-credential"
        assert provider.asked == 2

    asyncio.run(ask())


def test_a_revoked_token_is_refused_after_its_cached_verdict_expires() -> None:
    async def ask() -> None:
        provider, clock = Provider(sub="s"), Clock()
        it = Authenticator(INTROSPECTED, provider, clock)
        await settled(it.identify(bearer("t")))
        provider.claims = {"active": False}
        clock.now += 60
        assert as_a(Refusal, await settled(it.identify(bearer("t")))).code == "invalid-credential"

    asyncio.run(ask())


def test_a_refusal_is_remembered_for_a_moment_only() -> None:
    async def ask() -> None:
        provider, clock = Provider(active=False), Clock()
        it = Authenticator(INTROSPECTED, provider, clock)
        await settled(it.identify(bearer("t")))
        assert isinstance(it.identify(bearer("t")), Refusal)
        provider.claims = {"active": True, "token_type": "bearer", "aud": "api"}
        clock.now += REFUSAL_CACHE_S
        assert isinstance(await settled(it.identify(bearer("t"))), Identity)

    asyncio.run(ask())


def test_many_calls_with_one_token_share_a_question_that_outlives_a_caller_who_leaves() -> None:
    async def ask() -> None:
        provider = Provider(sub="s")
        provider.gate.clear()
        it = Authenticator(INTROSPECTED, provider)
        waiting = [asyncio.ensure_future(settled(it.identify(bearer("t")))) for _ in range(5)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        provider.gate.set()
        found = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), BOUND_S)
        assert isinstance(found[0], asyncio.CancelledError)
        assert [as_a(Identity, one).user for one in found[1:]] == ["s"] * 4
        assert provider.asked == 1

    asyncio.run(ask())


def test_strangers_beyond_the_bound_must_wait_and_known_callers_need_not() -> None:
    async def ask() -> None:
        provider = Provider(sub="s")
        it = Authenticator(INTROSPECTED, provider)
        await settled(it.identify(bearer("known")))
        provider.gate.clear()
        many = QUESTIONS_AT_ONCE + MAX_WAITING
        waiting = [asyncio.ensure_future(settled(it.identify(bearer(f"t{i}")))) for i in range(many)]
        assert await settled(it.identify(bearer("one-more"))) is UNAVAILABLE
        assert isinstance(it.identify(bearer("known")), Identity)
        provider.gate.set()
        await asyncio.wait_for(asyncio.gather(*waiting), BOUND_S)
        assert isinstance(await settled(it.identify(bearer("one-more"))), Identity)

    asyncio.run(ask())


def test_three_hundred_wrong_logins_from_one_address_do_not_lock_out_another() -> None:
    async def ask() -> None:
        it = Authenticator(USERS)
        wrong = [asyncio.ensure_future(settled(it.identify(basic(f"alice:{i}"), "192.0.2.66"))) for i in range(300)]
        await asyncio.sleep(0)
        found = await settled(it.identify(basic("alice:pw"), "192.0.2.1"))
        assert isinstance(found, Identity)
        assert found.name == "alice"
        # The other address's verifications are still running, so this one did not wait for them.
        assert sum(not task.done() for task in wrong) > MAX_WAITING / 2
        for task in wrong:
            task.cancel()
        for task in it._verifying.values():
            task.cancel()
        await it.close()

    asyncio.run(ask())


def test_twelve_thousand_bad_tokens_are_a_hundred_questions_and_good_callers_stay_known() -> None:
    async def ask() -> None:
        provider, clock = Provider(sub="s", exp=9000), Clock()
        it = Authenticator(INTROSPECTED, provider, clock)
        good = [bearer(f"good-{i}") for i in range(50)]
        for one in good:
            assert isinstance(await settled(it.identify(one, "192.0.2.66")), Identity)
        provider.claims = {"active": False}
        refused = [await settled(it.identify(bearer(f"bad-{i}"), "192.0.2.66")) for i in range(12_000)]
        assert [as_a(Refusal, one).code for one in refused].count("invalid-credential") == 100
        assert {as_a(Refusal, one).code for one in refused} == {"invalid-credential", "too-many-bad-credentials"}
        assert as_a(Refusal, refused[-1]).status == 429
        assert provider.asked == 150
        assert all(isinstance(it.identify(one, "192.0.2.66"), Identity) for one in good)
        assert provider.asked == 150
        provider.claims = {"active": True, "token_type": "bearer", "aud": "api"}
        assert isinstance(await settled(it.identify(bearer("new"), "192.0.2.1")), Identity)

    asyncio.run(ask())


def test_bad_tokens_of_many_addresses_do_not_evict_good_callers() -> None:
    async def ask() -> None:
        provider, clock = Provider(sub="s", exp=9000), Clock()
        it = Authenticator(INTROSPECTED, provider, clock)
        await settled(it.identify(bearer("good"), "192.0.2.1"))
        provider.claims = {"active": False}
        for i in range(12_000):
            await settled(it.identify(bearer(f"bad-{i}"), f"198.51.{i % 250}.{i // 250}"))
        asked = provider.asked
        assert isinstance(it.identify(bearer("good"), "192.0.2.1"), Identity)
        assert provider.asked == asked
        assert max(len(it._bad), len(it._good), len(it.strangers)) <= 10_000

    asyncio.run(ask())


def test_bad_tokens_that_come_all_at_once_are_not_more_questions() -> None:
    async def ask() -> None:
        provider = Provider(active=False)
        it = Authenticator(INTROSPECTED, provider, Clock())
        found = await asyncio.wait_for(
            asyncio.gather(*(settled(it.identify(bearer(f"bad-{i}"), "192.0.2.66")) for i in range(5000))), BOUND_S
        )
        assert provider.asked <= 100 + QUESTIONS_AT_ONCE
        assert {as_a(Refusal, one).status for one in found} <= {401, 429, 503}

    asyncio.run(ask())


def test_an_address_may_show_others_again_after_a_while() -> None:
    async def ask() -> None:
        provider, clock = Provider(active=False), Clock()
        it = Authenticator(INTROSPECTED, provider, clock)
        last = None
        for i in range(101):
            last = await settled(it.identify(bearer(f"bad-{i}"), "192.0.2.66"))
        assert isinstance(last, Refusal)
        assert (last.status, last.members["retry_after_s"]) == (429, 1)
        clock.now += 1
        assert as_a(Refusal, await settled(it.identify(bearer("bad-x"), "192.0.2.66"))).status == 401

    asyncio.run(ask())


@pytest.mark.parametrize("claims", [{"exp": 1}, {"scope": "other"}])
def test_expired_and_insufficient_tokens_do_not_use_up_the_budget_of_bad_credentials(claims: dict[str, Any]) -> None:
    async def ask() -> None:
        settings = authentication(
            judge=IntrospectionSettings(url="u", audiences=("api",)), required_scopes=frozenset({"read"})
        )
        it = Authenticator(settings, Provider(**claims), Clock())
        found = [await settled(it.identify(bearer(f"t{i}"))) for i in range(150)]
        assert {as_a(Refusal, one).code for one in found} <= {"expired-credential", "insufficient-scope"}

    asyncio.run(ask())


def test_after_a_bug_callers_get_an_answer_at_once_and_the_log_shows_it(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Provider):
        async def post_form(self, url: str, form: bytes, *, login: Any = None) -> Any:
            raise RuntimeError("an unexpected failure in a library")

    async def ask() -> None:
        assert await settled(Authenticator(INTROSPECTED, Broken()).identify(bearer("t"))) is UNAVAILABLE

    asyncio.run(ask())
    assert "failed to verify a credential" in caplog.text


def test_a_provider_that_is_away_is_asked_ever_less_often_and_no_call_waits_for_it() -> None:
    async def ask() -> None:
        provider, clock = Provider(sub="s"), Clock()
        provider.is_down = True
        it = Authenticator(INTROSPECTED, provider, clock)
        for i in range(100):
            found = [await settled(it.identify(bearer(f"t{i}-{j}"))) for j in range(20)]
            assert found == [UNAVAILABLE] * 20
            clock.now += 0.1
        # The requests in ten seconds: at 0, 0.3, 0.8, 1.8, and then every two seconds.
        assert provider.asked <= 9
        provider.is_down = False
        clock.now += 2
        assert isinstance(await settled(it.identify(bearer("t"))), Identity)

    asyncio.run(ask())


def test_a_clock_that_is_set_back_keeps_no_caller_out() -> None:
    async def ask() -> None:
        provider, clock = Provider(sub="s"), Clock()
        provider.is_down = True
        it = Authenticator(INTROSPECTED, provider, clock)
        await settled(it.identify(bearer("t")))
        provider.is_down = False
        clock.now -= 500
        assert isinstance(await settled(it.identify(bearer("t"))), Identity)

    asyncio.run(ask())


def test_questions_that_wait_behind_one_that_fails_are_not_asked() -> None:
    async def ask() -> None:
        provider, clock = Provider(sub="s"), Clock()
        provider.is_down = True
        provider.gate.clear()
        it = Authenticator(INTROSPECTED, provider, clock)
        waiting = [asyncio.ensure_future(settled(it.identify(bearer(f"t{i}")))) for i in range(100)]
        await asyncio.sleep(0)
        provider.gate.set()
        assert await asyncio.wait_for(asyncio.gather(*waiting), BOUND_S) == [UNAVAILABLE] * 100
        assert provider.asked == QUESTIONS_AT_ONCE
        assert it._back_off_s == FIRST_BACK_OFF_S

    asyncio.run(ask())


def test_an_outage_of_the_provider_and_its_end_are_logged_once_each(caplog: pytest.LogCaptureFixture) -> None:
    async def ask() -> None:
        provider, clock = Provider(sub="s"), Clock()
        provider.is_down = True
        it = Authenticator(INTROSPECTED, provider, clock)
        for i in range(5):
            await settled(it.identify(bearer(f"t{i}")))
            clock.now += 10
        provider.is_down = False
        for i in range(5):
            await settled(it.identify(bearer(f"t{i}")))

    with caplog.at_level("INFO", "plugin_gateway"):
        asyncio.run(ask())
    assert [vars(record)["event"] for record in caplog.records] == ["outage-began", "outage-ended"]


def test_a_provider_that_is_away_is_no_verdict_and_not_remembered() -> None:
    async def ask() -> None:
        provider, clock = Provider(sub="s"), Clock()
        provider.is_down = True
        it = Authenticator(INTROSPECTED, provider, clock)
        assert await settled(it.identify(bearer("t"))) is UNAVAILABLE
        provider.is_down = False
        clock.now += FIRST_BACK_OFF_S
        assert isinstance(await settled(it.identify(bearer("t"))), Identity)

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("scope", "code"), [("read", "insufficient-scope"), ("", "insufficient-scope"), ("a read write", None)]
)
def test_a_token_needs_every_required_scope(scope: str, code: str | None) -> None:
    async def ask() -> None:
        settings = authentication(
            judge=IntrospectionSettings(url="u", audiences=("api",)),
            required_scopes=frozenset({"read", "write"}),
        )
        found = await settled(Authenticator(settings, Provider(scope=scope)).identify(bearer("t")))
        assert getattr(found, "code", None) == code

    asyncio.run(ask())


def test_bad_signed_tokens_cause_no_request_and_use_up_no_budget() -> None:
    async def ask() -> None:
        settings = JwtSettings(issuer="https://i", audiences=("a",), algorithms=("RS256",))
        provider = Provider()
        it = Authenticator(authentication(judge=settings), provider, Clock())
        found = [await settled(it.identify(bearer(f"no.jwt.{i}"))) for i in range(300)]
        assert {as_a(Refusal, one).status for one in found} == {401}
        assert (provider.asked, len(it.strangers)) == (0, 0)

    asyncio.run(ask())


def test_a_token_that_is_not_of_the_issuer_is_refused_without_a_request() -> None:
    async def ask() -> None:
        settings = JwtSettings(issuer="https://i", audiences=("a",), algorithms=("RS256",))
        found = await settled(Authenticator(authentication(judge=settings), Provider()).identify(bearer("opaque")))
        assert isinstance(found, Refusal)
        assert found.code == "invalid-credential"

    asyncio.run(ask())


def test_callers_that_wait_get_their_answer_before_the_authenticator_closes() -> None:
    async def ask() -> None:
        provider = Provider(sub="s")
        it = Authenticator(INTROSPECTED, provider)
        waiting = asyncio.ensure_future(settled(it.identify(bearer("t"))))
        await asyncio.wait_for(it.close(), BOUND_S)
        assert as_a(Identity, await waiting).user == "s"
        assert provider.is_closed

    asyncio.run(ask())
