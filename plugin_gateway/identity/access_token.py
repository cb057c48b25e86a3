"""An access token that is a signed JWT (RFC 9068), verified against its issuer's keys as RFC 8725 wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plugin_gateway.policy.consumers import Identity

if TYPE_CHECKING:
    from jwt import PyJWK

    from plugin_gateway.policy.authentication import JwtSettings

_TYPES: Final = frozenset({"at+jwt", "application/at+jwt", "jwt"})
"""What RFC 9068 wants and what most issuers still say. A logout token or a proof (`dpop+jwt`) is no access token."""


_LAST_TIME: Final = 10**12


class TokenHead(NamedTuple):
    """What the token says of its own signature, none of it believed yet."""

    key_id: str | None
    algorithm: str


class TokenFault(NamedTuple):
    """Why a token is not good: a stable code, and one sentence."""

    code: str
    detail: str


_BAD: Final = TokenFault("invalid-credential", "The access token is not one of the issuer's.")
EXPIRED: Final = TokenFault("expired-credential", "The access token has expired.")


def read_head(token: bytes, settings: JwtSettings) -> TokenHead | TokenFault:
    """Read the header of a token; where its key is found is never taken from it (`jku`, `x5u`, `jwk`)."""
    import jwt  # noqa: PLC0415  # an extra

    try:
        head = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        return _BAD
    algorithm, key_id, kind = head.get("alg"), head.get("kid"), head.get("typ", "jwt")
    if algorithm not in settings.algorithms or "crit" in head:
        return _BAD
    if not isinstance(kind, str) or kind.lower() not in _TYPES or not isinstance(key_id, str | None):
        return _BAD
    return TokenHead(key_id, algorithm)


def verify_token(token: bytes, head: TokenHead, key: PyJWK, settings: JwtSettings, now: float) -> Identity | TokenFault:
    """Verify signature, issuer, audience and times. Pure; some 100 µs."""
    import jwt  # noqa: PLC0415  # an extra

    if key.algorithm_name != head.algorithm and not _is_alternative(key, head.algorithm):
        return _BAD
    algorithm = jwt.get_algorithm_by_name(head.algorithm)
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            algorithm.prepare_key(key.key),
            algorithms=[head.algorithm],
            issuer=settings.issuer,
            audience=settings.audience,
            leeway=settings.leeway_s,
            options={"require": ["exp", "iss", "aud"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return _BAD
    if claims.get("cnf"):
        # RFC 7800: bound to a key that the caller would have to prove; whoever stole the token alone has not.
        return _BAD
    fault = _judge_times(claims, now, settings.leeway_s)
    return fault or identity_of(claims, good_until=float(claims["exp"]) + settings.leeway_s)


def identity_of(claims: dict[str, Any], *, good_until: float) -> Identity:
    """What verified claims, of a token or of an introspection, say of the caller."""
    user = claims.get("sub")
    return Identity(
        user=user if isinstance(user, str) else "", scopes=_scopes(claims), claims=claims, good_until=good_until
    )


def is_time(value: Any) -> bool:
    """Whether it is a number that can be a time (RFC 7519, 2, NumericDate): finite, and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LAST_TIME < value < _LAST_TIME


def _judge_times(claims: dict[str, Any], now: float, leeway_s: float) -> TokenFault | None:
    # Our own and not the library's, so that tests can say what time it is and every number is looked at.
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name)
        if value is not None and not is_time(value):
            return _BAD
    if now >= claims["exp"] + leeway_s:
        return EXPIRED
    if claims.get("nbf", 0) > now + leeway_s or claims.get("iat", 0) > now + leeway_s:
        return TokenFault("invalid-credential", "The access token is not good yet.")
    return None


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    """`scope` is text with spaces (RFC 8693, 4.2); some issuers write `scp`, as a list."""
    said = claims.get("scope", claims.get("scp", ""))
    if isinstance(said, str):
        return frozenset(said.split())
    return frozenset(scope for scope in said if isinstance(scope, str)) if isinstance(said, list) else frozenset()


def _is_alternative(key: PyJWK, algorithm: str) -> bool:
    """An RSA key whose description names no algorithm is taken for RS256, and may sign PS256 as well."""
    return key.key_type == "RSA" and algorithm in ("RS256", "PS256") and key.algorithm_name == "RS256"
