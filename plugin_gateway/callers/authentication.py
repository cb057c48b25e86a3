"""Authentication: how a caller proves who it is, and what it is told where it does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from plugin_gateway.admission.limits import BAD_CREDENTIALS, RateLimit
from plugin_gateway.callers.users import Users
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class IntrospectionSettings:
    """Whom to ask about a token (RFC 7662), and as whom."""

    url: str
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    cache_s: float = 60.0
    needs_token_type: bool = True
    needs_audience: bool = True
    audiences: tuple[str, ...] = ()
    """Whom the token must be for: one of them."""
    issuer: str = ""
    """Who must have issued the token where the answer says it; empty is anybody that the server knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtSettings:
    """Whose signed tokens are good, for whom, and signed how (RFC 9068, RFC 8725)."""

    issuer: str
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...]
    leeway_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTokens:
    """The tokens of gateway.yaml are good, and no others."""

    names: Mapping[bytes, str] = field(default_factory=dict, repr=False)
    """SHA-256 of a token, and its name."""


@dataclass(frozen=True, slots=True)
class LeftToUpstream:
    """The upstream alone judges what callers show."""


Judge: TypeAlias = ListedTokens | Users | IntrospectionSettings | JwtSettings | LeftToUpstream
"""Who says whether a client credential is good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """Everything that decides about client credentials. Immutable and picklable; it holds hashes, not tokens."""

    kind: str
    scheme: bytes
    """`bearer` or `basic`."""
    challenge: bytes
    """The value of WWW-Authenticate, without an error."""
    judge: Judge = ListedTokens()
    required_scopes: frozenset[str] = frozenset()
    bad_credentials: RateLimit = BAD_CREDENTIALS
    """How many credentials of one client address may turn out bad before its others are not looked into."""
    has_public_documents: bool = True

    def refuse(self, code: str, detail: str, hint: str = "") -> Refusal:
        """The answer to a caller who has not proved who it is: the same for every path."""
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
            detail="The access token is good, but not for this gateway's scope.",
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
        # RFC 6750, 3.1: without a credential no error is named. Basic has none to name (RFC 7617, 2).
        if not error or self.scheme == b"basic":
            return self.challenge
        return self.challenge + b', error="%s"' % error
