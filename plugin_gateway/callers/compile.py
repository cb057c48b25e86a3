"""The callers of a config: `auth` and `consumers`, compiled for workers and for the documents that clients read."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, assert_never

from plugin_gateway.admission.limits import BAD_CREDENTIALS, rate_limit
from plugin_gateway.callers.authentication import (
    Authentication,
    IntrospectionSettings,
    JwtSettings,
    LeftToUpstream,
    ListedTokens,
)
from plugin_gateway.callers.consumers import consumer_rules
from plugin_gateway.callers.facade import AUTHORIZE_PATH, TOKEN_PATH, build_facade
from plugin_gateway.callers.model import Callers
from plugin_gateway.callers.users import Users, read_users
from plugin_gateway.config.auth import NoAuth, OAuthAuth, ServiceHttpAuth, UserHttpAuth
from plugin_gateway.config.credential import PassthroughCredential
from plugin_gateway.config.introspection import Introspection
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.publish.security import NoSecurity, OAuth, ServiceHttp, UserHttp, metadata_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plugin_gateway.callers.authentication import Judge
    from plugin_gateway.config.auth import Auth, Scheme
    from plugin_gateway.config.consumer import Consumer
    from plugin_gateway.config.model import Config
    from plugin_gateway.config.units import Rate
    from plugin_gateway.publish.security import Security

MIN_TOKEN_BYTES: Final = 16

_NOTHING_PASSES: Final = Finding(
    rule="passthrough-goes-nowhere",
    message="`auth` lets the upstream check callers, but their credentials do not reach it",
    hint="write `credential: {passthrough: true}` under `upstream`",
    pointer=("auth", "passthrough"),
)


def compile_callers(config: Config, users: str | None) -> tuple[Callers, tuple[Finding, ...]]:
    """Compile `auth` and `consumers`; `users` is the text of the users file that the config names."""
    auth = config.auth
    authentication, findings = build_authentication(
        auth,
        public_url=config.public_url,
        metadata_url=metadata_url(config.public_url),
        mcp_path=config.mcp.path if config.mcp.is_on else "",
        users=users,
        bad_credentials=config.limits.bad_credentials,
    )
    judge = authentication.judge if authentication is not None else LeftToUpstream()
    consumer_findings = judge_consumers(
        config.consumers,
        kind=auth.type,
        is_judged=not isinstance(judge, LeftToUpstream),
        tokens=tuple(judge.names.values()) if isinstance(judge, ListedTokens) else (),
        users=judge.names if isinstance(judge, Users) else (),
    )
    if authentication is not None and isinstance(judge, LeftToUpstream) and not _passes_through(config):
        findings = (*findings, _NOTHING_PASSES)
    facade = auth.facade if isinstance(auth, OAuthAuth) else None
    callers = Callers(
        authentication=authentication,
        consumers=consumer_rules(config.consumers),
        facade=build_facade(facade) if facade is not None else None,
    )
    return callers, (*findings, *consumer_findings)


def build_authentication(
    auth: Auth,
    *,
    public_url: str,
    metadata_url: str,
    mcp_path: str = "",
    users: str | None = None,
    bad_credentials: Rate | None = None,
) -> tuple[Authentication | None, tuple[Finding, ...]]:
    """Compile `auth`; `users` is the text of its users file. The result is None if any caller is let in.

    A client that got a 401 reads at `metadata_url` which issuer's tokens this gateway accepts (RFC 9728, 5.1).
    """
    # A client asks for a token for the `resource` in the metadata (RFC 8707). For the MCP endpoint, that is the
    # endpoint's URL. It is published without a trailing slash, but a few clients add one.
    resources = (public_url, public_url + mcp_path) if mcp_path else (public_url,)
    ours = tuple(resource + end for resource in resources for end in ("", "/"))
    scheme: Scheme = "bearer"
    challenge_more, required_scope = "", ""
    findings: Iterable[Finding] = ()
    judge: Judge
    match auth:
        case NoAuth():
            return None, ()
        case ServiceHttpAuth():
            scheme = auth.authorization_type
            judge, findings = _listed(auth)
        case UserHttpAuth(passthrough=True):
            scheme, judge = auth.authorization_type, LeftToUpstream()
        case UserHttpAuth(verify=Introspection() as verify):
            scheme, judge = auth.authorization_type, _introspection(verify, audiences=verify.audience or ours)
        case UserHttpAuth():
            scheme = auth.authorization_type
            judge, findings = read_users(users or "", scheme=scheme)
        case OAuthAuth():
            challenge_more, required_scope = f', resource_metadata="{metadata_url}"', auth.required_scope
            judge, findings = _of_provider(auth, ours)
        case _:
            assert_never(auth)
    charset = ', charset="UTF-8"' if scheme == "basic" else ""
    settings = Authentication(
        kind=auth.type,
        scheme=scheme.encode(),
        challenge=f'{scheme.capitalize()} realm="plugin-gateway"{charset}{challenge_more}'.encode(),
        judge=judge,
        required_scopes=frozenset(required_scope.split()),
        bad_credentials=rate_limit(BAD_CREDENTIALS.name, BAD_CREDENTIALS.key, bad_credentials) or BAD_CREDENTIALS,
        has_public_documents=auth.documents == "public",
    )
    return settings, tuple(findings)


def _listed(auth: ServiceHttpAuth) -> tuple[ListedTokens, list[Finding]]:
    findings: list[Finding] = []
    names: dict[bytes, str] = {}
    for index, token in enumerate(auth.tokens):
        findings += _judge_token(token.token.reveal(), auth.authorization_type, index)
        digest = hashlib.sha256(token.token.reveal().encode()).digest()
        if digest in names:
            message = f"`{token.name}` and `{names[digest]}` are the same token"
            findings.append(_bad_token(index, message, "remove one of the two"))
        names[digest] = token.name
    return ListedTokens(names=names), findings


def _of_provider(auth: OAuthAuth, ours: tuple[str, ...]) -> tuple[Judge, list[Finding]]:
    if auth.verify is not None:
        audiences = auth.audience or auth.verify.audience or ours
        return _introspection(auth.verify, audiences=audiences, issuer=auth.issuer or ""), []
    findings: list[Finding] = []
    if find_spec("jwt") is None or find_spec("cryptography") is None:
        message = "access tokens of an `issuer` need PyJWT, which is not installed"
        hint = "pip install 'plugin-gateway[oauth]'"
        findings.append(Finding(rule="missing-extra", message=message, hint=hint, pointer=("auth", "issuer")))
    judge = JwtSettings(
        issuer=auth.issuer or "", audiences=auth.audience or ours, algorithms=auth.algorithms, leeway_s=auth.leeway
    )
    return judge, findings


def _introspection(verify: Introspection, *, audiences: tuple[str, ...], issuer: str = "") -> IntrospectionSettings:
    return IntrospectionSettings(
        url=verify.introspection,
        client_id=verify.client_id,
        client_secret=verify.client_secret.reveal() if verify.client_secret is not None else "",
        cache_s=verify.cache,
        needs_token_type=not verify.token_type_optional,
        needs_audience=not verify.audience_optional,
        audiences=audiences,
        issuer=issuer,
    )


def _judge_token(token: str, scheme: str, index: int) -> list[Finding]:
    if scheme == "basic" and ":" not in token:
        return [_bad_token(index, "a token for `basic` is `user:password`, but this one has no colon", "add the user")]
    if scheme == "bearer" and (not token.isascii() or any(character <= " " for character in token)):
        hint = "use only ASCII letters, digits and punctuation"
        return [_bad_token(index, "the token has a character that a Bearer credential cannot carry", hint)]
    if len(token.encode()) < MIN_TOKEN_BYTES:
        message = f"the token has fewer than {MIN_TOKEN_BYTES} bytes: it can be guessed"
        return [_bad_token(index, message, "make one with `openssl rand -hex 32`", Severity.WARNING)]
    return []


def _bad_token(index: int, message: str, hint: str, severity: Severity = Severity.ERROR) -> Finding:
    rule = "short-token" if severity is Severity.WARNING else "bad-token"
    return Finding(rule=rule, message=message, hint=hint, severity=severity, pointer=("auth", "tokens", index))


def _passes_through(config: Config) -> bool:
    return any(isinstance(credential, PassthroughCredential) for credential in config.upstream.credential)


def compile_security(config: Config) -> Security:
    """Compile `auth` as clients see it. With a façade, they see the gateway's two endpoints."""
    match config.auth:
        case NoAuth():
            return NoSecurity()
        case ServiceHttpAuth() as auth:
            return ServiceHttp(
                scheme=auth.authorization_type,
                verification_tokens=auth.verification_tokens,
                instructions=auth.instructions,
            )
        case UserHttpAuth() as auth:
            return UserHttp(scheme=auth.authorization_type, instructions=auth.instructions)
        case OAuthAuth() as auth:
            return OAuth(
                client_url=auth.client_url or config.public_url + AUTHORIZE_PATH,
                authorization_url=auth.authorization_url or config.public_url + TOKEN_PATH,
                content_type=auth.authorization_content_type,
                scope=auth.scope,
                required_scope=auth.required_scope,
                issuer=auth.issuer or "",
                verification_tokens=auth.verification_tokens,
                instructions=auth.instructions,
            )
        case _:
            assert_never(config.auth)


def judge_consumers(
    consumers: Sequence[Consumer], *, kind: str, is_judged: bool, tokens: Sequence[str], users: Sequence[str]
) -> Iterator[Finding]:
    """Find consumers that no credential can match, and consumers with the same name."""
    if consumers and not is_judged:
        hint = "under `auth`, choose how callers prove who they are"
        message = "`consumers` needs callers that the gateway can tell apart, but `auth` lets all callers in unchecked"
        yield Finding(rule="consumers-need-auth", message=message, hint=hint, pointer=("consumers",))
        return
    seen: set[str] = set()
    for index, consumer in enumerate(consumers):
        if consumer.name in seen:
            yield _finding(index, "name", f"two consumers are called `{consumer.name}`", "rename one of them")
        seen.add(consumer.name)
        match = consumer.match
        if match.token and match.token not in tokens:
            known = ", ".join(f"`{name}`" for name in tokens)
            hint = f"the tokens are called {known}" if known else "only `service_http` has named tokens"
            # People write the token itself here, so the message does not repeat it.
            yield _finding(index, "match", "no token in `auth.tokens` has this name", hint)
        if match.user and users and match.user not in users:
            yield _finding(index, "match", f"the users file has no `{match.user}`", "add the user, or correct the name")
        if (match.scope or match.claims) and kind == "service_http":
            hint = "match by `token`"
            yield _finding(index, "match", "`service_http` tokens have no scopes and no claims", hint)


def _finding(index: int, key: str, message: str, hint: str) -> Finding:
    return Finding(rule="consumer-mismatch", message=message, hint=hint, pointer=("consumers", index, key))
