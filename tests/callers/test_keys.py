import asyncio
import itertools
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from plugin_gateway.callers import provider
from plugin_gateway.callers.keys import FIRST_BACK_OFF_S, MAX_BACK_OFF_S, REFRESH_S, RETRY_S, IssuerKeys
from plugin_gateway.callers.provider import Provider, ProviderError
from tests.bounds import BOUND_S

ISSUER = "https://idp.test/tenant"
JWKS = "https://idp.test/jwks"


def described(kid: str, **more: list[str] | str) -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return {**jwt.get_algorithm_by_name("ES256").to_jwk(key, as_dict=True), "kid": kid, **more}


RSA = jwt.get_algorithm_by_name("RS256").to_jwk(
    rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key(), as_dict=True
)


class Issuer(Provider):
    def __init__(self, *keys: Any, metadata: dict[str, Any] | None = None) -> None:
        self.keys: Any = list(keys)
        self.metadata = metadata or {"issuer": ISSUER, "jwks_uri": JWKS}
        self.fetches = 0
        self.is_down = False
        self.now = 0.0
        self.asked: list[str] = []

    async def get_json(self, url: str) -> dict[str, Any]:
        self.asked.append(url)
        await asyncio.sleep(0)
        if self.is_down:
            raise ProviderError("down")
        if url == JWKS:
            self.fetches += 1
            return {"keys": self.keys}
        if url == ISSUER + "/.well-known/openid-configuration":
            return self.metadata
        raise ProviderError("no such page")

    def known(self, issuer: str = ISSUER) -> IssuerKeys:
        return IssuerKeys(issuer, self, clock=lambda: self.now)


def found(keys: IssuerKeys, *ids: str | None) -> list[Any]:
    async def ask() -> Any:
        return await asyncio.gather(*(keys.find(key_id, "ES256") for key_id in ids))

    return [names[0].key_id if names else None for names in asyncio.run(ask())]


def test_concurrent_calls_share_one_fetch() -> None:
    issuer = Issuer(described("a"))
    assert found(issuer.known(), *["a"] * 20) == ["a"] * 20
    assert issuer.fetches == 1


def test_a_new_key_is_fetched_when_a_token_names_it_and_made_up_ids_are_not_requests() -> None:
    issuer = Issuer(described("a"))
    keys = issuer.known()
    found(keys, "a")
    issuer.keys = [described("b")]
    assert found(keys, "b", "c", "d") == [None] * 3
    assert issuer.fetches == 1
    issuer.now += RETRY_S
    assert found(keys, "b") == ["b"]
    assert keys.get("a", "ES256") == ()
    assert found(keys, "x", "y", "z") == [None] * 3
    assert issuer.fetches == 2


def test_a_withdrawn_key_is_dropped_within_the_hour() -> None:
    issuer = Issuer(described("a"))
    keys = issuer.known()
    found(keys, "a")
    issuer.keys = []
    issuer.now += REFRESH_S + 1
    assert found(keys, "a") == [None]


def test_an_issuer_that_is_away_leaves_the_keys_we_have_but_not_for_ever() -> None:
    issuer = Issuer(described("a"))
    keys = issuer.known()
    found(keys, "a")
    issuer.is_down = True
    issuer.now += REFRESH_S + 1
    assert found(keys, "a") == ["a"]
    issuer.now += REFRESH_S
    with pytest.raises(ProviderError):
        found(keys, "a")
    assert keys.get("a", "ES256") == ()


def test_an_issuer_that_is_away_from_the_start_is_asked_again_after_a_while_only() -> None:
    issuer = Issuer(described("a"))
    issuer.is_down = True
    keys = issuer.known()
    for _ in range(3):
        with pytest.raises(ProviderError):
            found(keys, "a")
    assert len(issuer.asked) == 2
    issuer.is_down = False
    issuer.now += RETRY_S
    assert found(keys, "a") == ["a"]


def test_only_public_keys_for_signatures_are_used() -> None:
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "shared", "alg": "HS256"}
    issuer = Issuer(
        secret, described("enc", use="enc"), {"kty": "EC", "kid": "broken"}, "no key", described("a", use="sig")
    )
    keys = issuer.known()
    assert found(keys, "a", "shared", "enc", "broken") == ["a", None, None, None]


def test_a_token_without_a_key_id_means_the_only_key() -> None:
    issuer = Issuer(described("a"))
    keys = issuer.known()
    assert found(keys, None) == ["a"]
    issuer = Issuer(described("a"), described("b"))
    assert found(issuer.known(), None) == [None]


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.test", "jwks_uri": JWKS},
        {"jwks_uri": JWKS},
        {"issuer": ISSUER},
        {"issuer": ISSUER, "jwks_uri": "http://idp.test/jwks"},
        {"issuer": ISSUER, "jwks_uri": 5},
    ],
)
def test_metadata_that_names_another_issuer_is_refused(metadata: dict[str, Any]) -> None:
    issuer = Issuer(described("a"), metadata=metadata)
    with pytest.raises(ProviderError):
        found(issuer.known(), "a")
    assert issuer.fetches == 0


def test_an_issuer_without_openid_is_found_by_rfc_8414() -> None:
    class Plain(Issuer):
        async def get_json(self, url: str) -> dict[str, Any]:
            if url == "https://idp.test/.well-known/oauth-authorization-server/tenant":
                return self.metadata
            return await super().get_json(url) if url == JWKS else await super().get_json("none")

    assert found(Plain(described("a")).known(), "a") == ["a"]


UNREADABLE: list[Any] = [
    described("none", alg="none"), described("list", alg=["ES256"]), "text", None, [], {"kty": ["EC"]},
    {"kty": "RSA", "kid": "huge", "n": "_" * 400_000, "e": "AQAB"}, {"kty": "RSA", "kid": "short", "n": "_" * 100, "e": "AQAB"},
    {"kty": "EC", "kid": "dict", "crv": {}},
]  # fmt: skip


@pytest.mark.parametrize("unreadable", UNREADABLE, ids=range(len(UNREADABLE)))
def test_a_key_that_cannot_be_read_is_skipped_and_logged_once(
    unreadable: dict[str, Any] | list[Any] | str | None, caplog: pytest.LogCaptureFixture
) -> None:
    issuer = Issuer(unreadable, described("a"))
    keys = issuer.known()
    for _ in range(3):
        assert found(keys, "a", "b") == ["a", None]
        issuer.now += RETRY_S
    assert issuer.fetches == 3
    (told,) = caplog.records
    assert vars(told)["event"] == "key-not-used"
    assert ISSUER in told.getMessage()


def test_a_key_for_encryption_is_skipped_without_a_log_line(caplog: pytest.LogCaptureFixture) -> None:
    assert found(Issuer(described("e", use="enc"), described("a")).known(), "a") == ["a"]
    assert caplog.records == []


def test_keys_with_the_same_id_are_distinguished_by_their_algorithm() -> None:
    issuer = Issuer({**RSA, "kid": "a"}, described("a"))
    keys = issuer.known()
    assert found(keys, "a") == ["a"]
    assert [len(keys.get("a", name)) for name in ("ES256", "RS256", "EdDSA")] == [1, 1, 0]


def test_a_key_without_an_id_is_not_found_by_its_place() -> None:
    issuer = Issuer({name: value for name, value in described("a").items() if name != "kid"})
    assert found(issuer.known(), "#0", "0", "") == [None] * 3


@pytest.mark.parametrize("published", ["nonsense", None, {"a": 1}, 5])
def test_a_document_that_is_not_a_key_set_is_an_outage_logged_once_with_growing_pauses(
    published: dict[str, int] | int | str | None, caplog: pytest.LogCaptureFixture
) -> None:
    issuer = Issuer()
    issuer.keys = published
    keys = issuer.known()
    tries = []
    for second in range(300):
        issuer.now = float(second)
        fetched = issuer.fetches
        with pytest.raises(ProviderError):
            found(keys, "a")
        if issuer.fetches > fetched:
            tries.append(second)
    waits = [after - before for before, after in itertools.pairwise(tries)]
    assert waits[0] == FIRST_BACK_OFF_S
    assert waits == sorted(waits)
    assert waits[-1] == MAX_BACK_OFF_S
    issuer.keys = [described("a")]
    issuer.now += MAX_BACK_OFF_S
    assert found(keys, "a") == ["a"]
    assert [vars(record)["event"] for record in caplog.records if record.levelname == "WARNING"] == ["outage-began"]


def test_a_key_set_without_a_usable_key_is_an_outage_and_not_the_fault_of_callers() -> None:
    issuer = Issuer({"kty": "EC", "kid": "a"})
    with pytest.raises(ProviderError):
        found(issuer.known(), "a")


def test_an_issuer_that_never_answers_keeps_callers_no_longer_than_one_question_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provider, "TIMEOUT_S", 0.01)

    class Silent(Issuer):
        async def get_json(self, url: str) -> Any:
            self.asked.append(url)
            await asyncio.Event().wait()

    issuer = Silent()

    async def ask() -> None:
        async with asyncio.timeout(BOUND_S):
            await asyncio.gather(*(keys.find("a", "ES256") for _ in range(20)), return_exceptions=True)

    keys = issuer.known()
    asyncio.run(ask())
    assert len(issuer.asked) == 1
