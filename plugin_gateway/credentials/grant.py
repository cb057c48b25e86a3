"""A grant: how the gateway gets the Authorization of a forwarded call if gateway.yaml does not fix its value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """One token for all calls, which the gateway requests in its own name (RFC 6749, 4.4)."""

    token_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    scope: str = ""
    audience: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenExchange:
    """One token for each caller, in exchange for the caller's token (RFC 8693)."""

    token_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    scope: str = ""
    audience: str = ""


@dataclass(frozen=True, slots=True)
class Passthrough:
    """The gateway forwards the caller's Authorization unchanged."""


TokenGrant: TypeAlias = ClientCredentials | TokenExchange
"""A grant for which an authorization server issues a token."""

Grant: TypeAlias = TokenGrant | Passthrough
