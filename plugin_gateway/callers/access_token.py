"""An access token that is a signed JWT (RFC 9068), verified with its issuer's keys as RFC 8725 requires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plugin_gateway.callers.consumers import Identity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.callers.authentication import JwtSettings
    from plugin_gateway.callers.signing_key import SigningKey

_TYPES: Final = frozenset({"at+jwt", "application/at+jwt", "jwt"})
"""RFC 9068 requires `at+jwt`; most issuers still write `JWT`. A logout token or a proof (`dpop+jwt`) is not an access token."""

_ID_TOKEN_CLAIMS: Final = ("nonce", "at_hash", "c_hash", "s_hash")
"""These tie an ID token to its login (OpenID Connect Core, 3.1.3.6 and 3.3.2.11; FAPI 1.0, 5.2.2.1)."""
_OTHER_TOKEN_CLAIMS: Final = ("events", "sub_jwk", "htm", "htu")
"""Claims of a logout or security event token (RFC 8417), a self-issued ID token, a proof of possession (RFC 9449)."""
_ACCESS_USES: Final = frozenset({"access", "access_token", "bearer", "at+jwt"})
"""The values for an access token in Cognito's `token_use`, Keycloak's `typ` and other issuers' `token_type`."""

_LAST_TIME: Final = 10**12
MAX_BELIEVED_S: Final = 600.0
"""How long a verdict is remembered: tokens signed with a key that the issuer has withdrawn must not stay valid for longer."""


class TokenHead(NamedTuple):
    """What the token claims about its signature; nothing of it is verified yet."""

    key_id: str | None
    algorithm: str


class BadToken(NamedTuple):
    """Why a token is refused: a stable code, and one sentence."""

    code: str
    detail: str


_BAD: Final = BadToken("invalid-credential", "The access token is not a valid token of the issuer.")
EXPIRED: Final = BadToken("expired-credential", "The access token has expired.")
NO_ACCESS_TOKEN: Final = BadToken(
    "invalid-credential", "The token serves another purpose, such as a login; this gateway takes access tokens only."
)
OTHER_AUDIENCE: Final = BadToken(
    "invalid-credential", "The access token is for another audience, not for this gateway."
)


def read_head(token: bytes, settings: JwtSettings) -> TokenHead | BadToken:
    """Read the header of a token. It never says where to find the key: `jku`, `x5u` and `jwk` are ignored."""
    import jwt  # noqa: PLC0415  # an extra

    try:
        head = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        return _BAD
    algorithm, key_id, kind = head.get("alg"), head.get("kid"), head.get("typ", "jwt")
    if not isinstance(algorithm, str) or algorithm not in settings.algorithms or "crit" in head:
        return _BAD
    if not isinstance(kind, str) or kind.lower() not in _TYPES or not isinstance(key_id, str | None):
        return _BAD
    return TokenHead(key_id, algorithm)


def verify_token(
    token: bytes, head: TokenHead, keys: Iterable[SigningKey], settings: JwtSettings, now: float
) -> Identity | BadToken:
    """Verify signature, issuer, audience and times with any of the keys. Pure; some 100 µs for each key."""
    claims = next((claims for key in keys if (claims := _claims(token, head, key, settings)) is not None), None)
    if claims is None:
        return _BAD
    if not is_for(claims.get("aud"), settings.audiences):
        return OTHER_AUDIENCE
    if not is_access_token(claims):
        return NO_ACCESS_TOKEN
    if claims.get("cnf"):
        # RFC 7800: the token is bound to a key, and the gateway cannot ask the caller to prove that it holds the key.
        return _BAD
    bad = _judge_times(claims, now, settings.leeway_s)
    if bad is not None:
        return bad
    return identity_of(claims, good_until=min(float(claims["exp"]) + settings.leeway_s, now + MAX_BELIEVED_S))


def identity_of(claims: dict[str, Any], *, good_until: float) -> Identity:
    """The identity in verified claims, of a token or of an introspection answer."""
    user = claims.get("sub")
    return Identity(
        user=user if isinstance(user, str) else "", scopes=_scopes(claims), claims=claims, good_until=good_until
    )


def is_for(audience: Any, audiences: Iterable[str]) -> bool:
    """Whether `audience`, the value of `aud`, equals or lists one of our audiences. It is text or a list (RFC 7519, 4.1.3)."""
    named = audience if isinstance(audience, list) else [audience]
    return all(isinstance(one, str) for one in named) and any(one in named for one in audiences)


def is_access_token(claims: dict[str, Any]) -> bool:
    """Whether the claims may belong to an access token: no claim marks another kind of token."""
    if any(name in claims for name in (*_ID_TOKEN_CLAIMS, *_OTHER_TOKEN_CLAIMS)):
        return False
    uses = (claims.get("token_use"), claims.get("typ"), claims.get("token_type"))
    return all(use is None or (isinstance(use, str) and use.lower() in _ACCESS_USES) for use in uses)


def is_time(value: Any) -> bool:
    """Whether a value can be a NumericDate (RFC 7519, 2): a finite number, not a boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LAST_TIME < value < _LAST_TIME


def _claims(token: bytes, head: TokenHead, key: SigningKey, settings: JwtSettings) -> dict[str, Any] | None:
    import jwt  # noqa: PLC0415  # an extra

    # RFC 8725, 3.1: the key decides the algorithm, not the token.
    if head.algorithm not in key.algorithms:
        return None
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[head.algorithm],
            issuer=settings.issuer,
            options={
                "require": ["exp", "iss", "aud"],
                "verify_aud": False,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    return claims


def _judge_times(claims: dict[str, Any], now: float, leeway_s: float) -> BadToken | None:
    # Not left to the library: tests set the clock, and every number is checked.
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name)
        if value is not None and not is_time(value):
            return _BAD
    if now >= claims["exp"] + leeway_s:
        return EXPIRED
    if (claims.get("nbf") or 0) > now + leeway_s or (claims.get("iat") or 0) > now + leeway_s:
        return BadToken("invalid-credential", "The access token is not valid yet.")
    return None


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    """`scope` is text with spaces (RFC 8693, 4.2); some issuers write `scp`, as a list."""
    value = claims.get("scope", claims.get("scp", ""))
    if isinstance(value, str):
        return frozenset(value.split())
    return frozenset(scope for scope in value if isinstance(scope, str)) if isinstance(value, list) else frozenset()
