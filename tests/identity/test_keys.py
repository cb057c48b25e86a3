import asyncio

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from plugin_gateway.identity.keys import REFRESH_S, RETRY_S, IssuerKeys
from plugin_gateway.identity.provider import ProviderError

ISSUER = "https://idp.test/tenant"
JWKS = "https://idp.test/jwks"


def described(kid, **more):
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return {**jwt.get_algorithm_by_name("ES256").to_jwk(key, as_dict=True), "kid": kid, **more}


class Issuer:
    def __init__(self, *keys, metadata=None):
        self.keys = list(keys)
        self.metadata = metadata or {"issuer": ISSUER, "jwks_uri": JWKS}
        self.fetches = 0
        self.is_down = False
        self.now = 0.0
        self.asked = []

    async def get_json(self, url):
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

    def known(self, issuer=ISSUER):
        return IssuerKeys(issuer, self, clock=lambda: self.now)


def found(keys, *ids):
    async def ask():
        return await asyncio.gather(*(keys.find(key_id) for key_id in ids))

    return asyncio.run(ask())


def test_many_who_ask_at_once_are_one_fetch():
    issuer = Issuer(described("a"))
    assert [key.key_id for key in found(issuer.known(), *["a"] * 20)] == ["a"] * 20
    assert issuer.fetches == 1


def test_a_new_key_is_fetched_when_a_token_names_it_and_made_up_ids_are_not_requests():
    issuer = Issuer(described("a"))
    keys = issuer.known()
    found(keys, "a")
    issuer.keys = [described("b")]
    assert found(keys, "b", "c", "d") == [None] * 3
    assert issuer.fetches == 1
    issuer.now += RETRY_S
    assert found(keys, "b")[0].key_id == "b"
    assert keys.get("a") is None
    assert found(keys, "x", "y", "z") == [None] * 3
    assert issuer.fetches == 2


def test_a_key_that_was_withdrawn_is_out_within_the_hour():
    issuer = Issuer(described("a"))
    keys = issuer.known()
    found(keys, "a")
    issuer.keys = []
    issuer.now += REFRESH_S + 1
    assert found(keys, "a") == [None]


def test_an_issuer_that_is_away_leaves_the_keys_we_have_but_not_for_ever():
    issuer = Issuer(described("a"))
    keys = issuer.known()
    found(keys, "a")
    issuer.is_down = True
    issuer.now += REFRESH_S + 1
    assert found(keys, "a")[0].key_id == "a"
    issuer.now += REFRESH_S
    with pytest.raises(ProviderError):
        found(keys, "a")
    assert keys.get("a") is None


def test_an_issuer_that_is_away_from_the_start_is_asked_again_after_a_while_only():
    issuer = Issuer(described("a"))
    issuer.is_down = True
    keys = issuer.known()
    for _ in range(3):
        with pytest.raises(ProviderError):
            found(keys, "a")
    assert len(issuer.asked) == 2
    issuer.is_down = False
    issuer.now += RETRY_S
    assert found(keys, "a")[0].key_id == "a"


def test_keys_that_are_not_for_signatures_or_no_secret_to_anybody_are_not_taken():
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "shared", "alg": "HS256"}
    issuer = Issuer(
        secret, described("enc", use="enc"), {"kty": "EC", "kid": "broken"}, "no key", described("a", use="sig")
    )
    keys = issuer.known()
    assert [key and key.key_id for key in found(keys, "a", "shared", "enc", "broken")] == ["a", None, None, None]


def test_a_token_without_a_key_id_means_the_only_key():
    issuer = Issuer(described("a"))
    keys = issuer.known()
    assert found(keys, None)[0].key_id == "a"
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
def test_metadata_of_somebody_else_is_not_believed(metadata):
    issuer = Issuer(described("a"), metadata=metadata)
    with pytest.raises(ProviderError):
        found(issuer.known(), "a")
    assert issuer.fetches == 0


def test_an_issuer_without_openid_is_found_by_rfc_8414():
    class Plain(Issuer):
        async def get_json(self, url):
            if url == "https://idp.test/.well-known/oauth-authorization-server/tenant":
                return self.metadata
            return await super().get_json(url) if url == JWKS else await super().get_json("none")

    assert found(Plain(described("a")).known(), "a")[0].key_id == "a"
