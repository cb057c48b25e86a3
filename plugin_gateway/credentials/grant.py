"""A grant: how the Authorization of a forwarded call comes about where nobody knows it before there is a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from plugin_gateway.config.upstream import Credential

Kind: TypeAlias = Literal["client_credentials", "token_exchange", "passthrough"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What is needed to get a token, or, for `passthrough`, that the caller's own field goes up as it is."""

    kind: Kind
    token_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    scope: str = ""
    audience: str = ""


def grant_of(credential: Credential) -> Grant | None:
    """Return the grant that a credential of gateway.yaml asks for, None for those whose value is fixed."""
    # Fields are told by name and not by class: the classes would bring pydantic into every worker.
    if getattr(credential, "passthrough", False):
        return Grant(kind="passthrough")
    kind: Kind = "client_credentials"
    asked = getattr(credential, "oauth2", None)
    if asked is None:
        kind, asked = "token_exchange", getattr(credential, "token_exchange", None)
    if asked is None:
        return None
    secret = asked.client_secret
    return Grant(
        kind=kind,
        token_url=asked.token_url,
        client_id=asked.client_id,
        client_secret=secret.reveal() if secret is not None else "",
        scope=asked.scope,
        audience=asked.audience,
    )
