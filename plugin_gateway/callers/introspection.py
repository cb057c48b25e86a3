"""Introspection: asks an authorization server whether a token is active, and whose it is (RFC 7662)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus, urlencode

from plugin_gateway.callers.access_token import (
    EXPIRED,
    NO_ACCESS_TOKEN,
    OTHER_AUDIENCE,
    BadToken,
    identity_of,
    is_access_token,
    is_for,
    is_time,
)

if TYPE_CHECKING:
    from plugin_gateway.callers.authentication import IntrospectionSettings
    from plugin_gateway.callers.consumers import Identity
    from plugin_gateway.callers.provider import Provider

_INACTIVE: Final = BadToken("invalid-credential", "The token is not active.")
MISSING_AUDIENCE: Final = BadToken(
    "invalid-credential", "The authorization server does not say for which audience the token is (RFC 7662, `aud`)."
)


async def introspect(
    token: bytes, settings: IntrospectionSettings, provider: Provider, now: float
) -> Identity | BadToken:
    """Ask the authorization server about a token.

    Raises:
        ProviderError: the server does not answer, or its answer does not follow RFC 7662.
    """
    form = urlencode({"token": token.decode("ascii"), "token_type_hint": "access_token"}).encode()
    # RFC 6749, 2.3.1: both halves are form-encoded before they are joined.
    login = (quote_plus(settings.client_id), quote_plus(settings.client_secret)) if settings.client_secret else None
    if login is None and settings.client_id:
        form += b"&" + urlencode({"client_id": settings.client_id}).encode()
    claims = await provider.post_form(settings.url, form, login=login)
    return read_introspection(claims, settings, now=now)


def read_introspection(claims: dict[str, Any], settings: IntrospectionSettings, *, now: float) -> Identity | BadToken:
    """Judge the answer. `active` must be the JSON value `true`: the text "true" and the number 1 do not count."""
    if claims.get("active") is not True:
        return _INACTIVE
    # Servers, a certified one among them, call refresh tokens active, too. Only an access token has a type (RFC 6749, 5.1),
    # and only a bearer token is proof by itself.
    kind = claims.get("token_type", "" if settings.needs_token_type else "bearer")
    if not isinstance(kind, str) or kind.lower() != "bearer" or claims.get("cnf"):
        return BadToken("invalid-credential", "The token is active, but it is not a bearer access token.")
    expires_at, not_before = claims.get("exp"), claims.get("nbf")
    for value in (expires_at, not_before):
        if value is not None and not is_time(value):
            return _INACTIVE
    if expires_at is not None and now >= expires_at:
        return EXPIRED
    if not_before is not None and now < not_before:
        return _INACTIVE
    if not is_access_token(claims):
        return NO_ACCESS_TOKEN
    if settings.issuer and claims.get("iss", settings.issuer) != settings.issuer:
        return BadToken("invalid-credential", "The token is active, but another issuer issued it.")
    for_whom = claims.get("aud")
    if for_whom is None and settings.needs_audience:
        return MISSING_AUDIENCE
    if for_whom is not None and not is_for(for_whom, settings.audiences):
        return OTHER_AUDIENCE
    until = now + settings.cache_s
    if expires_at is not None:
        until = min(until, float(expires_at))
    completed = dict(claims)
    if "sub" not in completed and isinstance(claims.get("username"), str):
        completed["sub"] = claims["username"]
    return identity_of(completed, good_until=until)
