from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from plugin_gateway.callers.signing_key import BadKey, SigningKey, read_key
from tests.narrow import as_a


def described(key: Any, algorithm: str, **more: Any) -> dict[str, Any]:
    return {**jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True), "kid": "k"} | more


RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA = described(RSA_KEY, "RS256")
EC = described(ec.generate_private_key(ec.SECP256R1()), "ES256")
ED = described(ed25519.Ed25519PrivateKey.generate(), "EdDSA")
SHORT = described(rsa.generate_private_key(public_exponent=65537, key_size=1024), "RS256")
P384 = described(ec.generate_private_key(ec.SECP384R1()), "ES384")


def number(value: int) -> str:
    return jwt.utils.to_base64url_uint(value).decode()


@pytest.mark.parametrize(
    ("entry", "algorithms"),
    [
        (RSA, {"RS256", "PS256"}),
        (RSA | {"alg": "PS256"}, {"PS256"}),
        (RSA | {"use": "sig", "key_ops": ["verify"]}, {"RS256", "PS256"}),
        ({name: value for name, value in RSA.items() if name not in ("key_ops", "kid")}, {"RS256", "PS256"}),
        (EC, {"ES256"}),
        (EC | {"alg": "ES256"}, {"ES256"}),
        (ED, {"EdDSA"}),
    ],
)
def test_a_key_verifies_the_algorithms_it_is_for(entry: dict[str, Any], algorithms: set[str]) -> None:
    key = read_key(entry)
    assert isinstance(key, SigningKey)
    assert (key.key_id, set(key.algorithms)) == (entry.get("kid"), algorithms)


@pytest.mark.parametrize(
    "entry",
    [
        None, 5, "text", [], [RSA], True,
        {}, {"kty": "RSA"}, {"kty": []}, {"kty": "oct", "k": "AAAA"},
        RSA | {"kid": 5}, RSA | {"kid": ["k"]},
        RSA | {"alg": "none"}, RSA | {"alg": "HS256"}, RSA | {"alg": "ES256"}, RSA | {"alg": ["RS256"]}, RSA | {"alg": {}},
        RSA | {"alg": "RSA-OAEP"}, EC | {"alg": "RS256"}, EC | {"alg": "ES384"}, ED | {"alg": "ES256"}, EC | {"alg": "none"},
        RSA | {"use": "enc"}, RSA | {"use": 5}, RSA | {"use": ["sig"]},
        RSA | {"key_ops": []}, RSA | {"key_ops": ["encrypt"]}, RSA | {"key_ops": "verify"}, RSA | {"key_ops": ["sign"]},
        RSA | {"n": 5}, RSA | {"n": ""}, RSA | {"n": "!"}, RSA | {"n": None}, RSA | {"e": "AQ"}, RSA | {"e": "AA"}, RSA | {"e": "Ag"},
        RSA | {"e": number(2**64 + 1)}, RSA | {"n": number(2**9000 + 1)}, RSA | {"n": "A" * 400_000},
        SHORT, P384, P384 | {"crv": "P-256"}, EC | {"crv": "P-384"}, EC | {"crv": []}, EC | {"crv": "Ed25519"}, EC | {"x": "AAAA"},
        EC | {"kty": "OKP"}, ED | {"kty": "EC"}, ED | {"crv": "Ed448"}, ED | {"x": "AAAA"}, EC | {"y": RSA["n"]},
    ],
)  # fmt: skip
def test_an_entry_that_is_no_usable_key_gets_a_reason_and_raises_nothing(entry: Any) -> None:
    fault = read_key(entry)
    assert isinstance(fault, BadKey)
    assert fault.is_expected is (isinstance(entry, dict) and entry.get("use") == "enc")


def test_the_reason_for_refusing_a_short_key_is_its_length() -> None:
    assert "1024 bits" in as_a(BadKey, read_key(SHORT)).reason


def test_of_a_private_key_that_was_published_only_the_public_part_is_read() -> None:
    private = jwt.get_algorithm_by_name("RS256").to_jwk(RSA_KEY, as_dict=True)
    key = read_key(private | {"key_ops": ["sign", "verify"]})
    assert isinstance(key, SigningKey)
    assert not hasattr(key.key, "private_numbers")
