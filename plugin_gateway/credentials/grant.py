"""A grant: how the Authorization of a forwarded call comes about where its value is known only once there is a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """One token for all calls, which the gateway gets as itself (RFC 6749, 4.4)."""

    token_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    scope: str = ""
    audience: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenExchange:
    """One token for each caller, in exchange for the one that the caller showed (RFC 8693)."""

    token_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    scope: str = ""
    audience: str = ""


@dataclass(frozen=True, slots=True)
class Passthrough:
    """The caller's own Authorization goes up as it is."""


TokenGrant: TypeAlias = ClientCredentials | TokenExchange
"""A grant that leads to a token, which an authorization server issues."""

Grant: TypeAlias = TokenGrant | Passthrough
