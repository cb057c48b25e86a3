"""Authentication: how callers prove who they are, and the refusals for callers that fail to."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from plugin_gateway.admission.limits import BAD_CREDENTIALS, RateLimit
from plugin_gateway.callers.users import Users
from plugin_gateway.discreet import Discreet
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping


class IntrospectionSettings(Discreet, frozen=True, kw_only=True):
    """Which endpoint to ask about a token (RFC 7662), and the gateway's login there."""

    HIDDEN = ("client_secret",)

    url: str
    client_id: str = ""
    client_secret: str = ""
    cache_s: float = 60.0
    needs_token_type: bool = True
    needs_audience: bool = True
    audiences: tuple[str, ...] = ()
    """The token must be for one of these."""
    issuer: str = ""
    """If the answer names an issuer, it must be this one. Empty: any issuer that the server knows."""


class JwtSettings(Struct, frozen=True, kw_only=True):
    """The issuer, audiences and algorithms of signed tokens that are accepted (RFC 9068, RFC 8725)."""

    issuer: str
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...]
    leeway_s: float = 30.0


class ListedTokens(Discreet, frozen=True, kw_only=True):
    """Only the tokens in gateway.yaml are accepted."""

    HIDDEN = ("names",)

    names: Mapping[bytes, str] = field(default_factory=dict)
    """The name of each token, by its SHA-256."""


class LeftToUpstream(Struct, frozen=True):
    """Only the upstream judges client credentials."""


Judge: TypeAlias = ListedTokens | Users | IntrospectionSettings | JwtSettings | LeftToUpstream
"""Decides whether a client credential is valid."""


class Authentication(Struct, frozen=True, kw_only=True):
    """The settings that decide about client credentials. Immutable and picklable; it holds hashes, not tokens."""

    kind: str
    scheme: bytes
    """`bearer` or `basic`."""
    challenge: bytes
    """The value of WWW-Authenticate, without an error."""
    judge: Judge = ListedTokens()
    required_scopes: frozenset[str] = frozenset()
    bad_credentials: RateLimit = BAD_CREDENTIALS
    """How many invalid credentials a client address may show before the gateway stops verifying more of them."""
    has_public_documents: bool = True

    def refuse(self, code: str, detail: str, hint: str = "") -> Refusal:
        """The answer to a caller that has not proved who it is. It is the same on every path."""
        return Refusal(
            status=401,
            code=code,
            detail=detail,
            hint=hint or self.hint,
            headers=(
                (b"WWW-Authenticate", self._challenge(b"" if code == "missing-credential" else b"invalid_token")),
            ),
        )

    def refuse_ambiguous(self) -> Refusal:
        return Refusal(
            status=400,
            code="ambiguous-credential",
            detail="The call carries more than one credential.",
            hint="Send exactly one Authorization field.",
            headers=((b"WWW-Authenticate", self._challenge(b"invalid_request")),),
        )

    def refuse_scope(self) -> Refusal:
        wanted = " ".join(sorted(self.required_scopes))
        return Refusal(
            status=403,
            code="insufficient-scope",
            detail="The access token is valid, but it lacks the scope that this gateway requires.",
            hint=f"Ask for a token with the scope {wanted}.",
            headers=(
                (b"WWW-Authenticate", self._challenge(b"insufficient_scope") + b', scope="%s"' % wanted.encode()),
            ),
        )

    @property
    def hint(self) -> str:
        what = {"bearer": "Bearer <token>", "basic": "Basic <base64 of user:password>"}[self.scheme.decode()]
        return f"Send `Authorization: {what}`."

    def _challenge(self, error: bytes) -> bytes:
        # RFC 6750, 3.1: a call without a credential gets no error code. Basic has no error codes (RFC 7617, 2).
        if not error or self.scheme == b"basic":
            return self.challenge
        return self.challenge + b', error="%s"' % error
