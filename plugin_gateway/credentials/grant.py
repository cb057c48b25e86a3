"""A grant: how the gateway gets the Authorization of a forwarded call if gateway.yaml does not fix its value."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from plugin_gateway.discreet import Discreet


class ClientCredentialsGrant(Discreet, frozen=True, kw_only=True):
    """One token for all calls, which the gateway requests in its own name (RFC 6749, 4.4)."""

    HIDDEN = ("client_secret",)

    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    scope: str = ""
    audience: str = ""


class TokenExchangeGrant(Discreet, frozen=True, kw_only=True):
    """One token for each caller, in exchange for the caller's token (RFC 8693)."""

    HIDDEN = ("client_secret",)

    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    scope: str = ""
    audience: str = ""


class Passthrough(Struct, frozen=True):
    """The gateway forwards the caller's Authorization unchanged."""


TokenGrant: TypeAlias = ClientCredentialsGrant | TokenExchangeGrant
"""A grant of tokens from an authorization server."""

Grant: TypeAlias = TokenGrant | Passthrough
