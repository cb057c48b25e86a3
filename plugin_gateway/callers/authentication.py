"""Authentication: how a caller proves who it is, and what it is told where it does not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from plugin_gateway.admission.limits import BAD_CREDENTIALS, RateLimit, rate_limit
from plugin_gateway.callers.users import Users, read_users
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.config.auth import Auth, Introspection
    from plugin_gateway.config.secrets import Secret
    from plugin_gateway.config.units import Rate

MIN_TOKEN_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class IntrospectionSettings:
    """Whom to ask about a token (RFC 7662), and as whom."""

    url: str
    client_id: str = ""
    client_secret: Secret | None = None
    cache_s: float = 60.0
    needs_token_type: bool = True
    needs_audience: bool = True
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
class Authentication:
    """Everything that decides about client credentials. Immutable and picklable; it holds hashes, not tokens.

    Exactly one of `tokens`, `users`, `introspection`, `jwt` and `is_passthrough` judges.
    """

    kind: str
    scheme: bytes
    """`bearer` or `basic`."""
    challenge: bytes
    """The value of WWW-Authenticate, without an error."""
    tokens: Mapping[bytes, str] = field(default_factory=dict, repr=False)
    """SHA-256 of a token, and its name."""
    users: Users | None = None
    introspection: IntrospectionSettings | None = None
    jwt: JwtSettings | None = None
    is_passthrough: bool = False
    required_scopes: frozenset[str] = frozenset()
    audiences: tuple[str, ...] = ()
    """Whom an introspected token must be for."""
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


def build_authentication(
    auth: Auth,
    *,
    public_url: str,
    metadata_url: str,
    users: str | None = None,
    bad_credentials: Rate | None = None,
) -> tuple[Authentication | None, tuple[Finding, ...]]:
    """Prepare what `auth` says; `users` is the text of its users file. None is that anybody may call.

    `metadata_url` is where a client that was told 401 looks up whose tokens are good here (RFC 9728, 5.1).
    """
    if auth.type == "none":
        return None, ()
    scheme = getattr(auth, "authorization_type", "bearer")
    realm = "plugin-gateway"
    challenge = f'{scheme.capitalize()} realm="{realm}"' + (', charset="UTF-8"' if scheme == "basic" else "")
    if auth.type == "oauth":
        challenge += f', resource_metadata="{metadata_url}"'
    findings: list[Finding] = []
    tokens: dict[bytes, str] = {}
    known: Users | None = None
    jwt: JwtSettings | None = None
    for index, token in enumerate(getattr(auth, "tokens", ())):
        findings += _judge_token(token.token.reveal(), scheme, index)
        digest = hashlib.sha256(token.token.reveal().encode()).digest()
        if digest in tokens:
            message = f"`{token.name}` and `{tokens[digest]}` are the same token"
            findings.append(_finding(index, message, "two names for one cannot be told apart: remove one"))
        tokens[digest] = token.name
    if getattr(auth, "users", None) is not None:
        known, users_findings = read_users(users or "", scheme=scheme)
        findings += users_findings
    verify = getattr(auth, "verify", None)
    issuer = getattr(auth, "issuer", None)
    # What clients read as `resource` (RFC 9728) has no slash at its end; a few write the one that the URL's path has.
    ours = (public_url.rstrip("/"), public_url.rstrip("/") + "/")
    audiences = getattr(auth, "audience", ()) or getattr(verify, "audience", ()) or ours
    if issuer and verify is None:
        jwt = JwtSettings(issuer=issuer, audiences=audiences, algorithms=auth.algorithms, leeway_s=auth.leeway)  # type: ignore[union-attr]  # only `oauth` has an issuer
        if find_spec("jwt") is None or find_spec("cryptography") is None:
            message = "access tokens of an `issuer` need PyJWT, which is not installed"
            hint = "pip install 'plugin-gateway[oauth]'"
            findings.append(Finding(rule="extra-missing", message=message, hint=hint, pointer=("auth", "issuer")))
    settings = Authentication(
        kind=auth.type,
        scheme=scheme.encode(),
        challenge=challenge.encode(),
        tokens=tokens,
        users=known,
        introspection=_introspection(verify, issuer or "") if verify is not None else None,
        jwt=jwt,
        is_passthrough=bool(getattr(auth, "passthrough", False)),
        required_scopes=frozenset(getattr(auth, "required_scope", "").split()),
        audiences=audiences if verify is not None else (),
        bad_credentials=rate_limit(BAD_CREDENTIALS.name, BAD_CREDENTIALS.key, bad_credentials) or BAD_CREDENTIALS,
        has_public_documents=auth.documents == "public",
    )
    return settings, tuple(findings)


def _introspection(verify: Introspection, issuer: str) -> IntrospectionSettings:
    return IntrospectionSettings(
        url=verify.introspection,
        client_id=verify.client_id,
        client_secret=verify.client_secret,
        cache_s=verify.cache,
        needs_token_type=not verify.token_type_optional,
        needs_audience=not verify.audience_optional,
        issuer=issuer,
    )


def _judge_token(token: str, scheme: str, index: int) -> list[Finding]:
    if scheme == "basic" and ":" not in token:
        return [_finding(index, "a token for `basic` is `user:password`, and this one has no colon", "add the user")]
    if scheme == "bearer" and (not token.isascii() or any(character <= " " for character in token)):
        hint = "letters, digits and punctuation of ASCII only"
        return [_finding(index, "the token has a character that no Bearer credential can carry", hint)]
    if len(token.encode()) < MIN_TOKEN_BYTES:
        message = f"the token has fewer than {MIN_TOKEN_BYTES} bytes: it can be guessed"
        return [_finding(index, message, "make one with `openssl rand -hex 32`", Severity.WARNING)]
    return []


def _finding(index: int, message: str, hint: str, severity: Severity = Severity.ERROR) -> Finding:
    rule = "short-token" if severity is Severity.WARNING else "bad-token"
    return Finding(rule=rule, message=message, hint=hint, severity=severity, pointer=("auth", "tokens", index))
