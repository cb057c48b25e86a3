import base64
import itertools
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from plugin_gateway.callers.access_token import (
    MAX_BELIEVED_S,
    NO_ACCESS_TOKEN,
    BadToken,
    TokenHead,
    is_time,
    read_head,
    verify_token,
)
from plugin_gateway.callers.authentication import JwtSettings
from plugin_gateway.callers.consumers import Identity
from plugin_gateway.callers.signing_key import SigningKey, read_key
from tests.narrow import as_a

NOW = 1_800_000_000
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SETTINGS = JwtSettings(
    issuer="https://idp.test", audiences=("https://gw.test",), algorithms=("RS256", "ES256", "PS256"), leeway_s=30.0
)
CLAIMS = {"iss": "https://idp.test", "aud": "https://gw.test", "sub": "alice", "exp": NOW + 60, "scope": "read write"}


def published(key: Any, algorithm: str, **more: str) -> SigningKey:
    described = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    key = read_key({**described, "kid": "k", **more})
    assert isinstance(key, SigningKey)
    return key


RSA_PUBLIC, EC_PUBLIC = published(RSA_KEY, "RS256"), published(EC_KEY, "ES256")


def signed(claims: dict[str, Any] | None = None, key: Any = RSA_KEY, algorithm: str = "RS256", **head: Any) -> bytes:
    return jwt.encode(CLAIMS | (claims or {}), key, algorithm, headers={"kid": "k", **head}).encode()


def verified(
    token: bytes, key: SigningKey = RSA_PUBLIC, settings: JwtSettings = SETTINGS, now: int = NOW
) -> BadToken | Identity:
    head = read_head(token, settings)
    return head if isinstance(head, BadToken) else verify_token(token, head, [key], settings, now)


def test_a_valid_token_gives_an_identity_that_expires_with_it() -> None:
    identity = verified(signed())
    assert isinstance(identity, Identity)
    assert (identity.user, set(identity.scopes), identity.good_until) == ("alice", {"read", "write"}, NOW + 90)
    assert identity.claims["aud"] == "https://gw.test"


def test_a_token_that_lasts_for_years_is_looked_at_again_before_long() -> None:
    assert as_a(Identity, verified(signed({"exp": NOW + 10**9}))).good_until == NOW + MAX_BELIEVED_S


@pytest.mark.parametrize(("key", "algorithm", "public"), [(EC_KEY, "ES256", EC_PUBLIC), (RSA_KEY, "PS256", RSA_PUBLIC)])
def test_each_pinned_algorithm_is_accepted(key: Any, algorithm: str, public: SigningKey) -> None:
    assert isinstance(verified(signed(key=key, algorithm=algorithm), public), Identity)


def test_an_algorithm_that_is_not_pinned_is_refused() -> None:
    settings = JwtSettings(issuer=SETTINGS.issuer, audiences=SETTINGS.audiences, algorithms=("ES256",))
    assert isinstance(verified(signed(), settings=settings), BadToken)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://idp.test/"},
        {"iss": None},
        {"aud": "https://other.test"},
        {"aud": ["https://other.test"]},
        {"aud": None},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": NOW - 31},
        {"nbf": NOW + 31},
        {"iat": NOW + 31},
        {"nbf": "x"},
        {"cnf": {"jkt": "thumbprint"}},
        {"aud": ["https://gw.test", 5]},
        {"aud": {"https://gw.test": 1}},
        {"aud": "https://gw.test/"},
        {"aud": "https://gw.test,https://other.test"},
    ],
)
def test_a_token_of_another_issuer_audience_or_time_is_refused(claims: dict[str, Any]) -> None:
    token = jwt.encode({k: v for k, v in (CLAIMS | claims).items() if v is not None}, RSA_KEY, "RS256", {"kid": "k"})
    fault = verified(token.encode())
    assert isinstance(fault, BadToken)
    assert fault.code == ("expired-credential" if claims.get("exp") == NOW - 31 else "invalid-credential")


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "n"},
        {"at_hash": "h"},
        {"c_hash": "h"},
        {"s_hash": "h"},
        {"token_use": "id"},
        {"token_use": ["access"]},
        {"typ": "ID"},
        {"typ": "Refresh"},
        {"token_type": "refresh_token"},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}},
        {"htm": "GET"},
    ],
)
def test_a_good_token_that_was_issued_for_something_else_is_no_access_token(claims: dict[str, Any]) -> None:
    assert verified(signed(claims)) is NO_ACCESS_TOKEN


@pytest.mark.parametrize("claims", [{"token_use": "access"}, {"typ": "Bearer"}, {"token_type": "Bearer"}, {"azp": "c"}])
def test_claims_that_issuers_write_into_access_tokens_are_accepted(claims: dict[str, str]) -> None:
    assert isinstance(verified(signed(claims)), Identity)


def test_keys_in_the_token_itself_are_not_used() -> None:
    described = jwt.get_algorithm_by_name("RS256").to_jwk(OTHER_KEY.public_key(), as_dict=True)
    for head in (
        {"jwk": described},
        {"jku": "https://evil.test/jwks"},
        {"x5u": "https://evil.test/x"},
        {"x5c": ["AAAA"]},
    ):
        assert isinstance(verified(signed(key=OTHER_KEY, **head)), BadToken)
        assert isinstance(verified(signed(**head)), Identity)


def test_a_token_must_fit_one_of_the_keys_with_its_id() -> None:
    head = TokenHead("k", "RS256")
    other = published(OTHER_KEY, "RS256")
    assert isinstance(verify_token(signed(), head, [other, EC_PUBLIC, RSA_PUBLIC], SETTINGS, NOW), Identity)
    assert isinstance(verify_token(signed(), head, [other, EC_PUBLIC], SETTINGS, NOW), BadToken)
    assert isinstance(verify_token(signed(), head, [], SETTINGS, NOW), BadToken)


@pytest.mark.parametrize(
    "claims", [{"exp": NOW - 29}, {"nbf": NOW + 29}, {"iat": NOW + 29}, {"aud": ["x", "https://gw.test"]}]
)
def test_clocks_may_differ_by_the_leeway(claims: dict[str, Any]) -> None:
    assert isinstance(verified(signed(claims)), Identity)


def test_a_token_signed_by_another_key_is_not_good() -> None:
    assert isinstance(verified(signed(key=OTHER_KEY)), BadToken)


def unsigned(head: dict[str, Any], claims: dict[str, Any] = CLAIMS, signature: bytes = b"") -> bytes:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims)]
    return b".".join([*parts, signature])


PUBLIC_PEM = RSA_KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def confused() -> bytes:
    """RFC 8725, 2.1: an attacker signs with HMAC, with the issuer's public key as the secret."""
    import hashlib
    import hmac

    token = unsigned({"alg": "HS256", "kid": "k"})[:-1]
    return token + b"." + base64.urlsafe_b64encode(hmac.new(PUBLIC_PEM, token, hashlib.sha256).digest()).rstrip(b"=")


@pytest.mark.parametrize(
    "token",
    [
        unsigned({"alg": "none", "kid": "k"}),
        unsigned({"alg": "None", "kid": "k"}),
        unsigned({"kid": "k"}),
        confused(),
        signed(crit=["exp"], exp=1),
        signed(typ="dpop+jwt"),
        signed(typ="logout+jwt"),
        unsigned({"alg": "RS256", "kid": 5}, signature=b"AA"),
        unsigned({"alg": ["RS256"], "kid": "k"}, signature=b"AA"),
        signed()[:-4],
        signed() + b"x",
        b"",
        b"a.b",
        b"...",
        b"\xff.\xff.\xff",
        b"e30.e30.e30",
    ],
    ids=itertools.count(),
)
def test_a_token_cannot_choose_how_it_is_verified(token: bytes) -> None:
    assert isinstance(verified(token), BadToken)


@pytest.mark.parametrize("kind", ["at+jwt", "application/at+jwt", "JWT", "AT+JWT"])
def test_types_that_issuers_write_are_accepted(kind: str) -> None:
    assert isinstance(verified(signed(typ=kind)), Identity)


def test_a_key_of_another_kind_than_the_header_says_is_not_used() -> None:
    token = signed()
    assert isinstance(verify_token(token, TokenHead("k", "RS256"), [EC_PUBLIC], SETTINGS, NOW), BadToken)
    pinned = published(RSA_KEY, "RS256", alg="PS256")
    assert isinstance(verify_token(token, TokenHead("k", "RS256"), [pinned], SETTINGS, NOW), BadToken)


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "a b"}, {"a", "b"}),
        ({"scope": ["a", 1]}, {"a"}),
        ({"scope": 5}, set()),
        ({"scope": None, "scp": "x"}, set()),
    ],
)
def test_scopes_are_read_as_issuers_write_them(claims: dict[str, Any], scopes: set[str]) -> None:
    assert as_a(Identity, verified(signed(claims))).scopes == scopes


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, True),
        (1.5, True),
        (True, False),
        ("1", False),
        (float("nan"), False),
        (float("inf"), False),
        (10**400, False),
    ],
)
def test_a_time_is_a_finite_number(value: float | str, expected: bool) -> None:
    assert is_time(value) is expected
