"""A signing key: one entry of an issuer's JSON Web Key Set, usable only with the algorithms that it is meant for."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final, NamedTuple

MIN_RSA_BITS: Final = 2048
"""RFC 7518, 3.3."""
_MAX_RSA_BITS: Final = 8192
"""Each verification with a longer key blocks the event loop for milliseconds."""
_MAX_RSA_EXPONENT_BITS: Final = 33
_CURVES: Final = {("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}
_MATERIAL: Final = {"RSA": ("n", "e"), "EC": ("x", "y"), "OKP": ("x",)}
"""The public members of each type. Never `oct`: with a published symmetric key, anyone could sign tokens (RFC 8725, 2.1)."""


class SigningKey(NamedTuple):
    """One public key, the key id it is published under, and the algorithms whose signatures it may verify."""

    key_id: str | None
    algorithms: frozenset[str]
    key: Any


class BadKey(NamedTuple):
    """Why the gateway does not use an entry."""

    reason: str
    is_expected: bool = False
    """The key is meant for another purpose, such as encryption."""


def read_key(described: Any) -> SigningKey | BadKey:
    """Read one entry of `keys`, which may be any JSON value."""
    if not isinstance(described, dict):
        return BadKey("it is not a JSON object")
    kind, key_id, algorithm = described.get("kty"), described.get("kid"), described.get("alg")
    if not isinstance(key_id, str | None):
        return BadKey("its `kid` is not a string")
    if (use := described.get("use", "sig")) != "sig":
        return BadKey("its `use` is not `sig`", is_expected=use == "enc")
    operations = described.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return BadKey("its `key_ops` do not list `verify`")
    if not isinstance(kind, str) or kind not in _MATERIAL:
        return BadKey("its `kty` is not RSA, EC or OKP")
    material = {name: _number(described.get(name)) for name in _MATERIAL[kind]}
    if not all(material.values()):
        return BadKey(f"its {' or '.join(f'`{name}`' for name in material)} is not a base64url number")
    if kind == "RSA":
        algorithms = frozenset({"RS256", "PS256"})
        if why := _judge_rsa(material["n"], material["e"]):
            return BadKey(why)
    else:
        curve = described.get("crv")
        known = _CURVES.get((kind, curve)) if isinstance(curve, str) else None
        if known is None:
            return BadKey("its `crv` is neither P-256 nor Ed25519")
        algorithms = frozenset({known})
    if algorithm is not None:
        if not isinstance(algorithm, str) or algorithm not in algorithms:
            return BadKey("its `alg` is not supported for its type")
        algorithms = frozenset({algorithm})
    return _load(kind, described, key_id, algorithms)


def _load(kind: str, described: dict[str, Any], key_id: str | None, algorithms: frozenset[str]) -> SigningKey | BadKey:
    import jwt  # noqa: PLC0415  # an extra

    # Only the public members: if an issuer publishes a private key by mistake, only its public half is read.
    public = {name: described[name] for name in ("kty", "crv", *_MATERIAL[kind]) if name in described}
    try:
        algorithm: Any = jwt.get_algorithm_by_name(min(algorithms))
        key = algorithm.from_jwk(public)
    except Exception as error:  # noqa: BLE001  # a stranger's key can make the libraries raise anything; read the other keys
        return BadKey(f"it cannot be read: {type(error).__name__}")
    return SigningKey(key_id, algorithms, key)


def _judge_rsa(modulus: int, exponent: int) -> str:
    bits = modulus.bit_length()
    if bits < MIN_RSA_BITS:
        return f"it is an RSA key of {bits} bits, which is too short: at least {MIN_RSA_BITS} are required"
    if bits > _MAX_RSA_BITS:
        return f"it is an RSA key of {bits} bits, which is too long: at most {_MAX_RSA_BITS} are allowed"
    # The library refuses an even exponent, and 1, with which anyone could sign.
    if exponent.bit_length() > _MAX_RSA_EXPONENT_BITS:
        return f"its exponent has more than {_MAX_RSA_EXPONENT_BITS} bits"
    return ""


def _number(text: Any) -> int:
    """Decode an unsigned number (RFC 7518, 2); return 0 if it is malformed."""
    if not isinstance(text, str) or not text.isascii():
        return 0
    try:
        return int.from_bytes(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True), "big")
    except (binascii.Error, ValueError):
        return 0
