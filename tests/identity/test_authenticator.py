import asyncio
import base64
import hashlib

import pytest

from plugin_gateway.identity import authenticator as module
from plugin_gateway.identity.authenticator import MAX_VERIFYING, REFUSAL_CACHE_S, UNAVAILABLE, Authenticator
from plugin_gateway.identity.provider import ProviderError
from plugin_gateway.policy.authentication import Authentication, IntrospectionSettings, JwtSettings
from plugin_gateway.policy.consumers import Identity
from plugin_gateway.policy.refusal import Refusal
from plugin_gateway.policy.users import hash_password, hash_token, read_users

TOKEN = "t" * 32


def authentication(**said):
    return Authentication(**{"kind": "x", "scheme": b"bearer", "challenge": b"Bearer"} | said)


INTROSPECTED = authentication(introspection=IntrospectionSettings(url="u", cache_s=60.0))
PASSWORDS = read_users(f"alice:{hash_password('pw')}\nci:{hash_token(TOKEN)}", scheme="basic")[0]
USERS = authentication(scheme=b"basic", users=PASSWORDS)


class Provider:
    def __init__(self, **claims):
        self.claims = {"active": True, "token_type": "bearer", **claims}
        self.asked = 0
        self.is_closed = False
        self.is_down = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def post_form(self, url, form, *, login=None):
        self.asked += 1
        await self.gate.wait()
        if self.is_down:
            raise ProviderError("down")
        return self.claims

    async def close(self):
        self.is_closed = True


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def bearer(token):
    return [b"Bearer " + token.encode()]


def basic(login):
    return [b"Basic " + base64.b64encode(login.encode())]


async def settled(found):
    return found if isinstance(found, Identity | Refusal) else await asyncio.wait_for(found, 5)


def test_a_configured_token_is_known_at_once():
    tokens = {hashlib.sha256(TOKEN.encode()).digest(): "ci"}
    it = Authenticator(authentication(tokens=tokens))
    assert it.identify(bearer(TOKEN)) == Identity(token="ci", is_listed=True)
    for wrong in (TOKEN + "t", TOKEN[:-1], TOKEN.upper(), "x"):
        assert it.identify(bearer(wrong)).code == "invalid-credential"
    assert it.identify([]).code == "missing-credential"


def test_passthrough_wants_a_credential_and_judges_none():
    it = Authenticator(authentication(is_passthrough=True))
    assert it.identify(bearer("anything")) == Identity()
    assert it.identify([]).status == it.identify(basic("a:b")).status == 401


def test_a_users_token_is_known_at_once():
    users = read_users(f"ci:{hash_token(TOKEN)}", scheme="bearer")[0]
    it = Authenticator(authentication(users=users))
    assert it.identify(bearer(TOKEN)).name == "ci"
    assert it.identify(bearer("other")).code == "invalid-credential"


@pytest.mark.parametrize(
    ("login", "name"),
    [("alice:pw", "alice"), (f"ci:{TOKEN}", "ci"), ("alice:pw ", None), ("bob:pw", None), ("alice:", None),
     (":pw", None), (f"alice:{TOKEN}", None), ("Alice:pw", None), ("ci:pw", None)],
)  # fmt: skip
def test_a_login_is_that_users_own(login, name):
    async def ask():
        found = await settled(Authenticator(USERS).identify(basic(login)))
        assert getattr(found, "name", None) == name
        assert name or found.code == "invalid-credential"

    asyncio.run(ask())


def test_unknown_users_cost_as_much_as_known_ones(monkeypatch):
    verified = []
    monkeypatch.setattr(type(module.DECOY), "verify", lambda self, password: verified.append(self) or False)

    async def ask():
        await settled(Authenticator(USERS).identify(basic("nobody:pw")))

    asyncio.run(ask())
    assert verified == [module.DECOY]


def test_a_verdict_is_remembered_until_its_end():
    async def ask():
        provider, clock = Provider(sub="s", exp=1030), Clock()
        it = Authenticator(INTROSPECTED, provider, clock)
        assert (await settled(it.identify(bearer("t")))).user == "s"
        clock.now = 1029.9
        assert isinstance(it.identify(bearer("t")), Identity)
        assert provider.asked == 1
        clock.now = 1030.0
        assert (await settled(it.identify(bearer("t")))).code == "expired-credential"
        assert provider.asked == 2

    asyncio.run(ask())


def test_a_revoked_token_is_out_when_the_cache_is():
    async def ask():
        provider, clock = Provider(sub="s"), Clock()
        it = Authenticator(INTROSPECTED, provider, clock)
        await settled(it.identify(bearer("t")))
        provider.claims = {"active": False}
        clock.now += 60
        assert (await settled(it.identify(bearer("t")))).code == "invalid-credential"

    asyncio.run(ask())


def test_a_no_is_remembered_for_a_moment_only():
    async def ask():
        provider, clock = Provider(active=False), Clock()
        it = Authenticator(INTROSPECTED, provider, clock)
        await settled(it.identify(bearer("t")))
        assert isinstance(it.identify(bearer("t")), Refusal)
        provider.claims = {"active": True, "token_type": "bearer"}
        clock.now += REFUSAL_CACHE_S
        assert isinstance(await settled(it.identify(bearer("t"))), Identity)

    asyncio.run(ask())


def test_many_calls_with_one_token_are_one_question_and_one_who_leaves_takes_nothing_away():
    async def ask():
        provider = Provider(sub="s")
        provider.gate.clear()
        it = Authenticator(INTROSPECTED, provider)
        waiting = [asyncio.ensure_future(it.identify(bearer("t"))) for _ in range(5)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        provider.gate.set()
        found = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)
        assert isinstance(found[0], asyncio.CancelledError)
        assert [one.user for one in found[1:]] == ["s"] * 4
        assert provider.asked == 1

    asyncio.run(ask())


def test_strangers_beyond_the_bound_are_told_to_come_back_and_known_callers_are_not():
    async def ask():
        provider = Provider(sub="s")
        it = Authenticator(INTROSPECTED, provider)
        await settled(it.identify(bearer("known")))
        provider.gate.clear()
        waiting = [asyncio.ensure_future(it.identify(bearer(f"t{i}"))) for i in range(MAX_VERIFYING)]
        assert it.identify(bearer("one-more")) is UNAVAILABLE
        assert isinstance(it.identify(bearer("known")), Identity)
        provider.gate.set()
        await asyncio.wait_for(asyncio.gather(*waiting), 5)
        assert isinstance(await settled(it.identify(bearer("one-more"))), Identity)

    asyncio.run(ask())


def test_a_provider_that_is_away_is_no_verdict_and_not_remembered():
    async def ask():
        provider = Provider(sub="s")
        provider.is_down = True
        it = Authenticator(INTROSPECTED, provider)
        assert await settled(it.identify(bearer("t"))) is UNAVAILABLE
        provider.is_down = False
        assert isinstance(await settled(it.identify(bearer("t"))), Identity)

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("scope", "code"), [("read", "insufficient-scope"), ("", "insufficient-scope"), ("a read write", None)]
)
def test_a_token_needs_every_required_scope(scope, code):
    async def ask():
        settings = authentication(
            introspection=IntrospectionSettings(url="u"), required_scopes=frozenset({"read", "write"})
        )
        found = await settled(Authenticator(settings, Provider(scope=scope)).identify(bearer("t")))
        assert getattr(found, "code", None) == code

    asyncio.run(ask())


def test_what_is_no_token_of_the_issuer_is_refused_without_asking_it():
    async def ask():
        settings = JwtSettings(issuer="https://i", audience="a", algorithms=("RS256",))
        found = await settled(Authenticator(authentication(jwt=settings), Provider()).identify(bearer("opaque")))
        assert found.code == "invalid-credential"

    asyncio.run(ask())


def test_closing_lets_those_who_wait_have_their_answer():
    async def ask():
        provider = Provider(sub="s")
        it = Authenticator(INTROSPECTED, provider)
        waiting = asyncio.ensure_future(it.identify(bearer("t")))
        await asyncio.wait_for(it.close(), 5)
        assert (await waiting).user == "s"
        assert provider.is_closed

    asyncio.run(ask())
