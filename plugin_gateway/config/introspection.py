"""Introspection: the authorization server that the gateway asks about tokens (RFC 7662), as gateway.yaml describes it."""

from __future__ import annotations

from plugin_gateway.config.fields import AbsoluteUrl, Duration, Flag, SecretValue, Texts
from plugin_gateway.config.record import Record


class Introspection(Record):
    """Ask an authorization server whether a token is active (RFC 7662)."""

    introspection: AbsoluteUrl
    """The introspection endpoint.
    Example: `introspection: https://login.example.com/introspect`"""
    client_id: str = ""
    """The gateway's client id at that server.
    Example: `client_id: gateway`"""
    client_secret: SecretValue | None = None
    """The gateway's client secret at that server.
    Example: `client_secret: {env: CLIENT_SECRET}`"""
    audience: Texts = ()
    """The audience that a token must have; of several, one is enough. By default `public.url` or the URL of the MCP endpoint.
    Example: `audience: https://plugin.example.com`"""
    audience_optional: Flag = False
    """Accept answers without an audience. Tokens for every other API that trusts the same server then pass, too."""
    cache: Duration = 60.0
    """How long the gateway caches an answer.
    Example: `cache: 5m`"""
    token_type_optional: Flag = False
    """Accept answers without a token type. If the server also calls refresh tokens active, they then pass, too."""
